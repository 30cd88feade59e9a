"""Polls one device over SNMP: recognises its family, reads its sensors, says what went wrong."""

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from monitors.probe import Identity, Poll, Problem, ProblemKind, Restarted
from monitors.profiles.compiled import CompiledProfile
from monitors.profiles.layout import Layout
from monitors.profiles.library import Library, plan_of, pruned
from monitors.profiles.tracker import Tracker
from monitors.reading import Reading
from monitors.snmp.answer import Answer
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.oid import encode_oid
from monitors.snmp.plan import PollPlan
from monitors.snmp.replay import Replayed, Script
from monitors.snmp.system import (
    DESCRIPTION,
    ENGINE_BOOTS,
    NAME,
    OBJECT_ID,
    SYS_OBJECT_ID,
    SYSTEM_GETS,
    Change,
    SystemGroup,
    change,
)
from monitors.snmp.target import Community, SnmpTarget
from monitors.snmp.values import content_of, text_of

REPLAY_AGAIN_S = 300.0
"""How long a device whose answers changed their form is polled the ordinary way."""
LOOK_AGAIN_S = 3600.0
"""How often parts of the profiles that the device did not have are looked for again."""
LOOK_SOON_S = 60.0
"""The same for a device that has just started."""
SETTLE_S = 300.0
"""How long a device that has started may take to fill its tables."""
CUTS_BELIEVED_AFTER = 3
"""Polls in a row of a new device that break off before half of it is better than nothing."""

_RIGID = frozenset(map(encode_oid, (DESCRIPTION, OBJECT_ID, NAME, ENGINE_BOOTS)))
"""What of the system group tells that it is another device, or a restarted one."""

Reachable = Callable[[str], Awaitable[bool | None]]
"""Says whether a host answers at all; None when that could not be found out."""


class SnmpProbe:
    """Reads one device over SNMP (implements `monitors.probe.Probe`)."""

    protocol = "snmp"

    def __init__(
        self,
        engine: SnmpEngine,
        target: SnmpTarget,
        profiles: Library,
        *,
        expected: Collection[str] = (),
        reachable: Reachable | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Remembers what to poll; nothing is sent yet.

        Args:
            engine: Shared by all probes.
            target: Whom to ask.
            profiles: Usually `library.shipped()`.
            expected: Names of ports that the inventory says are connected: down is then critical.
            reachable: Asked when the agent is silent, to tell a dead host from a refusing agent.
            clock: Seconds, monotonic.
        """
        self._engine = engine
        self._target = target
        self._library = profiles
        self._expected = tuple(expected)
        self._reachable = reachable
        self._clock = clock
        self._families: tuple[CompiledProfile, ...] = ()
        self._plan: PollPlan | None = None
        self._full_plan = PollPlan()
        self._look_again_at = 0.0
        self._layout: Layout | None = None
        self._tracker: Tracker | None = None
        self._replay_again_at = 0.0
        self._system = SystemGroup()
        self._seen_at: float | None = None
        self._settle_until = 0.0
        self._cuts = 0
        self._restarts: list[Restarted] = []
        self._identity = Identity()

    @property
    def device(self) -> str:
        """The device's name in the inventory."""
        return self._target.device

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles in use; empty before the first answer."""
        return tuple(profile.name for profile in self._families)

    async def poll(self) -> Poll:
        """Polls once; a device that restarted or was exchanged is recognised anew on the spot."""
        started_at, begun = datetime.now(UTC), self._clock()
        answer = await self._ask()
        if answer.problem is not None:
            answer = replace(answer, problem=await self._explained(answer.problem))
        return Poll(
            device=self.device,
            protocol=self.protocol,
            started_at=started_at,
            duration_s=self._clock() - begun,
            readings=self._readings(answer),
            identity=self._identify(answer),
            problem=answer.problem,
            settling=self._settling,
            pace=self._engine.habits(self._target).pace,
        )

    def take_events(self) -> Sequence[Restarted]:
        """The restarts that were seen since the last call (see `monitors.probe.KeepsLog`)."""
        restarts, self._restarts = self._restarts, []
        return restarts

    async def close(self) -> None:
        """Forgets the session. The engine stays open: it is shared."""
        self._engine.forget(self._target)

    async def _ask(self) -> Answer:
        if self._plan is None:
            return await self._first_poll()
        looking_again = self._clock() >= self._look_again_at
        script = self._script()
        plan = self._full_plan if looking_again else script or self._plan
        answer = await self._engine.poll(self._target, plan)
        if not answer.values:
            return answer
        replayed = isinstance(answer.values, Replayed)
        system = self._system.renewed(answer) if replayed else SystemGroup.of(answer)
        if self._see(system) is not Change.NONE:
            return await self._first_poll()
        if not replayed:
            self._lay_out(answer, full=looking_again)
            self._learn(answer, failed=plan is script, full=looking_again)
        return answer

    def _script(self) -> Script | None:
        """What to replay; nothing where another size of answers is to be tried."""
        if self._tracker is None:
            return None
        script = self._tracker.script
        if script.repetitions != self._engine.habits(self._target).repetitions:
            self._tracker = None
            return None
        return script

    @property
    def _settling(self) -> bool:
        """Whether the device has just started, so that what it lacks may still come."""
        uptime_s = self._system.uptime_s
        return uptime_s is not None and uptime_s < SETTLE_S and self._clock() < self._settle_until

    def _see(self, system: SystemGroup) -> Change:
        """Takes note of who answers, and what has happened to it."""
        before, now = self._system, self._clock()
        what = Change.NONE
        if self._seen_at is None:
            self._settle_until = now + SETTLE_S
        elif system.sys_uptime_s is not None or system.object_id:
            what = change(before, system, now - self._seen_at)
        self._system, self._seen_at = system, now
        if what is not Change.NONE:
            self._engine.habits(self._target).restart()
        if what is Change.RESTARTED:
            self._settle_until = now + SETTLE_S
            up_s = system.uptime_s
            began = None if up_s is None else datetime.now(UTC) - timedelta(seconds=up_s)
            self._restarts.append(Restarted(began, before.uptime_s, up_s))
        return what

    def _learn(self, answer: Answer, *, failed: bool, full: bool) -> None:
        """Makes a script of a poll that brought everything; not at once, where one just failed."""
        if failed and answer.problem is None:
            self._tracker = None
            self._replay_again_at = self._clock() + REPLAY_AGAIN_S
        if full or answer.problem or not answer.exchanges:
            return
        if self._layout is None or self._plan is None:
            return
        if self._clock() >= self._replay_again_at:
            rigid = _shared(self._layout.rigid.union(self._told_by, _RIGID))
            repetitions = self._engine.habits(self._target).repetitions
            script = Script(self._plan, answer.exchanges, rigid, repetitions)
            self._tracker = Tracker(self._layout, script)

    def _readings(self, answer: Answer) -> Sequence[Reading]:
        if isinstance(answer.values, Replayed) and self._tracker is not None:
            return self._tracker.readings(answer.values)
        return self._layout.readings(answer.values) if self._layout and answer.values else ()

    @property
    def _told_by(self) -> list[bytes]:
        """The objects from which a device's identity is read."""
        sources = [profile.profile.identity for profile in self._families]
        oids = [oid for s in sources for oid in (*s.model, *s.serial, *s.firmware)]
        return [encode_oid(oid) for oid in oids]

    async def _first_poll(self) -> Answer:
        """Recognises the device, then polls everything that its profiles know."""
        self._plan, self._layout, self._tracker = None, None, None
        unknown = await self._recognise()
        if unknown is not None:
            return unknown
        answer = await self._engine.poll(self._target, self._full_plan)
        self._lay_out(answer, full=True)
        return answer

    async def _recognise(self) -> Answer | None:
        """Finds the device's family; the answer that came instead where it cannot be found.

        What was answered is let go here: hundreds of devices may wait for their turn after it.
        """
        recognition = PollPlan(SYSTEM_GETS, probes=self._library.probes)
        known = await self._engine.poll(self._target, recognition)
        if not known.values or known.cut_short:
            return known  # half an answer could hide the family
        self._see(SystemGroup.of(known))
        object_id = content_of(known.values.get(SYS_OBJECT_ID, b"\x06\x00"))
        self._families = self._library.recognise(object_id, known.values)
        self._full_plan = plan_of(self._families, SYSTEM_GETS)
        return None

    def _lay_out(self, answer: Answer, *, full: bool) -> None:
        self._cuts = self._cuts + 1 if answer.cut_short else 0
        if full and not answer.cut_short:
            plan = pruned(self._full_plan, answer.values)
            if plan != self._plan:
                self._plan, self._tracker = plan, None
            wait_s = LOOK_SOON_S if self._settling else LOOK_AGAIN_S
            self._look_again_at = self._clock() + wait_s
        if self._is_better_known(answer, full=full):
            return
        if answer.cut_short:
            self._plan = self._full_plan
            self._look_again_at = self._clock()
        if self._layout is None or not self._layout.fits(answer.values):
            self._layout = Layout.of(self._families, answer.values, self._expected)
            self._tracker = None

    def _is_better_known(self, answer: Answer, *, full: bool) -> bool:
        """Whether an answer says less about what the device has than is known already."""
        if self._layout is None:
            return answer.cut_short and self._cuts < CUTS_BELIEVED_AFTER
        if answer.cut_short:
            return True
        return answer.problem is not None and not full and self._layout.lacks(answer.values)

    def _identify(self, answer: Answer) -> Identity:
        if isinstance(answer.values, Replayed):
            return self._identity.after(self._system.uptime_s)
        identity = self._identity_in(answer)
        if answer.values and answer.problem is None:
            self._identity = identity
        return identity

    def _identity_in(self, answer: Answer) -> Identity:
        def first(oids: list[str]) -> str:
            return next(filter(None, (text_of(answer.value(oid)) for oid in oids)), "")

        sources = [profile.profile.identity for profile in self._families]
        system = SystemGroup.of(answer) if answer.values else self._system
        return Identity(
            name=system.name,
            description=system.description,
            object_id=system.object_id,
            vendor=next((source.vendor for source in sources if source.vendor), ""),
            model=first([oid for source in sources for oid in source.model]),
            serial=first([oid for source in sources for oid in source.serial]),
            firmware=first([oid for source in sources for oid in source.firmware]),
            uptime_s=system.uptime_s if answer.values else None,
        )

    async def _explained(self, problem: Problem) -> Problem:
        """Adds to plain silence whether the host is there: an agent drops what it refuses."""
        if problem.kind is not ProblemKind.SILENT or problem.message != "no SNMP answer":
            return problem
        answers = None if self._reachable is None else await self._reachable(self._target.host)
        host = {True: "reachable", False: "silent", None: "not checked"}[answers]
        suspect = "community" if isinstance(self._target.credential, Community) else "user"
        text = f"no SNMP answer; host {host}: {suspect}, ACL or agent"
        return Problem(ProblemKind.MUTE if answers else ProblemKind.SILENT, text)


@lru_cache(maxsize=256)
def _shared(oids: frozenset[bytes]) -> frozenset[bytes]:
    """One and the same set for all devices of one model."""
    return oids
