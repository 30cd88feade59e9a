"""The visit to a display: PJLink's lines over TCP, bounded (PJLink class 1 specification)."""

import hashlib
import re
import socket
import time

from deploy.change import Change, CommandChange
from deploy.displays import AREA, ON, DisplayFacts
from deploy.failure import HostFailure, Reason, connect_failure
from deploy.messages import Connected
from deploy.reading import told
from deploy.remote.stepwise import StepwiseVisit

ANSWER_S = 5.0
WARM_UP_S = 90.0
"""How long a display may take from standby to its picture."""
_LONGEST = 136
_MEANING = {
    "ERR1": "it does not know the command",
    "ERR2": "it has no such input",
    "ERR3": "it cannot do that now; is it on?",
    "ERR4": "it reports a failure of its own",
}


class PjlinkVisit(StepwiseVisit):
    """Asks for power and input, and sets them."""

    _socket: socket.socket | None = None
    _digest = ""
    """Stands before the first command where a password is wanted."""
    _rest = b""

    def _open(self) -> Connected:
        target = self._target
        place = f"{target.address}:{target.port}"
        try:
            self._socket = socket.create_connection(
                (target.address, target.port), self._job.connect_timeout_s
            )
        except OSError as error:
            failure = connect_failure(error, place)
            raise HostFailure(failure.reason, f"{place}: no display answers") from error
        self._greet()
        return Connected(host=target.name, client="", port=target.port, os="appliance")

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _greet(self) -> None:
        line = self._line()
        if line == "PJLINK 0":
            return
        challenge = re.fullmatch(r"PJLINK 1 ([0-9A-Za-z]{1,32})", line)
        if challenge is None:
            raise HostFailure(Reason.FAILED, "what answers there does not speak PJLink")
        password = self._target.password.get_secret_value()
        if not password:
            raise HostFailure(Reason.CREDENTIAL, "it wants a password: name its secret")
        salted = (challenge[1] + password).encode()
        # MD5 is what PJLink prescribes.
        self._digest = hashlib.md5(salted, usedforsecurity=False).hexdigest()

    def _read_all(self, text: str) -> str:  # noqa: ARG002 - the same is asked of every display
        power = self._said("POWR", "?")
        shown = self._said("INPT", "?") if power == ON else ""
        return told({AREA: DisplayFacts(power=power, input=shown).model_dump_json()})

    def _make(self, change: Change) -> None:
        if not isinstance(change, CommandChange) or len(change.command) != 2:
            raise HostFailure(Reason.FAILED, f"a display cannot do that: {change.title}")
        command, value = change.command
        self._said(command, value)
        deadline = time.monotonic() + WARM_UP_S
        while (command, value) == ("POWR", ON) and self._said("POWR", "?") != ON:
            if time.monotonic() > deadline:
                raise HostFailure(Reason.TIMEOUT, f"it is not on after {WARM_UP_S:g} s")
            self._stop_if_told()
            time.sleep(0.5)

    def _said(self, command: str, value: str) -> str:
        """The value in the answer. Raises `HostFailure` for an error word."""
        assert self._socket is not None
        line, self._digest = f"{self._digest}%1{command} {value}\r", ""
        try:
            self._socket.sendall(line.encode())
        except OSError as error:
            raise HostFailure(Reason.CONNECTION_LOST, "it ended the connection") from error
        answer = self._line()
        if answer == "PJLINK ERRA":
            raise HostFailure(Reason.CREDENTIAL, "it rejects the password")
        match = re.fullmatch(rf"%1{command}=(.{{1,128}})", answer, re.IGNORECASE)
        if match is None:
            raise HostFailure(Reason.FAILED, f"it does not answer {command} as PJLink says")
        if match[1].upper() in _MEANING:
            raise HostFailure(Reason.REFUSED, f"{command} {value}: {_MEANING[match[1].upper()]}")
        return match[1]

    def _line(self) -> str:
        assert self._socket is not None
        deadline = time.monotonic() + ANSWER_S
        try:
            while b"\r" not in self._rest:
                self._socket.settimeout(max(0.01, deadline - time.monotonic()))
                more = self._socket.recv(1024)
                if not more or len(self._rest) > _LONGEST:
                    raise HostFailure(
                        Reason.CONNECTION_LOST,
                        "it ended the connection: another controller may hold it",
                    )
                self._rest += more
        except TimeoutError as error:
            raise HostFailure(Reason.TIMEOUT, f"no answer in {ANSWER_S:g} s") from error
        except OSError as error:
            raise HostFailure(Reason.CONNECTION_LOST, "the connection broke off") from error
        line, _, self._rest = self._rest.partition(b"\r")
        return line.decode("utf-8", "replace").strip()
