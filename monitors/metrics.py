"""Which of the monitor's knowledge becomes which metric; the text itself is `exposition`'s."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import ceil
from typing import NamedTuple

from inventory.topology import Assessment
from monitors import exposition as x
from monitors import metric_families as families
from monitors.events import Event
from monitors.health import DeviceHealth
from monitors.heard import Heard
from monitors.incident import Incident
from monitors.probe import Poll, ProblemKind
from monitors.snapshot import AlertView, ComponentView, DeviceView, EngineView, Phase

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


TIMEOUT_STEP_S = 0.5


class _Manner(NamedTuple):
    """How a poll went, as far as that seldom changes."""

    partial: bool
    repetitions: int | None
    timeout_s: float

    @classmethod
    def of(cls, poll: Poll) -> "_Manner":
        pace = poll.pace
        if pace is None:
            return cls(poll.partial, None, 0.0)
        steps = ceil(pace.timeout_s / TIMEOUT_STEP_S)
        return cls(poll.partial, pace.repetitions, steps * TIMEOUT_STEP_S)


class Metrics:
    """The metrics of one center."""

    def __init__(self, center: str) -> None:
        self._center = center
        self._text = x.Exposition()
        self._components: dict[str, tuple[ComponentView, ...]] = {}
        self._fresh: dict[str, frozenset[str]] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        """Most devices speak the same protocols: one set for all of them."""
        self._series: dict[str, tuple[str, ...]] = {}
        self._shown: dict[str, tuple[object, ...]] = {}
        """What was last said of a device besides its components."""
        self._manners: dict[str, _Manner] = {}

    def text(self) -> bytes:
        """All of /metrics."""
        return self._text.text()

    def parts(self) -> list[bytes]:
        """The same in pieces, for those who need not join them."""
        return self._text.parts()

    def put_poll(self, poll: Poll, health: DeviceHealth) -> None:
        """A finished poll: its readings, and how it went."""
        owner = f"{poll.device}/{poll.protocol}"
        up, duration, timestamp = self._series_of(poll, owner)
        if poll.readings:
            self._put_readings(health, self._fresh.get(poll.device, frozenset()) | {poll.protocol})
            began = (poll.started_at - _EPOCH).total_seconds()
            self._text.put(families.POLL_TIMESTAMP, owner, x.line(timestamp, began))
        good = poll.problem is None or bool(poll.readings)
        self._text.put(families.POLL_UP, owner, x.line(up, float(good)))
        self._text.put(families.POLL_DURATION, owner, x.line(duration, poll.duration_s))
        self._put_manner(poll, owner)

    def _series_of(self, poll: Poll, owner: str) -> tuple[str, ...]:
        """Up, duration and timestamp of a device's polls, written once."""
        known = self._series.get(owner)
        if known is None:
            told = (families.POLL_UP, families.POLL_DURATION, families.POLL_TIMESTAMP)
            known = tuple(x.series(family, self._labels(poll)) for family in told)
            self._series[owner] = known
        return known

    def _labels(self, poll: Poll) -> Mapping[str, str]:
        return {"center": self._center, "device": poll.device, "protocol": poll.protocol}

    def _put_manner(self, poll: Poll, owner: str) -> None:
        """What seldom changes from poll to poll."""
        manner = _Manner.of(poll)
        before = self._manners.get(owner)
        if manner == before:
            return
        self._manners[owner], labels = manner, self._labels(poll)
        self._put(families.POLL_PARTIAL, owner, labels, float(manner.partial))
        if manner.repetitions is not None:
            self._put(families.POLL_REPETITIONS, owner, labels, manner.repetitions)
            self._put(families.POLL_TIMEOUT, owner, labels, manner.timeout_s)

    def put_view(self, view: DeviceView) -> None:
        """What is concluded about a device."""
        labels = {"center": self._center, "device": view.name}
        self._put_components(view)
        shown = (view.kind, view.rack, view.model, view.in_service, view.state)
        if self._shown.get(view.name) == shown:
            return
        self._shown[view.name] = shown
        info = {**labels, "kind": view.kind, "rack": view.rack, "model": view.model}
        self._put(families.DEVICE_INFO, view.name, info, 1.0)
        self._put(families.DEVICE_IN_SERVICE, view.name, labels, float(view.in_service))
        states = x.state_samples(families.DEVICE_STATE, labels, view.state)
        self._text.put(families.DEVICE_STATE, view.name, states)

    def put_freshness(self, health: DeviceHealth, now: datetime) -> None:
        """Takes readings away once they are stale, each protocol's by its own age."""
        fresh = frozenset(
            name
            for name, protocol in health.protocols.items()
            if protocol.fresh_until is not None and now <= protocol.fresh_until
        )
        if self._fresh.get(health.name) != fresh:
            self._put_readings(health, fresh)

    def put_overview(
        self, assessment: Assessment, alerts: Iterable[AlertView], engine: EngineView
    ) -> None:
        """Margins, alerts, and the monitor itself."""
        center = {"center": self._center}
        for name, margin in assessment.functions.items():
            labels = {**center, "function": name}
            self._put(families.FUNCTION_MARGIN, name, labels, margin.margin)
            self._put(families.FUNCTION_DESIGNED, name, labels, margin.designed)
        for name, margin in assessment.groups.items():
            self._put(families.GROUP_MARGIN, name, {**center, "group": name}, margin.margin)
        self._text.put(families.ALERT_ACTIVE, "", b"".join(self._alert(alert) for alert in alerts))
        self._put_engine(engine)

    def put_incident(self, incident: Incident | None) -> None:
        """Whether people have declared one."""
        self._put(families.INCIDENT, "", {"center": self._center}, float(incident is not None))

    def put_drift(self, last: Mapping[tuple[str, str], Event]) -> None:
        """What the last report on each device's configuration said."""
        for (device, _), event in last.items():
            labels = {"center": self._center, "device": device}
            self._put(families.DRIFT_FINDINGS, device, labels, event.changes)
            at = (event.at - _EPOCH).total_seconds()
            self._put(families.DRIFT_TIMESTAMP, device, labels, at)

    def put_receiver(self, heard: Heard) -> None:
        """What the receiver says of itself."""
        status = heard.status
        self._put(families.RECEIVER_HEARD, "", {}, (heard.at - _EPOCH).total_seconds())
        self._put(families.RECEIVER_QUEUE, "", {}, status.queued)
        self._put(families.RECEIVER_LOST, "", {}, status.lost)
        received = (
            x.sample(families.RECEIVED, {"kind": kind}, count)
            for kind, count in status.received.items()
        )
        self._text.put(families.RECEIVED, "", b"".join(received))
        dropped = (
            x.sample(families.RECEIVER_DROPPED, {"port": port, "reason": reason}, count)
            for port, reasons in status.dropped.items()
            for reason, count in reasons.items()
        )
        self._text.put(families.RECEIVER_DROPPED, "", b"".join(dropped))

    def _put_readings(self, health: DeviceHealth, fresh: frozenset[str]) -> None:
        if self._fresh.get(health.name) != fresh:
            self._fresh[health.name] = self._sets.setdefault(fresh, fresh)
            labels = {"center": self._center, "device": health.name}
            whole = len(fresh) == len(health.protocols)
            self._put(families.DEVICE_FRESH, health.name, labels, float(whole))
        self._text.put_readings(self._center, health.name, *health.readings_of(fresh))

    def _put(
        self, family: families.Family, owner: str, labels: Mapping[str, str], value: float
    ) -> None:
        self._text.put(family, owner, x.sample(family, labels, value))

    def _put_components(self, view: DeviceView) -> None:
        """Only when a state has changed: there are many components, and they seldom change."""
        if self._components.get(view.name) is view.components:
            return
        self._components[view.name] = view.components
        states = ((part.id, part.state) for part in view.components)
        self._text.put_components(self._center, view.name, states)

    def _alert(self, alert: AlertView) -> bytes:
        if alert.phase is Phase.PENDING:
            return b""
        labels = {
            "center": self._center,
            "alert": alert.alert,
            "device": alert.device,
            "component": alert.component,
            "priority": alert.priority,
            "phase": alert.phase,
        }
        return x.sample(families.ALERT_ACTIVE, labels, 1.0)

    def _put_engine(self, engine: EngineView) -> None:
        self._put(families.BUILD_INFO, "", {"version": engine.version}, 1.0)
        self._put(families.LOOP_LAG, "", {}, engine.loop_lag_s)
        self._put(families.POLL_LATENESS, "", {}, engine.late_s)
        self._put(families.STORE_UP, "", {}, float(not engine.store_problem))
        self._put(families.POLLS, "", {}, engine.polls)
        failures = (
            x.sample(families.POLL_FAILURES, {"reason": kind}, engine.failures.get(kind, 0))
            for kind in ProblemKind
        )
        self._text.put(families.POLL_FAILURES, "", b"".join(failures))
