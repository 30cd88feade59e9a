"""The visit to a Linux host: log in, take its lock, read it, change it area by area."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
from pyinfra.api.host import Host

from deploy.certificates import CertificateError
from deploy.change import CertificateChange, Change
from deploy.failure import HostFailure, Reason
from deploy.messages import AreaJob, Connected, HostJob
from deploy.operations.batch import batch, batches, done, longest
from deploy.operations.certificates import certificate_file, key_script
from deploy.operations.journal import AreaJournal
from deploy.operations.scripts import script
from deploy.remote.fleet import remember_key
from deploy.remote.hostlock import HostLock
from deploy.remote.session import Greeting, Session
from deploy.remote.upload import arrival_script, presence_script, send
from deploy.remote.visit import Surroundings, Visit
from inventory.facts.keepalived import HAND_OVER

SUPPORTED = ("debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04")
LOGIN_TIMEOUT_S = 30
SHIPPED_TIMEOUT_S = 90
"""For reading what was shipped once."""
FRESH_LOGIN_S = 15
"""How long a fresh login is tried; far below the dead-man's patience."""
_HAND_OVER = f"[ ! -x {HAND_OVER} ] || {HAND_OVER}\n"
WELL_AGAIN_S = 200
"""For a program that comes back to say that it is well again."""
PASSING = frozenset(
    {Reason.PORT_CLOSED, Reason.UNREACHABLE, Reason.CONNECTION_LOST, Reason.NOT_SSH}
)
"""What may be different a moment later."""
MOST_PATIENCE_S = 850.0
"""For one batch; the controller gives a silent worker up a little later."""
Part = list[tuple[int, Change]]
"""Numbered changes that are made in one go."""


class SshVisit(Visit):
    """A visit over SSH, through pyinfra."""

    def __init__(self, around: Surroundings, target: HostJob, host: Host) -> None:
        super().__init__(around, target, host)
        self._session: Session | None = None
        self._greeting: Greeting | None = None
        self._lock: HostLock | None = None
        self._made = 0
        """How many changes of the present area are made."""

    def _open(self) -> Connected:
        remember_key(self._host.state, self._target)
        self._session = Session.open(self._host)
        self._greeting = greeting = self._session.greet(LOGIN_TIMEOUT_S)
        if greeting.os not in SUPPORTED:
            raise HostFailure(
                Reason.OS_UNKNOWN,
                f"it runs {greeting.os or 'an unknown system'}; known are {', '.join(SUPPORTED)}",
            )
        return Connected(
            host=self._target.name, client=greeting.client, port=greeting.port, os=greeting.os
        )

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()

    def _read_all(self, text: str) -> str:
        assert self._session is not None
        return self._session.read(text, self._job.read_timeout_s)

    @contextmanager
    def _held(self) -> Iterator[None]:
        assert self._session is not None
        assert self._greeting is not None
        self._lock = lock = HostLock.take(
            self._session,
            is_root=self._greeting.is_root,
            owner=self._job.owner,
            run=self._job.run,
            timeout_s=LOGIN_TIMEOUT_S,
        )
        # A batch goes on until the host sees that nobody holds its lock.
        listener = gevent.spawn(self._let_go, lock)
        try:
            yield
        finally:
            listener.kill()
            lock.release()

    def _let_go(self, lock: HostLock) -> None:
        self._around.wait_for_end()
        lock.release()

    def _areas(self) -> None:
        """A peer answers at the addresses that they share, before anything here is changed."""
        assert self._session is not None
        self._stop_if_told()
        try:
            self._session.change(_HAND_OVER, "hand over its virtual address", LOGIN_TIMEOUT_S)
        except HostFailure as failure:
            raise HostFailure(
                failure.reason, f"{failure}; where {HAND_OVER} is broken, remove it and apply again"
            ) from failure
        super()._areas()

    def _area(self, area: AreaJob) -> bool:
        session = self._session
        assert session is not None
        self._made = 0
        journal = AreaJournal(self._job.run, area.name)
        try:
            self._stop_if_told()
            self._prove_admin(area)
            for part in batches(area.changes):
                self._batch(session, area, journal, part)
            if area.risky:
                self._confirm(journal)
        except HostFailure as failure:
            restored = area.risky and self._restore(session, area, failure)
            if area.goes_back and failure.reason is Reason.FAILED:
                restored = self._go_back(session, journal)
            self._area_done(
                area, failure.reason, str(failure), restored=restored, changed=self._made
            )
            if area.risky and not restored:
                # What session there still is cannot be relied on.
                raise
            return False
        self._area_done(area, changed=self._made)
        return True

    def _batch(self, session: Session, area: AreaJob, journal: AreaJournal, part: Part) -> None:
        """Some steps in one go; the area's first ones open its journal, and arm its dead-man."""
        self._stop_if_told()
        number, first = part[0]
        self._started(area, number, first.title)
        steps = [
            script(
                self._ready(session, change),
                journal.step(number),
                self._target.secrets,
                self._job.salt,
            )
            for number, change in part
        ]
        if number == 1:
            steps.insert(0, journal.open_script(self._job.dead_man_s if area.risky else None))
        if first.parcels:
            # What was shipped took its time: the controller hears that it goes on.
            self._started(area, number, first.title)
        text = batch(self._job.run, steps)
        said, failure = session.attempt(text, first.title, self._patience(part))
        made = list(done(said).values())[len(steps) - len(part) :]
        for (number, _), seconds in zip(part, made, strict=False):
            self._made = number
            self._changed(area, number, seconds)
        if failure is not None:
            self._stop_if_told()
            raise failure

    def _patience(self, part: Part) -> float:
        """Seconds that these steps may take together."""
        each = (max(self._job.change_timeout_s, longest(change)) for _, change in part)
        return min(sum(each) + LOGIN_TIMEOUT_S, MOST_PATIENCE_S)

    def _ready(self, session: Session, change: Change) -> Change:
        """The change as it can be made: a certificate is signed for the key that is on the host,
        and what is too large for a script is there."""
        for sha256 in change.parcels:
            self._ship(session, sha256)
        if not isinstance(change, CertificateChange):
            return change
        public_key = session.read(key_script(change), LOGIN_TIMEOUT_S)
        authority_key = self._target.authority_key.get_secret_value()
        try:
            return certificate_file(change, public_key, authority_key)
        except CertificateError as error:
            raise HostFailure(Reason.CREDENTIAL, str(error)) from error

    def _ship(self, session: Session, sha256: str) -> None:
        """Sends what the host does not have yet of that file. Raises `HostFailure`."""
        path = Path(self._target.parcels[sha256])
        size = path.stat().st_size
        had = int(session.read(presence_script(sha256, size), SHIPPED_TIMEOUT_S))
        if had == size:
            return
        assert self._greeting is not None
        send(
            session.client,
            path,
            sha256,
            had,
            is_root=self._greeting.is_root,
            must_stop=self._around.must_stop,
        )
        session.read(arrival_script(sha256), SHIPPED_TIMEOUT_S)

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

    def _go_back(self, session: Session, journal: AreaJournal) -> bool:
        """What the area was before, for one that no dead-man watches over."""
        try:
            session.read(journal.restore_script(), WELL_AGAIN_S)
        except HostFailure:
            return False
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
        super()._stop_if_told()
        if self._lock is not None and self._lock.is_lost:
            raise HostFailure(
                Reason.CONNECTION_LOST, "stopped, because the lock on it is lost; apply again"
            )
