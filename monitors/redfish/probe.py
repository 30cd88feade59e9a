"""Polls one server's BMC over Redfish: sensors, parts, redundancy, health, logs and identity."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from monitors.net.errors import NetError
from monitors.probe import Identity, Poll, Problem, ProblemKind
from monitors.reading import Reading
from monitors.readings import Recurring
from monitors.redfish.classic import read_power, read_redundancy, read_thermal
from monitors.redfish.document import Document
from monitors.redfish.errors import NotFoundError, RedfishError, StrangeError
from monitors.redfish.harvest import Harvest
from monitors.redfish.inside import read_inside
from monitors.redfish.logs import EventLog, LogEvent, read_counts
from monitors.redfish.machine import (
    CHASSIS,
    SYSTEM,
    identity_of,
    read_chassis,
    read_health,
    read_system,
)
from monitors.redfish.parts import Parts
from monitors.redfish.session import RedfishSession
from monitors.redfish.status import rollup_of
from monitors.redfish.subsystems import (
    read_fans,
    read_sensors,
    read_supplies,
    read_temperatures,
)
from monitors.redfish.target import RedfishTarget
from monitors.redfish.tree import Tree, Walker

PROTOCOL = "redfish"
INSIDE_PER_POLL = 4
"""How many drives, memory modules and so on are read in each poll, in turn. A change of the
system's health has all of them read at once."""
MOST_UNREAD_EVENTS = 1024

Read = Callable[[Document, Harvest], None]


class RedfishProbe:
    """Reads one BMC; keeps its connection, its session, its tree and its place in the logs."""

    protocol = PROTOCOL

    def __init__(self, target: RedfishTarget, clock: Callable[[], float] = time.monotonic) -> None:
        self.target = target
        self.session = RedfishSession(target, clock)
        self._walker = Walker(self.session)
        self._clock = clock
        self._parts = Parts()
        self._tree: Tree | None = None
        self._walk_at = 0.0
        self._inside: dict[str, Sequence[Reading]] = {}
        self._turn: deque[str] = deque()
        self._health = ""
        self._logs: dict[str, EventLog] = {}
        self._log_at = 0.0
        self._events: list[LogEvent] = []
        self._identity = Identity()
        self._recurring = Recurring()
        self._polling = asyncio.Lock()

    @property
    def device(self) -> str:
        """The server's name in the inventory."""
        return self.target.device

    def take_events(self) -> tuple[LogEvent, ...]:
        """The logs' new entries that polls have found since the last call."""
        taken, self._events = tuple(self._events), []
        return taken

    async def poll(self) -> Poll:
        """Polls once within the target's deadline."""
        started_at, start = datetime.now(UTC), time.monotonic()
        harvest = Harvest(self._parts)
        problem: Problem | None = None
        try:
            async with self._polling, asyncio.timeout(self.target.deadline_s):
                problem = await self._poll(harvest)
        except NetError as error:
            problem = error.problem()
        except TimeoutError:
            problem = self._too_slow()
        return Poll(
            device=self.device,
            protocol=PROTOCOL,
            started_at=started_at,
            duration_s=time.monotonic() - start,
            readings=self._recurring.of(harvest.readings),
            identity=self._identity,
            problem=problem,
        )

    async def close(self) -> None:
        """Ends the session and the connection. Safe to call twice."""
        await self.session.close()

    async def _poll(self, harvest: Harvest) -> Problem | None:
        if self._tree is None or self._clock() >= self._walk_at:
            self._tree = await self._walker.walk()
            self._walk_at = self._clock() + self.target.look_again_s
            self._adopt(self._tree)
        round_ = _Round(self.session, harvest)
        await self._read_often(round_, self._tree)
        await self._read_inside(round_)
        await self._read_logs(round_)
        read_counts(self._logs.values(), harvest)
        for system in round_.systems:
            read_health(system, SYSTEM, harvest)
        for chassis in round_.chassis:
            read_health(chassis, CHASSIS, harvest)
        if round_.gone:
            self._tree = None  # something was taken out or added: look around in the next poll
        return self._partial(round_)

    def _adopt(self, tree: Tree) -> None:
        if not (tree.systems or tree.chassis):
            raise StrangeError(
                f"{self.session.where} shows neither systems nor chassis: give its user a role"
                " that may read them, or check what listens there"
            )
        self._turn = deque(tree.inside)
        self._inside = {path: known for path, known in self._inside.items() if path in tree.inside}
        self._logs = {path: self._logs.get(path) or EventLog(path) for path in tree.logs}

    async def _read_often(self, round_: "_Round", tree: Tree) -> None:
        on = self.target.expected_power_on
        await round_.each(tree.systems, lambda d, h: read_system(d, h, on))
        round_.systems = list(round_.last)
        if round_.systems:
            self._identity = identity_of(round_.systems[0], tree.firmware)
        await round_.each(tree.chassis, read_chassis)
        round_.chassis = list(round_.last)
        await round_.each(tree.thermal, read_thermal)
        await round_.each(tree.power, read_power)
        await round_.each(tree.thermal_subsystems, _fan_redundancy)
        await round_.each(tree.power_subsystems, _supply_redundancy)
        await round_.all(tree.fans, read_fans)
        await round_.all(tree.supplies, read_supplies)
        await round_.all(tree.sensors, read_sensors)
        await round_.each(tree.temperatures, read_temperatures)

    async def _read_inside(self, round_: "_Round") -> None:
        health = ",".join(rollup_of(system).text for system in round_.systems)
        count = INSIDE_PER_POLL if health == self._health else len(self._turn)
        self._health = health
        for path in [self._turn.popleft() for _ in range(min(count, len(self._turn)))]:
            self._turn.append(path)
            own = _Round(self.session, Harvest(self._parts))
            await own.all([path], _each_inside)
            round_.failed += own.failed
            round_.gone = round_.gone or own.gone
            self._inside[path] = tuple(own.harvest.readings)
        for readings in self._inside.values():
            round_.harvest.take(readings)

    async def _read_logs(self, round_: "_Round") -> None:
        if self._clock() < self._log_at:
            return
        self._log_at = self._clock() + self.target.log_every_s
        for log in self._logs.values():
            try:
                fresh = await log.read_new(self._walker)
            except RedfishError as error:
                round_.failed.append(error)  # what the sensors say counts all the same
                continue
            self._events = [*self._events, *fresh][-MOST_UNREAD_EVENTS:]

    def _partial(self, round_: "_Round") -> Problem | None:
        if not round_.failed:
            return None
        more = f" ({len(round_.failed)} resources in all)" if len(round_.failed) > 1 else ""
        first = round_.failed[0]
        return Problem(first.kind, f"{first}{more}")

    def _too_slow(self) -> Problem:
        return Problem(
            ProblemKind.SILENT,
            f"{self.session.where} answers too slowly: not done after {self.target.deadline_s:g} s;"
            " look at the BMC's load, or raise the deadline",
        )


class _Round:
    """One poll's questions: what one resource refuses does not keep the others from being read."""

    def __init__(self, session: RedfishSession, harvest: Harvest) -> None:
        self._session = session
        self.harvest = harvest
        self.systems: list[Document] = []
        self.chassis: list[Document] = []
        self.last: list[Document] = []
        """What the latest questions brought."""
        self.failed: list[RedfishError] = []
        self.gone = False

    async def each(self, paths: Sequence[str], read: Read) -> None:
        """Reads resources one by one."""
        await self._get(paths)
        for document in self.last:
            read(document, self.harvest)

    async def all(
        self, paths: Sequence[str], read: Callable[[Sequence[Document], Harvest], None]
    ) -> None:
        """Reads resources, or collections that came expanded, together."""
        await self._get(paths)
        found: list[Document] = []
        for document in self.last:
            if "Members" in document.values:
                found += [member for member in document.parts("Members") if member.complete]
            else:
                found.append(document)
        if found:
            read(found, self.harvest)

    async def _get(self, paths: Sequence[str]) -> None:
        self.last = []
        for path in paths:
            try:
                self.last.append(await self._session.get(path))
            except NotFoundError as error:
                self.gone = True
                self.failed.append(error)
            except RedfishError as error:
                if error.kind is ProblemKind.CREDENTIAL and not self.harvest.readings:
                    raise
                self.failed.append(error)


def _each_inside(documents: Sequence[Document], harvest: Harvest) -> None:
    for document in documents:
        read_inside(document, harvest)


def _fan_redundancy(subsystem: Document, harvest: Harvest) -> None:
    read_redundancy("fan_redundancy", "Fan redundancy", subsystem, "FanRedundancy", harvest)


def _supply_redundancy(subsystem: Document, harvest: Harvest) -> None:
    read_redundancy(
        "power_supply_redundancy",
        "Power supply redundancy",
        subsystem,
        "PowerSupplyRedundancy",
        harvest,
    )
