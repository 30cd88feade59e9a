"""An SSH session in which SIS is spoken: blocking, bounded, for use in a thread of its own."""

import base64
import hashlib
import logging
import re
import socket
import time
from hmac import compare_digest
from typing import Self

import paramiko

from monitors.net.errors import (
    CredentialError,
    GarbageError,
    HungUpError,
    NetError,
    SilentError,
    TrustError,
    network_error,
)
from monitors.sis.protocol import LONGEST_LINE, MuteError, Question, SisError, answer_in
from monitors.sis.target import SisTarget

MOST_LINES = 64
"""Lines that are no answer to a question before the device counts as broken."""
_LOG = "watchfloor.sis"
# paramiko tells its troubles to a log as well, with the peer's own words; ours are in NetError.
logging.getLogger(_LOG).disabled = True


class SisShell:
    """One login. `abort` may be called from any thread; all else from one at a time."""

    def __init__(self, target: SisTarget) -> None:
        self._target = target
        self._socket: socket.socket | None = None
        self._transport: paramiko.Transport | None = None
        self._channel: paramiko.Channel | None = None
        self._rest = b""

    def open(self) -> Self:
        """Connects, checks the host key, and only then logs in. Raises NetError."""
        target = self._target
        try:
            self._socket = socket.create_connection((target.host, target.port), target.timeout_s)
            if not self._socket.recv(1, socket.MSG_PEEK):  # in time, or it counts as silent
                raise EOFError
            self._transport = self._handshake(self._socket)
            self._check_host_key(self._transport)
            self._transport.auth_password(target.user, target.password.get_secret_value())
            self._channel = self._transport.open_session(timeout=target.timeout_s)
            self._channel.settimeout(target.timeout_s)
            self._channel.get_pty()
            self._channel.invoke_shell()
        except BaseException as error:
            self.close()
            raise self._named(error) from error
        return self

    def ask(self, question: Question) -> re.Match[str]:
        """The answer. Raises SisError, MuteError or NetError."""
        assert self._channel is not None
        self._send(question)
        deadline = time.monotonic() + self._target.answer_s
        for _ in range(MOST_LINES):
            answer = answer_in(self._line(deadline), question)
            if answer is not None:
                return answer
        raise self._garbage(f"no answer to {question.name} among {MOST_LINES} lines")

    def abort(self) -> None:
        """Makes whatever waits in another thread end at once."""
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is down already

    def close(self) -> None:
        """Ends the session. Safe to call twice; may take a moment."""
        self.abort()
        transport, self._transport, self._channel = self._transport, None, None
        if transport is not None:
            transport.close()
        if self._socket is not None:
            self._socket.close()

    def _handshake(self, connection: socket.socket) -> paramiko.Transport:
        transport = paramiko.Transport(connection)
        transport.set_log_channel(_LOG)
        seconds = self._target.timeout_s
        transport.auth_timeout = seconds
        # Its own clocks run longer than ours, so that the end of ours is what is told.
        transport.banner_timeout = transport.handshake_timeout = 2 * seconds
        transport.start_client(timeout=seconds)
        return transport

    def _check_host_key(self, transport: paramiko.Transport) -> None:
        digest = hashlib.sha256(transport.get_remote_server_key().asbytes()).digest()
        seen = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
        where, known = self._target.where, self._target.host_key
        if not known:
            raise TrustError(
                f"{where}: nothing vouches for its host key ({seen}): compare that with the device"
                " and write it as `sis_host_key`"
            )
        if not compare_digest(seen, known):
            raise TrustError(
                f"{where} shows another host key than the inventory says ({seen}): find out who"
                " exchanged it before you write the new one down"
            )

    def _send(self, question: Question) -> None:
        assert self._channel is not None
        self._rest = b""
        while self._channel.recv_ready():  # what came late, or unasked, answers nothing
            self._channel.recv(LONGEST_LINE)
        try:
            self._channel.sendall(question.sent)
        except (OSError, EOFError) as error:
            raise self._named(error) from error

    def _line(self, deadline: float) -> str:
        while b"\n" not in self._rest:
            if len(self._rest) > LONGEST_LINE:
                raise self._garbage(f"a line of more than {LONGEST_LINE} bytes")
            self._rest += self._received(deadline)
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("ascii", "replace").strip("\r\x1b \t")

    def _received(self, deadline: float) -> bytes:
        assert self._channel is not None
        self._channel.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            received = self._channel.recv(1024)
        except TimeoutError as error:
            raise MuteError from error
        except (OSError, EOFError) as error:
            raise self._named(error) from error
        if not received:
            raise HungUpError(
                f"{self._target.where} ended the session: it may serve too many others"
            )
        return received

    def _garbage(self, what: str) -> GarbageError:
        return GarbageError(
            f"{self._target.where} answers, but not with SIS ({what}): check the address and what"
            " listens on the port"
        )

    def _named(self, error: BaseException) -> BaseException:
        where, waited_s = self._target.where, self._target.timeout_s
        if isinstance(error, NetError | SisError) or not isinstance(error, Exception):
            return error
        if isinstance(error, paramiko.AuthenticationException):
            return CredentialError(
                f"{where} rejects the user or the password: check the credential that the"
                " inventory names"
            )
        if isinstance(error, OSError):
            return network_error(where, error, waited_s)
        if isinstance(error, EOFError):
            return HungUpError(f"{where} ended the connection: it may serve too many others")
        if isinstance(error, paramiko.SSHException):
            # What paramiko says of a handshake or a channel that did not come about in time.
            if "timeout" in str(error).casefold() or str(error) == "No existing session":
                return SilentError(
                    f"{where} begins a session and then says nothing for {waited_s:g} s:"
                    " restart its network service"
                )
            return self._garbage("no SSH")
        return error
