"""One conversation with a display: connect, greet, prove the password, ask line by line."""

import asyncio
import contextlib
import errno
import os
import socket
from types import TracebackType
from typing import Self

from monitors.pjlink import protocol
from monitors.pjlink.errors import (
    ClosedError,
    GarbageError,
    HungUpError,
    PasswordError,
    PjlinkError,
    SilentError,
    UnreachableError,
)
from monitors.pjlink.protocol import NotPjlinkError
from monitors.pjlink.target import PjlinkTarget

MOST_STRANGE_LINES = 8
"""Answers to other commands that are skipped before the display counts as broken."""
GOODBYE_S = 0.5


class PjlinkSession:
    """An async context manager. Displays often take one connection at a time: hold it briefly."""

    def __init__(self, target: PjlinkTarget) -> None:
        self._target = target
        self._where = f"display {target.address}"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._prefix = b""

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self._target.timeout_s):
                self._reader, self._writer = await asyncio.open_connection(
                    self._target.host, self._target.port, limit=protocol.LONGEST_LINE
                )
        except (OSError, TimeoutError) as error:
            raise self._no_connection(error) from error
        try:
            await self._greet()
        except BaseException:
            await self._hang_up()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._hang_up()

    async def query(self, klass: int, command: str, of: str = "") -> str:
        """The value of a command; raises RefusedError for ERR1 to ERR4, else a PjlinkError."""
        assert self._writer is not None
        line = self._prefix + protocol.query(klass, command, of)
        self._prefix = b""
        self._writer.write(line)
        for _ in range(MOST_STRANGE_LINES):
            answer = await self._read_line()
            if protocol.is_wrong_password(answer):
                raise PasswordError(
                    f"{self._where} rejects the password: check the secret that the inventory names"
                )
            try:
                value = protocol.parse_answer(answer, command)
            except NotPjlinkError as error:
                raise self._garbage(error) from error
            if value is not None:
                return value
        raise self._garbage(f"no answer to {command} among {MOST_STRANGE_LINES} lines")

    async def _greet(self) -> None:
        line = await self._read_line()
        try:
            greeting = protocol.parse_greeting(line)
        except NotPjlinkError as error:
            raise self._garbage(error) from error
        if greeting.salt is None:
            return
        if self._target.password is None:
            raise PasswordError(f"{self._where} wants a password: name its secret in the inventory")
        self._prefix = protocol.digest(greeting.salt, self._target.password.get_secret_value())

    async def _read_line(self) -> bytes:
        assert self._reader is not None
        try:
            async with asyncio.timeout(self._target.timeout_s):
                line = await self._reader.readuntil(protocol.END)
        except asyncio.LimitOverrunError as error:
            raise self._garbage(f"a line of more than {protocol.LONGEST_LINE} bytes") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise HungUpError(
                f"{self._where} ended the connection: another controller may hold it"
            ) from error
        except (OSError, TimeoutError) as error:
            raise self._no_connection(error) from error
        if len(line) > protocol.LONGEST_LINE:
            raise self._garbage(f"a line of {len(line)} bytes")
        return line.removesuffix(protocol.END).lstrip(b"\n")

    async def _hang_up(self) -> None:
        writer, self._reader, self._writer = self._writer, None, None
        if writer is None:
            return
        writer.close()
        # The display's manners at the end do not matter: all was read.
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await writer.wait_closed()

    def _garbage(self, what: object) -> GarbageError:
        return GarbageError(
            f"{self._where} answers, but not with PJLink ({what}):"
            " check the address and what listens on the port"
        )

    def _no_connection(self, error: OSError) -> PjlinkError:
        if isinstance(error, socket.gaierror):
            return UnreachableError(
                f"{self._where}: the name is not known ({error.strerror}):"
                " check DNS or the inventory"
            )
        if isinstance(error, TimeoutError):
            return SilentError(
                f"{self._where} gives no answer in {self._target.timeout_s:g} s:"
                " check its power, its network standby and the firewall between"
            )
        if error.errno == errno.ECONNREFUSED:
            return ClosedError(
                f"{self._where} has the port closed: switch PJLink on, or check the address"
            )
        reason = os.strerror(error.errno).lower() if error.errno else "network error"
        return UnreachableError(f"{self._where} cannot be reached ({reason}): check route and VLAN")
