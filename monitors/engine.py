"""The engine: polls the center, draws conclusions every second, publishes them, keeps the store.

One process, one event loop; only the store has a thread of its own. What is concluded is decided
in `monitors.watch`, which does no I/O.
"""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime

from inventory.errors import WatchfloorError
from inventory.model import Purpose
from inventory.secrets import Secrets
from monitors.alerts.definition import Definition, load_definitions
from monitors.alerts.desk import Transition
from monitors.alerts.store import AlertStore
from monitors.alerts.writer import StoreWriter
from monitors.channel_server import ChannelServer
from monitors.config import MonitorConfig
from monitors.events import HINTS, STANDING, log_event
from monitors.heard import Heard
from monitors.lag import LagMeter
from monitors.poller import Poller
from monitors.probe import LogEntry, Poll
from monitors.profiles.library import library_for
from monitors.snapshot import EngineView
from monitors.targets import Clients, Targets, build_targets
from monitors.watch import Memory, Watch

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""How often conclusions are drawn."""
HEARTBEAT_S = 2.0
"""A snapshot is published at least this often, so that readers can tell quiet from dead."""
LONGEST_ELAPSED_S = 5.0
"""What one look may count for alert timers: time in which the engine stood still is not counted."""
RECEIVER_SILENT_AFTER_S = 15.0
"""The receiver speaks every two seconds; without a word for so long, something is wrong with it."""
PRUNE_S = 300.0
"""How often the store is held to what it may keep."""


def recall(store: AlertStore) -> Memory:
    """What an earlier run has left."""
    return Memory(store.occurrences(), store.sensors(), store.last_events(STANDING))


def _prune(store: AlertStore) -> int:
    return store.prune(datetime.now(UTC))


class Engine:
    """One center's monitor, without the web. Use `run`; `server` is set before it."""

    def __init__(
        self,
        config: MonitorConfig,
        clients: Clients,
        writer: StoreWriter,
        definitions: Mapping[str, Definition] | None = None,
    ) -> None:
        self.config = config
        self.writer = writer
        self.server: ChannelServer | None = None
        self._clients = clients
        self._definitions = definitions or load_definitions()
        self._lag = LagMeter()
        self._poller = self._new_poller()
        self._started_at = datetime.now(UTC)
        self._instance = secrets.token_hex(4)
        self._watch: Watch | None = None
        self._targets = Targets((), ())
        self._inventory_problem = ""
        self._heard_at = time.monotonic()
        self._unwritten: dict[str, Future[None]] = {}
        """Events that the receiver has told of, and that are not on the disk yet."""
        self._reloading = asyncio.Lock()
        self._full = True

    @property
    def watch(self) -> Watch:
        """The center as it is watched; set once `run` has loaded the inventory."""
        assert self._watch is not None
        return self._watch

    @property
    def ready(self) -> bool:
        """Whether the inventory has been loaded."""
        return self._watch is not None

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop`. Raises `WatchfloorError` when the inventory cannot be used."""
        async with self._reloading:
            await self._load(await asyncio.wrap_future(self.writer.ask(recall)))
            self._poller.start(self._targets.targets)
        helpers = [
            asyncio.create_task(self._lag.run()),
            asyncio.create_task(self._look_on()),
            asyncio.create_task(self._prune_on()),
        ]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*helpers, stopped], return_when=asyncio.FIRST_COMPLETED)
            for helper in helpers:
                if helper.done():
                    helper.result()  # raises what made it end
        finally:
            for task in (*helpers, stopped):
                task.cancel()
            await asyncio.gather(*helpers, stopped, return_exceptions=True)
            await self._poller.stop()

    async def reload(self) -> str:
        """Reads the inventory again. Returns one line if it has a mistake and the old one stays."""
        async with self._reloading:  # one after the other: each replaces the poller
            return await self._reload() if self.ready else ""  # `run` is about to read it

    async def _reload(self) -> str:
        try:
            await self._load(Memory(), self._watch)
        except WatchfloorError as error:
            self._inventory_problem = f"reload failed, the former inventory stays in use: {error}"
            log.error("%s", self._inventory_problem)
            return self._inventory_problem
        self._inventory_problem = ""
        poller = self._poller
        self._poller = self._new_poller()
        self._poller.counters = poller.counters
        await poller.stop()
        self._poller.start(self._targets.targets)
        log.info("inventory loaded: %d targets", len(self._targets.targets))
        return ""

    def record(self, transition: Transition) -> None:
        """Hands a transition to the store and says it in the log."""
        occurrence = transition.occurrence
        log.info("alert %s %s: %s", occurrence.id, transition.change, occurrence.summary)
        self.writer.write(transition)

    def hasten(self, devices: Iterable[str]) -> None:
        """Polls these soon instead of at their time; each at most once in a pause."""
        for device in devices:
            self._poller.hasten(device)

    def hear(self, heard: Heard) -> "list[Future[None]]":
        """Takes in what the receiver heard: looks where gear hints, keeps the events.

        The futures are done when the events are on the disk. Until then the receiver tells them
        again and again; they wait for the disk only once.
        """
        self.hasten({event.device for event in heard.events if event.kind in HINTS})
        self._heard_at = time.monotonic()
        self.watch.metrics.put_receiver(heard)
        self._unwritten = {name: done for name, done in self._unwritten.items() if not done.done()}
        for event in heard.events:
            if event.id not in self._unwritten:
                self._unwritten[event.id] = self.writer.write(event)
        return [self._unwritten[event.id] for event in heard.events]

    def view(self) -> EngineView:
        """How the monitor itself is."""
        counters = self._poller.counters
        return EngineView(
            version=self.config.version,
            started_at=self._started_at,
            instance=self._instance,
            targets=len(self._targets.targets),
            polls=counters.polls,
            failures={kind.value: count for kind, count in counters.failures.items()},
            running=counters.running,
            late_s=round(counters.late_s, 4),
            loop_lag_s=round(self._lag.worst_s, 4),
            store_problem=self.writer.problem,
            inventory_problem=self._inventory_problem,
            receiver_problem=self._receiver_problem(),
            unmonitored=self._targets.problems,
        )

    def _receiver_problem(self) -> str:
        silent_s = time.monotonic() - self._heard_at
        if not self.config.receives or silent_s < RECEIVER_SILENT_AFTER_S:
            return ""
        return f"the receiver of traps and syslog has said nothing for {silent_s:.0f} s"

    async def _load(self, memory: Memory, older: Watch | None = None) -> None:
        """Builds everything that follows from the inventory, and only then puts it in place."""
        config = self.config
        center = await asyncio.to_thread(config.load_center)
        endpoints = await asyncio.to_thread(config.load_endpoints)
        resolver = Secrets([Purpose.MONITOR], config.center)
        profiles = await asyncio.to_thread(library_for, config.center)
        targets = await asyncio.to_thread(
            build_targets, center, resolver, endpoints, self._clients, profiles=profiles
        )
        watch = Watch(
            center,
            self._definitions,
            targets.protocols,
            now=datetime.now(UTC),
            memory=memory,
            observer=config.observer_in(center),
            longest_on_delay_s=config.on_delay_s,
        )
        if older is not None:
            watch.continue_from(older)
        for problem in targets.problems:
            log.warning("not monitored: %s", problem)
        self._targets, self._watch, self._full = targets, watch, True

    def _new_poller(self) -> Poller:
        return Poller(self._absorb, on_entries=self._keep_entries, stalled_s=self._lag.stalled_s)

    def _absorb(self, poll: Poll) -> None:
        if poll.device not in self.watch.devices:
            return  # it left the inventory while it was being polled
        sensors = self.watch.absorb(poll)
        if sensors is not None:
            self.writer.write(sensors)

    def _keep_entries(self, poll: Poll, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self.writer.write(log_event(poll, entry))

    async def _prune_on(self) -> None:
        while True:
            try:
                await asyncio.wrap_future(self.writer.ask(_prune))
            except sqlite3.Error as error:
                log.warning("alert store: old events stay for now: %s", error)
            await asyncio.sleep(PRUNE_S)

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        looked = published = loop.time()
        while True:
            began = loop.time()
            elapsed_s = min(began - looked, LONGEST_ELAPSED_S)
            looked = began
            self._look(elapsed_s)
            if self._full or self.watch.has_news or began - published >= HEARTBEAT_S:
                self._publish()
                published = began
            await asyncio.sleep(LOOK_S)

    def _look(self, elapsed_s: float) -> None:
        for transition in self.watch.look(elapsed_s, datetime.now(UTC)):
            self.record(transition)

    def _publish(self) -> None:
        snapshot = self.watch.snapshot(self.view(), datetime.now(UTC), partial=not self._full)
        self._full = False
        if self.server is not None:
            self.server.publish(snapshot)
