"""The visit to a Linux host: log in, take its lock, read it, change it area by area."""

import time
from collections.abc import Iterator, Sequence
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
from deploy.operations.journal import AreaJournal, restore_script
from deploy.operations.scripts import script
from deploy.remote.confirming import FRESH_LOGIN_S, Confirming
from deploy.remote.fleet import remember_key
from deploy.remote.hostlock import NOBODY, PATIENCE_S, HostLock
from deploy.remote.session import ALIVE_S, LOGIN_TIMEOUT_S, Greeting, Session
from deploy.remote.stretches import stretches
from deploy.remote.upload import arrival_script, presence_script, send
from deploy.remote.visit import Surroundings, Visit
from inventory.facts.keepalived import HAND_OVER

SUPPORTED = ("debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04")
SHIPPED_TIMEOUT_S = 90
"""For reading what was shipped once."""
WELL_AGAIN_S = 200
"""For a program that comes back to say that it is well again."""
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
        self._taken_back: set[str] = set()
        """The areas that are as they were before, and not begun again."""
        self._confirming = Confirming(host, target, self._job.dead_man_s, around.must_stop)

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
        self._lock = self._take_lock()
        # A batch goes on until the host sees that nobody holds its lock.
        listener = gevent.spawn(self._let_go)
        try:
            yield
        finally:
            listener.kill()
            self._lock.release()

    def _take_lock(self) -> HostLock:
        assert self._session is not None
        assert self._greeting is not None
        return HostLock.take(
            self._session,
            is_root=self._greeting.is_root,
            owner=self._job.owner,
            run=self._job.run,
            timeout_s=LOGIN_TIMEOUT_S,
        )

    def _let_go(self) -> None:
        self._around.wait_for_end()
        if self._lock is not None:
            self._lock.release()

    def _areas(self) -> None:
        """A peer answers at the addresses that they share, before anything here is changed."""
        assert self._session is not None
        assert self._greeting is not None
        self._stop_if_told()
        if self._greeting.hands_over:
            self._hand_over(self._session)
        together = stretches(
            self._target.areas,
            patience_s=max(self._job.dead_man_s - FRESH_LOGIN_S, 0),
            proves_admin=self._target.user != self._target.admin,
        )
        for stretch in together:
            self._one_by_one(self._together(stretch) if len(stretch) > 1 else stretch)

    def _one_by_one(self, areas: Sequence[AreaJob]) -> None:
        for number, area in enumerate(areas):
            try:
                self._begin(area)
            except HostFailure as failure:
                for rest in areas[number + 1 :]:
                    if rest.name in self._taken_back:
                        said = f"taken back, and not made again: {failure}"
                        self._area_done(rest, failure.reason, said, restored=True, seconds=0)
                raise

    def _hand_over(self, session: Session) -> None:
        try:
            session.change(f"{HAND_OVER}\n", "hand over its virtual address", LOGIN_TIMEOUT_S)
        except HostFailure as failure:
            raise HostFailure(
                failure.reason, f"{failure}; where {HAND_OVER} is broken, remove it and apply again"
            ) from failure

    def _together(self, stretch: Sequence[AreaJob]) -> Sequence[AreaJob]:
        """Makes areas that one fresh login confirms; those that have to be made one by one then.

        Whatever goes wrong, all that is not confirmed is as it was before: each area that is made
        again alone ends by itself, so that one that fails is named and costs no other.
        """
        self._area_began = time.monotonic()
        left = [area for area in stretch if not self._is_behind(area)]
        seconds: dict[str, float] = {}
        try:
            for area in left:
                began = time.monotonic()
                self._make(area)
                seconds[area.name] = time.monotonic() - began
            if left:
                self._confirming.confirm([self._journal(area) for area in left])
        except HostFailure as failure:
            self._end_together(left[: len(seconds) + 1], len(seconds), failure)
            return left
        for area in left:
            self._area_done(area, changed=len(area.changes), seconds=seconds[area.name])
        return ()

    def _end_together(self, begun: Sequence[AreaJob], made: int, failure: HostFailure) -> None:
        """Has the old state of all of them back, and a connection to go on by.

        The first `made` were made whole. Raises `HostFailure` where that cannot be had, after their
        end was told.
        """
        restored = self._take_back(begun, failure)
        try:
            if not restored:
                raise failure
            self._taken_back.update(area.name for area in begun)
            self._come_back()
        except HostFailure:
            for number, area in enumerate(begun):
                said, changed = str(failure), self._made
                if number < made:
                    changed = len(area.changes)
                    if made < len(begun):
                        said = f"not confirmed, because {begun[-1].name} failed: {failure}"
                self._area_done(area, failure.reason, said, restored=restored, changed=changed)
            raise

    def _area(self, area: AreaJob) -> bool:
        try:
            self._make(area)
            if area.risky:
                self._confirming.confirm([self._journal(area)])
        except HostFailure as failure:
            restored = area.risky and self._is_back(area, failure)
            if area.goes_back and failure.reason is Reason.FAILED:
                restored = self._go_back(area)
            self._area_done(
                area, failure.reason, str(failure), restored=restored, changed=self._made
            )
            if area.risky:
                if not restored:
                    # What session there still is cannot be relied on.
                    raise
                self._come_back()
            return False
        self._area_done(area, changed=self._made)
        return True

    def _make(self, area: AreaJob) -> None:
        """All changes of an area, which is then not confirmed yet. Raises `HostFailure`."""
        assert self._session is not None
        self._made = 0
        self._stop_if_told()
        if area.admin_first and self._target.user != self._target.admin:
            # A first run comes as root: before root is refused, the admin has to come in once.
            self._confirming.prove_admin()
        for part in batches(area.changes):
            self._batch(self._session, area, self._journal(area), part)

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
        self._taken_back.discard(area.name)
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

    def _is_back(self, area: AreaJob, failure: HostFailure) -> bool:
        """Whether its old state is there, still or again."""
        return area.name in self._taken_back or self._take_back([area], failure)

    def _take_back(self, areas: Sequence[AreaJob], failure: HostFailure) -> bool:
        """Whether the old state of these areas is back; who is told to stop does not see to it."""
        assert self._session is not None
        journals = [self._journal(area) for area in areas]
        is_over = failure.reason is Reason.STOPPED
        return not is_over and self._confirming.take_back(self._session, journals)

    def _go_back(self, area: AreaJob) -> bool:
        """What the area was before, for one that no dead-man watches over."""
        assert self._session is not None
        try:
            self._session.read(restore_script([self._journal(area)]), WELL_AGAIN_S)
        except HostFailure:
            return False
        return True

    def _come_back(self) -> None:
        """Logs in again and takes the lock again where a change has cut them, and is taken back.

        Raises `HostFailure`.
        """
        assert self._session is not None
        assert self._lock is not None
        if self._session.answers() and not self._lock.is_lost:
            return
        super()._stop_if_told()
        self._lock.release()
        self._session.close()
        self._session = self._confirming.come_back()
        self._greeting = self._session.greet(LOGIN_TIMEOUT_S)
        self._lock = self._take_lock_again()
        if self._greeting.hands_over:
            # It went back to the peer's side as soon as nobody held the lock.
            self._hand_over(self._session)

    def _take_lock_again(self) -> HostLock:
        """Our own lock may be held for a while by a connection that is cut."""
        deadline = time.monotonic() + PATIENCE_S + ALIVE_S
        while True:
            try:
                lock = self._take_lock()
            except HostFailure as failure:
                if failure.reason is not Reason.LOCKED or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
                continue
            if lock.held_before == self._job.run:
                return lock
            lock.release()
            since = "it was restarted" if lock.held_before == NOBODY else "another run has had it"
            raise HostFailure(
                Reason.FACTS_CHANGED, f"{since} since its connection was cut; plan again"
            )

    def _journal(self, area: AreaJob) -> AreaJournal:
        return AreaJournal(self._job.run, area.name)

    def _stop_if_told(self) -> None:
        super()._stop_if_told()
        if self._lock is not None and self._lock.is_lost:
            raise HostFailure(
                Reason.CONNECTION_LOST, "stopped, because the lock on it is lost; apply again"
            )
