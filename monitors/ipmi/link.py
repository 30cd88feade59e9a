"""The way to one BMC: its address on the shared socket, and who takes the packet that comes."""

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from monitors.ipmi import framing
from monitors.ipmi.errors import (
    ClosedError,
    GarbageError,
    IpmiError,
    MalformedPacketError,
    SilentError,
    StrayPacketError,
    UnreachableError,
    WrongPasswordError,
)
from monitors.ipmi.exchange import Exchange, Framing
from monitors.ipmi.messages import Request, Response
from monitors.ipmi.pace import Pace, SequenceNumbers
from monitors.ipmi.rakp import RefusedError
from monitors.ipmi.target import IpmiTarget
from monitors.ipmi.transport import Address, UdpTransport

T = TypeVar("T")


class _Taker(Protocol):
    def packet_received(self, packet: bytes) -> None: ...

    def fail(self, error: IpmiError) -> None: ...


class _Sessionless:
    """Framing for the few questions that need no login."""

    wrap = staticmethod(framing.wrap_sessionless)
    unwrap = staticmethod(framing.unwrap_sessionless)


class _Question:
    """One handshake message that waits for its answer."""

    def __init__(self, kind: int, tag: int, read: Callable[[bytes], object]) -> None:
        self._kind = kind
        self._tag = tag
        self._read = read
        self.answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    def packet_received(self, packet: bytes) -> None:
        """Takes the answer; what is refused or disproved ends the question too."""
        kind, payload = framing.unwrap_handshake(packet)
        if kind != self._kind or payload[:1] != bytes((self._tag,)) or self.answer.done():
            raise StrayPacketError("handshake message that nobody waits for")
        try:
            self.answer.set_result(self._read(payload))
        except (RefusedError, WrongPasswordError) as error:
            self.fail(error)

    def fail(self, error: IpmiError) -> None:
        """Ends the question with an error."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Link:
    """Carries one thing at a time to one BMC: a batch of requests or a handshake message."""

    def __init__(self, transport: UdpTransport, target: IpmiTarget) -> None:
        self.where = f"BMC {target.address}"
        """How messages name the BMC."""
        self.pace = Pace()
        self.strays = 0
        """Packets that came late, twice or unasked."""
        self._transport = transport
        self._target = target
        self._address: Address | None = None
        self._numbers = SequenceNumbers()
        self._tag = 0
        self._taker: _Taker | None = None
        self._taker_session = 0
        self._garbage = ""

    async def find(self) -> None:
        """Looks the address up, and listens for what comes from it; raises UnreachableError."""
        address = await self._resolve()
        if address != self._address:
            self.leave()
            self._transport.add(address, self)
            self._address = address

    def leave(self) -> None:
        """Stops listening. Safe to call twice."""
        if self._address is not None:
            self._transport.remove(self._address, self)
            self._address = None

    async def ask_sessionless(self, requests: Sequence[Request]) -> list[Response]:
        """The responses to questions that need no login."""
        return await self.exchange(_Sessionless(), self._numbers, requests, 0)

    async def exchange(
        self,
        framing_of_session: Framing,
        numbers: SequenceNumbers,
        requests: Sequence[Request],
        session: int,
        give_up_s: float | None = None,
    ) -> list[Response]:
        """Carries a batch of requests; `session` is the id that the BMC's packets must name."""
        patience_s = self._target.timeout_s if give_up_s is None else give_up_s
        batch = Exchange(self._send, framing_of_session, numbers, self.pace, patience_s)
        async with self._taking(batch, session):
            return await batch.run(requests)

    async def ask_handshake(
        self, kind: int, write: Callable[[int], bytes], read: Callable[[bytes], T]
    ) -> T:
        """Sends a handshake message until `read` makes sense of the answer to it.

        `write` gets the message's tag. Raises what `read` raises as RefusedError or
        WrongPasswordError, and SilentError.
        """
        self._tag = (self._tag + 1) & 0xFF
        question = _Question(kind + 1, self._tag, read)
        packet = framing.wrap_handshake(kind, write(self._tag))
        async with self._taking(question, 0):
            await self._repeat_until_answered(packet, question.answer)
        return question.answer.result()  # type: ignore[return-value] # what `read` returned

    def datagram_received(self, packet: bytes) -> None:
        """A packet from the BMC's address, which need not be from the BMC."""
        try:
            self._take(packet)
        except StrayPacketError:
            self.strays += 1
        except MalformedPacketError as error:
            self._garbage = str(error)

    def error_received(self, number: int) -> None:
        """An ICMP error about the BMC's address, or the own kernel's refusal to send there."""
        if self._taker is not None and number != errno.EMSGSIZE:
            self._taker.fail(self._network_error(number))

    def _take(self, packet: bytes) -> None:
        if not framing.is_ipmi(packet):
            raise MalformedPacketError(f"{len(packet)} bytes that are not RMCP")
        if self._taker is None or framing.session_id(packet) != self._taker_session:
            raise StrayPacketError("packet that nobody waits for")
        self._taker.packet_received(packet)

    @asynccontextmanager
    async def _taking(self, taker: _Taker, session: int) -> AsyncIterator[None]:
        assert self._taker is None, "one thing at a time"
        self._transport.drain_errors()
        self._taker, self._taker_session, self._garbage = taker, session, ""
        try:
            yield
        except SilentError as error:
            raise self._silence() from error
        finally:
            self._taker = None

    async def _repeat_until_answered(self, packet: bytes, answer: asyncio.Future[object]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._target.timeout_s
        tries = 0
        while not answer.done():
            left_s = end - loop.time()
            if left_s <= 0:
                raise SilentError("no answer in time")
            tries += 1
            self._send(packet)
            await asyncio.wait({answer}, timeout=min(self.pace.patience_s(tries), left_s))

    def _send(self, packet: bytes) -> None:
        assert self._address is not None, "find() comes first"
        self._transport.send(self._address, packet)

    def _silence(self) -> IpmiError:
        if self._garbage:
            return GarbageError(
                f"{self.where} answers, but not with IPMI ({self._garbage}):"
                " check the address and what listens on the port"
            )
        return SilentError(
            f"{self.where} gives no IPMI answer in {self._target.timeout_s:g} s:"
            " check its power, its address, IPMI over LAN and the firewall between"
        )

    def _network_error(self, number: int) -> IpmiError:
        if number == errno.ECONNREFUSED:
            return ClosedError(
                f"{self.where} has the port closed: switch IPMI over LAN on, or check the address"
            )
        if number in (errno.EPERM, errno.EACCES):
            return UnreachableError(f"{self.where}: this machine's own firewall forbids the way")
        reason = os.strerror(number).lower()
        return UnreachableError(f"{self.where} cannot be reached ({reason}): check route and VLAN")

    async def _resolve(self) -> Address:
        host, port = self._target.host, self._target.port
        try:
            return str(ipaddress.ip_address(host)), port
        except ValueError:
            pass  # A name, then.
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise UnreachableError(
                f"{self.where}: the name is not known ({error.strerror}):"
                " check DNS or the inventory"
            ) from error
        return str(found[0][4][0]), port
