"""One host's visit: log in, take its lock, read it, change it area by area, read it again."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pyinfra.api.host import Host

from deploy.digest import digest
from deploy.failure import HostFailure, Reason
from deploy.messages import (
    AreaDone,
    AreaJob,
    ChangeDone,
    ChangeStarted,
    Connected,
    Event,
    FactsRead,
    HostDone,
    HostJob,
    Job,
)
from deploy.operations.journal import AreaJournal
from deploy.operations.scripts import script
from deploy.remote.hostlock import HostLock
from deploy.remote.session import Greeting, Session
from inventory.facts.area import FactError
from inventory.facts.collect import host_facts
from inventory.facts.registry import area as fact_area

SUPPORTED = ("debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04")
LOGIN_TIMEOUT_S = 30
FRESH_LOGIN_S = 15
"""How long a fresh login is tried; far below the dead-man's patience."""
PASSING = frozenset(
    {Reason.PORT_CLOSED, Reason.UNREACHABLE, Reason.CONNECTION_LOST, Reason.NOT_SSH}
)
"""What may be different a moment later."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a visit has in common with all others of its job."""

    job: Job
    emit: Callable[[Event], None]
    must_stop: Callable[[], bool]
    """Whether the controller is gone, so that no further step may begin."""


class Visit:
    """Runs in a greenlet of its own, inside pyinfra's context for its host."""

    def __init__(self, around: Surroundings, target: HostJob, host: Host) -> None:
        self._around = around
        self._job = around.job
        self._target = target
        self._host = host
        self._began = time.monotonic()
        self._lock: HostLock | None = None

    def run(self) -> None:
        """Everything, and `HostDone` at the end, whatever happens."""
        try:
            self._log_in()
        except HostFailure as failure:
            self._done(failure.reason, str(failure))
        except Exception as error:  # a bug must cost this host only, and be told
            self._done(Reason.INTERNAL, f"internal error: {type(error).__name__}: {error}")
            raise
        else:
            self._done()

    def _log_in(self) -> None:
        session = Session.open(self._host)
        try:
            greeting = session.greet(LOGIN_TIMEOUT_S)
            self._check_os(greeting)
            self._around.emit(
                Connected(
                    host=self._target.name,
                    client=greeting.client,
                    port=greeting.port,
                    os=greeting.os,
                )
            )
            if self._job.mode == "read":
                self._read(session, "before")
            else:
                self._apply_locked(session, greeting)
        finally:
            session.close()

    def _check_os(self, greeting: Greeting) -> None:
        if greeting.os not in SUPPORTED:
            raise HostFailure(
                Reason.OS_UNKNOWN,
                f"it runs {greeting.os or 'an unknown system'}; known are {', '.join(SUPPORTED)}",
            )

    def _apply_locked(self, session: Session, greeting: Greeting) -> None:
        self._lock = lock = HostLock.take(
            session,
            is_root=greeting.is_root,
            owner=self._job.owner,
            run=self._job.run,
            timeout_s=LOGIN_TIMEOUT_S,
        )
        try:
            self._check_facts(self._read(session, "before"))
            self._areas(session)
            self._read(session, "after")
        finally:
            lock.release()

    def _read(self, session: Session, when: str) -> str:
        self._stop_if_told()
        output = session.read(self._job.script, self._job.read_timeout_s)
        self._around.emit(
            FactsRead.model_validate({"host": self._target.name, "when": when, "output": output})
        )
        return output

    def _check_facts(self, output: str) -> None:
        """The plan was made from certain facts; with others it is another plan."""
        try:
            facts = host_facts(output)
            for area in self._target.areas:
                for name, wanted in area.facts.items():
                    if digest(facts.read(fact_area(name))) != wanted:
                        raise HostFailure(
                            Reason.FACTS_CHANGED,
                            f"its {name} facts have changed since the plan was made; plan again",
                        )
        except FactError as error:
            raise HostFailure(Reason.FACTS_UNREADABLE, str(error)) from error

    def _areas(self, session: Session) -> None:
        """Independent areas go on when one fails; those behind it are not begun."""
        failed: set[str] = set()
        for area in self._target.areas:
            behind = failed & set(area.after)
            if behind:
                failed.add(area.name)
                names = ", ".join(sorted(behind))
                self._area_done(area, Reason.DEPENDENCY, f"not begun, because {names} failed")
            elif not self._area(session, area):
                failed.add(area.name)

    def _area(self, session: Session, area: AreaJob) -> bool:
        done = 0
        try:
            self._stop_if_told()
            journal = AreaJournal(self._job.run, area.name)
            dead_man_s = self._job.dead_man_s if area.risky else None
            self._prove_admin(area)
            session.change(journal.open_script(dead_man_s), f"prepare {area.name}", LOGIN_TIMEOUT_S)
            for number, change in enumerate(area.changes, start=1):
                self._stop_if_told()
                self._started(area, number, change.title)
                began = time.monotonic()
                session.change(
                    script(change, journal.step(number)), change.title, self._job.change_timeout_s
                )
                done = number
                self._changed(area, number, time.monotonic() - began)
            if area.risky:
                self._confirm(journal)
        except HostFailure as failure:
            restored = area.risky and self._restore(session, area, failure)
            self._area_done(area, failure.reason, str(failure), restored=restored, changed=done)
            if area.risky and not restored:
                # What session there still is cannot be relied on.
                raise
            return False
        self._area_done(area, changed=done)
        return True

    def _prove_admin(self, area: AreaJob) -> None:
        """A first run comes as root: before root is refused, the admin has to come in once."""
        if area.admin_first and self._target.user != self._target.admin:
            self._fresh_login("beforehand").close()

    def _fresh_login(self, when: str) -> Session:
        """A login as the admin that owes nothing to the one we have."""
        admin = self._target.admin
        deadline = time.monotonic() + FRESH_LOGIN_S
        while True:
            try:
                return self._login_as(admin)
            except HostFailure as failure:
                # A reloaded sshd closes its port for a moment.
                if failure.reason not in PASSING or time.monotonic() > deadline:
                    raise HostFailure(
                        Reason.LOCKED_OUT, f"no login as {admin} {when}: {failure}"
                    ) from failure
            time.sleep(0.1)

    def _login_as(self, admin: str) -> Session:
        fresh = Session.open(self._host, admin)
        try:
            fresh.greet(LOGIN_TIMEOUT_S)
        except HostFailure:
            fresh.close()
            raise
        return fresh

    def _confirm(self, journal: AreaJournal) -> None:
        """A fresh login through the changed path disarms the dead-man; nothing else does."""
        fresh = self._fresh_login("afterwards")
        try:
            fresh.read(journal.confirm_script(), LOGIN_TIMEOUT_S)
        except HostFailure as failure:
            raise HostFailure(
                Reason.LOCKED_OUT, f"no login in time to confirm it: {failure}"
            ) from failure
        finally:
            fresh.close()

    def _restore(self, session: Session, area: AreaJob, failure: HostFailure) -> bool:
        """The old state at once, if the old login still works; else the dead-man does it."""
        if failure.reason is Reason.STOPPED:
            return False
        journal = AreaJournal(self._job.run, area.name)
        try:
            session.read(journal.restore_script(), LOGIN_TIMEOUT_S)
        except HostFailure:
            return self._await_dead_man(journal)
        return True

    def _await_dead_man(self, journal: AreaJournal) -> bool:
        """Waits until the host says by itself that the old state is back."""
        deadline = time.monotonic() + self._job.dead_man_s + FRESH_LOGIN_S
        while time.monotonic() < deadline and not self._around.must_stop():
            try:
                back = self._login_as(self._target.user)
            except HostFailure:
                time.sleep(0.5)
                continue
            try:
                back.read(journal.restored_script(), LOGIN_TIMEOUT_S)
            except HostFailure:
                time.sleep(0.5)
            else:
                return True
            finally:
                back.close()
        return False

    def _stop_if_told(self) -> None:
        if self._around.must_stop():
            raise HostFailure(Reason.STOPPED, "stopped, because the controller is gone")
        if self._lock is not None and self._lock.is_lost:
            raise HostFailure(
                Reason.CONNECTION_LOST, "stopped, because the lock on it is lost; apply again"
            )

    def _started(self, area: AreaJob, number: int, title: str) -> None:
        self._around.emit(
            ChangeStarted(host=self._target.name, area=area.name, number=number, title=title)
        )

    def _changed(self, area: AreaJob, number: int, seconds: float) -> None:
        self._around.emit(
            ChangeDone(
                host=self._target.name, area=area.name, number=number, seconds=round(seconds, 3)
            )
        )

    def _area_done(
        self,
        area: AreaJob,
        reason: Reason | None = None,
        message: str = "",
        *,
        restored: bool = False,
        changed: int = 0,
    ) -> None:
        self._around.emit(
            AreaDone(
                host=self._target.name,
                area=area.name,
                reason=reason,
                message=message,
                restored=restored,
                changed=changed,
            )
        )

    def _done(self, reason: Reason | None = None, message: str = "") -> None:
        self._around.emit(
            HostDone(
                host=self._target.name,
                reason=reason,
                message=message,
                seconds=round(time.monotonic() - self._began, 3),
            )
        )
