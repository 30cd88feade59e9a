"""The visit to an Extron-style wall processor: SIS in a shell over SSH, bounded."""

import base64
import hashlib
import json
import re
import socket
import time
from hmac import compare_digest

import paramiko

from deploy.failure import HostFailure, Reason, connect_failure
from deploy.messages import AreaJob, Connected
from deploy.remote.visit import Visit
from deploy.sis import Ask, Talk, refusal

ANSWER_S = 3.0
LONGEST = 4096
MOST_LINES = 64


class SisVisit(Visit):
    """Says what its reading tells it to say; there is nothing else to change on such a device."""

    _transport: paramiko.Transport | None = None
    _socket: socket.socket | None = None

    def _open(self) -> Connected:
        target = self._target
        place = f"{target.user}@{target.address}:{target.port}"
        try:
            self._socket = socket.create_connection(
                (target.address, target.port), self._job.connect_timeout_s
            )
            transport = self._transport = paramiko.Transport(self._socket)
            transport.start_client(timeout=self._job.connect_timeout_s)
            self._check_host_key(transport)
            transport.auth_password(target.user, target.password.get_secret_value())
        except paramiko.AuthenticationException as error:
            raise HostFailure(
                Reason.CREDENTIAL,
                f"{place}: it rejects the user or the password; check the wall's"
                " `credentials.presets`",
            ) from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise connect_failure(error, place) from error
        return Connected(host=target.name, client="", port=target.port, os="appliance")

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if self._socket is not None:
            self._socket.close()

    def _check_host_key(self, transport: paramiko.Transport) -> None:
        """Before the password is sent."""
        digest = hashlib.sha256(transport.get_remote_server_key().asbytes()).digest()
        seen = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
        known = self._talk.host_key
        if not known:
            raise HostFailure(
                Reason.HOST_KEY_UNKNOWN,
                f"nothing vouches for its host key ({seen}): compare that with the device and"
                " write it as `monitoring.sis_host_key`",
            )
        if not compare_digest(seen, known):
            raise HostFailure(
                Reason.HOST_KEY_WRONG,
                f"it shows another host key ({seen}) than the inventory's `sis_host_key`: find out"
                " who exchanged it",
            )

    @property
    def _talk(self) -> Talk:
        return Talk.model_validate_json(self._job.readings[self._target.reading])

    def _read_all(self, text: str) -> str:
        talk = Talk.model_validate_json(text)
        assert self._transport is not None
        try:
            channel = self._transport.open_session(timeout=self._job.connect_timeout_s)
            channel.get_pty()
            channel.invoke_shell()
            told = [_answer(channel, ask) for ask in talk.asks]
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise HostFailure(
                Reason.CONNECTION_LOST, "it ended the session: it may serve too many others"
            ) from error
        return json.dumps({"preset": int(told[-1])})

    def _area(self, area: AreaJob) -> bool:
        self._area_done(area, Reason.REFUSED, "such a processor is not configured, only switched")
        return False


def _answer(channel: paramiko.Channel, ask: Ask) -> str:
    """What the answer tells. Lines that are none (a greeting, an echo, news) are passed over."""
    channel.sendall(ask.sent.encode())
    deadline = time.monotonic() + ANSWER_S
    rest = b""
    for _ in range(MOST_LINES):
        while b"\n" not in rest:
            rest += _received(channel, ask, deadline, len(rest))
        line, _, rest = rest.partition(b"\n")
        text = line.decode("ascii", "replace").strip("\r\x1b \t")
        if match := re.fullmatch(ask.answer, text):
            return match[1]
        if why := refusal(text):
            raise HostFailure(Reason.REFUSED, f"{ask.title}: {why}")
    raise HostFailure(Reason.FAILED, f"{ask.title}: no answer among {MOST_LINES} lines")


def _received(channel: paramiko.Channel, ask: Ask, deadline: float, have: int) -> bytes:
    channel.settimeout(max(0.01, deadline - time.monotonic()))
    try:
        more = channel.recv(1024)
    except TimeoutError as error:
        raise HostFailure(Reason.TIMEOUT, f"{ask.title}: no answer in {ANSWER_S:g} s") from error
    if not more or have > LONGEST:
        raise HostFailure(Reason.CONNECTION_LOST, f"{ask.title}: it ended the session")
    return more
