"""What ends a change that may cut us off: a fresh login that confirms it, or the old state."""

import time
from collections.abc import Callable, Sequence

from pyinfra.api.host import Host

from deploy.failure import HostFailure, Reason
from deploy.messages import HostJob
from deploy.operations.journal import AreaJournal, confirm_script, restore_script
from deploy.remote.session import LOGIN_TIMEOUT_S, Session

FRESH_LOGIN_S = 15
"""How long a fresh login is tried; far below the dead-man's patience."""
PASSING = frozenset(
    {Reason.PORT_CLOSED, Reason.UNREACHABLE, Reason.CONNECTION_LOST, Reason.NOT_SSH}
)
"""What may be different a moment later."""
_ANSWERS = frozenset({Reason.FAILED, Reason.DISK_FULL, Reason.READ_ONLY})
"""The host was reached, and its own script failed."""
RESTORE_S = 60.0
"""For taking back one area, and for the locks on the way."""
_NOTHING = ":\n"


class Confirming:
    """One host's fresh logins, which owe nothing to the one that its changes are made through."""

    def __init__(
        self, host: Host, target: HostJob, dead_man_s: float, must_stop: Callable[[], bool]
    ) -> None:
        self._host = host
        self._target = target
        self._dead_man_s = dead_man_s
        self._must_stop = must_stop

    def prove_admin(self) -> None:
        """Logs in as the admin, and becomes root. Raises `HostFailure`."""
        self._login("beforehand", _NOTHING)

    def confirm(self, journals: Sequence[AreaJournal]) -> None:
        """Disarms their dead-men through the changed path; nothing else does.

        Raises `HostFailure`, and then none of them is disarmed, unless it cannot be told.
        """
        self._login("afterwards", confirm_script(journals))

    def take_back(self, session: Session, journals: Sequence[AreaJournal]) -> bool:
        """Whether the old state is back: at once if a login works, else by the dead-men."""
        text = restore_script(journals)
        timeout_s = RESTORE_S * (1 + len(journals))
        if not session.answers():
            return self._await_dead_men(text, timeout_s)
        try:
            session.read(text, timeout_s)
        except HostFailure as failure:
            return failure.reason not in _ANSWERS and self._await_dead_men(text, timeout_s)
        return True

    def come_back(self) -> Session:
        """A login as whoever is let in, to go on by. Raises `HostFailure`."""
        try:
            return Session.open(self._host)
        except HostFailure as failure:
            if failure.reason is not Reason.KEY_REFUSED:
                raise
        # A first run comes as root, which the area that is confirmed by now may have shut out.
        return Session.open(self._host, self._target.admin)

    def _await_dead_men(self, text: str, timeout_s: float) -> bool:
        """Waits until somebody can log in again, and restore what is not."""
        deadline = time.monotonic() + self._dead_man_s + FRESH_LOGIN_S
        while time.monotonic() < deadline and not self._must_stop():
            try:
                back = self.come_back()
            except HostFailure:
                time.sleep(0.5)
                continue
            try:
                back.prove(text, timeout_s)
            except HostFailure as failure:
                if failure.reason in _ANSWERS:
                    return False
                time.sleep(0.5)
            else:
                return True
            finally:
                back.close()
        return False

    def _login(self, when: str, text: str) -> None:
        """Runs a script as root through a login of the admin's own. Raises `HostFailure`."""
        admin = self._target.admin
        deadline = time.monotonic() + FRESH_LOGIN_S
        while True:
            try:
                fresh = Session.open(self._host, admin)
                try:
                    return fresh.prove(text, LOGIN_TIMEOUT_S)
                finally:
                    fresh.close()
            except HostFailure as failure:
                # A reloaded sshd closes its port for a moment.
                if failure.reason not in PASSING or time.monotonic() > deadline:
                    raise _locked_out(admin, when, failure) from failure
            time.sleep(0.1)


def _locked_out(admin: str, when: str, failure: HostFailure) -> HostFailure:
    what = "the login" if failure.reason in _ANSWERS else "no login"
    return HostFailure(Reason.LOCKED_OUT, f"{what} as {admin} {when}: {failure}")
