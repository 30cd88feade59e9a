"""One session with a BMC: IPMI's own words over RMCP+, each with a deadline.

pyghmi keeps sockets and a thread for all of its sessions, so one visit at a time has it.
"""

from typing import Final

import gevent
from gevent.lock import BoundedSemaphore
from pyghmi.exceptions import IpmiException, PyghmiException
from pyghmi.ipmi.command import Command

from deploy.failure import HostFailure, Reason
from deploy.messages import HostJob

COMMAND_S: Final = 10.0
LOGIN_S: Final = 30.0
VISIT_S: Final = 240.0
"""A whole visit: no BMC may keep the others waiting for longer."""
APP, EVENTS, TRANSPORT = 0x06, 0x04, 0x0C
_ADMINISTRATOR = 4
_OUR_SUITES = {256: 17, 1: 3}
_ONE_AT_A_TIME = BoundedSemaphore(1)
_LOST = 0xFFFF
_CODES = {
    0x80: "it has no such parameter",
    0x81: "somebody else is setting it",
    0x82: "it can only be read there",
    0xC0: "it is busy",
    0xC1: "it does not know the command",
    0xC7: "it wants another length",
    0xC8: "it wants another length",
    0xC9: "that is out of its range",
    0xCB: "it has no such thing",
    0xCC: "it takes no such value",
    0xD4: "our privilege is not enough",
    0xD5: "it cannot do that now",
    0xD6: "the command is switched off there",
}
"""Completion codes (IPMI v2.0, table 5-2, and those of the LAN and event parameters)."""


class BmcRefusal(Exception):  # noqa: N818 - an answer of the BMC's, not a bug
    """The BMC completed a command with another code than 0; `str()` says so in words."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{_CODES.get(code, 'it refuses')} (0x{code:02x})")
        self.code = code


class BmcSession:
    """Logged in as administrator. Others wait from `open` until `close`."""

    def __init__(self, command: Command, patience: gevent.Timeout) -> None:
        self._command = command
        self._patience = patience

    @classmethod
    def open(cls, target: HostJob) -> "BmcSession":
        """Raises `HostFailure`."""
        place = f"{target.user}@{target.address}:{target.port}"
        _ONE_AT_A_TIME.acquire()
        patience = gevent.Timeout(
            VISIT_S, HostFailure(Reason.TIMEOUT, f"the visit took longer than {VISIT_S:g} s")
        )
        patience.start()
        try:
            with gevent.Timeout(LOGIN_S, _no_answer(place)):
                command = Command(
                    bmc=target.address,
                    userid=target.user,
                    password=target.password.get_secret_value(),
                    port=target.port,
                    privlevel=_ADMINISTRATOR,
                )
        except (PyghmiException, OSError) as error:
            _let_go(patience)
            raise _login_failure(error, place) from error
        except BaseException:
            _let_go(patience)
            raise
        return cls(command, patience)

    def close(self) -> None:
        """Logs out, as far as the BMC still answers, and lets the next visit begin."""
        try:
            with gevent.Timeout(COMMAND_S, False):
                self._command.ipmi_session.logout()
        finally:
            _let_go(self._patience)

    @property
    def suite(self) -> int:
        """The session's cipher suite; 0 when it is none of IPMI 2.0's."""
        session = self._command.ipmi_session
        return _OUR_SUITES.get(session.attemptedhash, 0) if session.ipmiversion == 2.0 else 0

    def ask(self, function: int, command: int, *data: int) -> bytes:
        """The answer's octets. Raises `BmcRefusal`, and `HostFailure` when there is none."""
        silence = HostFailure(Reason.TIMEOUT, f"no answer to a command in {COMMAND_S:g} s")
        try:
            with gevent.Timeout(COMMAND_S, silence):
                answer = self._command.raw_command(
                    netfn=function, command=command, data=bytes(data)
                )
        except (PyghmiException, OSError) as error:
            raise HostFailure(Reason.CONNECTION_LOST, "the BMC ended the session") from error
        code = int(answer.get("code", _LOST))
        if code == _LOST:
            raise HostFailure(Reason.CONNECTION_LOST, "the BMC no longer answers")
        if code:
            raise BmcRefusal(code)
        return bytes(answer.get("data", b""))


def _let_go(patience: gevent.Timeout) -> None:
    patience.close()
    _ONE_AT_A_TIME.release()


def _no_answer(place: str) -> HostFailure:
    return HostFailure(
        Reason.UNREACHABLE,
        f"{place}: no answer to IPMI; check power, cable, and whether it is switched on there",
    )


def _login_failure(error: Exception, place: str) -> HostFailure:
    """pyghmi tells by a text alone what went wrong."""
    text = str(error)
    if "timeout" in text or text in ("", "None") or isinstance(error, OSError):
        return _no_answer(place)
    if any(word in text for word in ("password", "RAKP2", "RAKP4", "name", "privilege")):
        return HostFailure(
            Reason.CREDENTIAL,
            f"{place}: it refuses the login ({text}); check the credential whose purpose is"
            " `bmc-admin`, and that it is an administrator there",
        )
    kind = "IPMI" if isinstance(error, IpmiException) else "the IPMI client"
    return HostFailure(Reason.FAILED, f"{place}: {kind}: {text}")
