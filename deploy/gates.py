"""The gate of a rollout: what must hold before a wave begins, and after it before the next one.

Before: no incident, nobody at the consoles, no peer that is degraded where it would be leant on,
nothing taken out that nobody accepted. After: the changed devices were seen well again, and nothing
has become critical since the run began. Whoever cannot be asked blocks: silence is no approval.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from deploy.blocker import Blocker, Moment
from deploy.health import (
    CriticalPart,
    HealthError,
    HealthSource,
    Incident,
    Outlook,
    Standing,
    polled_since,
)
from deploy.waves import Wave

ASK_EVERY_S = 1.0
"""While the monitor is waited for; asking makes it look sooner, at most every five seconds."""

Staff = Callable[[Iterable[str]], Mapping[str, str]]
"""Devices -> who sits at those that are staffed, or why that could not be told; one line each."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What somebody has said yes to."""

    outages: frozenset[str] = frozenset()
    """Devices that may be changed although something is out meanwhile."""
    staffed: frozenset[str] = frozenset()
    """Consoles that may be changed although somebody sits there."""


@dataclass(slots=True)
class HealthGate:
    """A `deploy.blocker.Gate` that asks the center's health. One per run."""

    source: HealthSource
    staff: Staff
    accepted: Accepted
    patience_s: float
    """How long the monitor may take to see a wave's devices well again."""
    say: Callable[[str], None] = lambda _: None
    """Told what is being waited for, one line."""
    _known: frozenset[tuple[str, str]] | None = field(default=None, init=False)
    """What was critical when the run began: (device, component)."""

    def __call__(self, number: int, wave: Wave, moment: Moment) -> tuple[Blocker, ...]:
        """See `deploy.blocker.Gate`."""
        try:
            found = self._before(wave) if moment == "before" else self._after(wave)
            return tuple(dict.fromkeys(found))
        except HealthError as error:
            return (Blocker(f"wave {number}", f"{error}; {_REMEDY[moment]}"),)

    def _before(self, wave: Wave) -> Iterator[Blocker]:
        outlook = self._settled(wave.devices)
        if self._known is None:
            self._known = frozenset(_critical(outlook))
        if self.source.is_live and not outlook.settled:
            yield Blocker(
                "monitor",
                f"does not know every device after {self.patience_s:.0f} s; see what its page says",
            )
        if outlook.incident is not None:
            yield _of_incident(outlook.incident)
        if not set(wave.devices) <= self.accepted.outages:
            yield from _of_outage(wave, outlook)
        yield from self._of_critical(outlook.critical)
        for name, who in self.staff(wave.devices).items():
            if name not in self.accepted.staffed:
                yield Blocker(
                    name,
                    f"{who}; wait until nobody works there, or name it with --accept-staffed"
                    f" {name}",
                )

    def _after(self, wave: Wave) -> Iterator[Blocker]:
        # By the monitor's clock, which its polls are stamped with.
        told = self.source.outlook(wave.devices).taken_at if self.source.is_live else None
        ended = told or datetime.now(UTC)
        outlook = self._seen(wave.devices, ended)
        for standing in outlook.devices:
            if self.source.is_live and not polled_since(standing, ended):
                yield Blocker(
                    standing.device,
                    f"the monitor has not read it wholly in {self.patience_s:.0f} s after its"
                    f" change{_colon(standing.text)}; look at it before you go on",
                )
            elif not _is_back(standing):
                yield Blocker(
                    standing.device,
                    f"is not well after its change{_colon(standing.text)}; mend it, or take the"
                    " change back with `undo`",
                )
        if outlook.incident is not None:
            yield _of_incident(outlook.incident)
        yield from self._of_critical(outlook.critical)

    def _settled(self, devices: tuple[str, ...]) -> Outlook:
        """The outlook, once the monitor knows all devices; a started one needs a moment."""
        return self._waited(devices, lambda outlook: outlook.settled, "to know every device")

    def _seen(self, devices: tuple[str, ...], ended: datetime) -> Outlook:
        return self._waited(
            devices,
            lambda outlook: (
                all(polled_since(one, ended) and _is_back(one) for one in outlook.devices)
                and not any(self._of_critical(outlook.critical))
            ),
            f"to see {', '.join(devices)} well after the change",
        )

    def _waited(
        self, devices: tuple[str, ...], enough: Callable[[Outlook], bool], what: str
    ) -> Outlook:
        until = datetime.now(UTC) + timedelta(seconds=self.patience_s)
        while True:
            outlook = self.source.outlook(devices)
            if enough(outlook) or not self.source.is_live or datetime.now(UTC) > until:
                return outlook
            self.say(f"waiting for the monitor {what}")
            time.sleep(ASK_EVERY_S)

    def _of_critical(self, parts: Iterable[CriticalPart]) -> Iterator[Blocker]:
        known = self._known or frozenset()
        for part in parts:
            if (part.device, part.component) not in known:
                name = f" {part.component}" if part.component else ""
                yield Blocker(
                    part.device,
                    f"{name.strip() or 'it'} has become critical since the run began"
                    f"{_colon(part.text)}; find out whether the run did that before you go on",
                )


_REMEDY: Mapping[Moment, str] = {
    "before": "start it, or give --bootstrap where there is no monitor yet",
    "after": "see that it runs again, then go on with --resume",
}


def _is_back(standing: Standing) -> bool:
    """Whether a changed device works again; a part that was critical before may still be so."""
    return standing.in_service and not standing.silent


def _of_incident(incident: Incident) -> Blocker:
    since = incident.since.strftime("%Y-%m-%d %H:%M UTC")
    return Blocker(
        "incident",
        f"{incident.by} has declared one since {since}{_colon(incident.reason)}; go on with"
        " --resume when `watchfloor incident end` has been said",
    )


def _of_outage(wave: Wave, outlook: Outlook) -> Iterator[Blocker]:
    """What would be out: by itself, or because a peer that is not well is leant on."""
    devices = ", ".join(wave.devices)
    accept = " ".join(f"--accept-outage {name}" for name in wave.devices)
    weak = [peer for peer in outlook.peers if not peer.is_well]
    lost = dict.fromkeys((*outlook.takes_out, *outlook.leans_on))
    for name in lost:
        if weak:
            why = ", ".join(_told(peer) for peer in weak)
            text = f"would lean on {why}, while {devices} is changed; mend that first"
        else:
            text = f"would be out while {devices} is changed; mend what is down now"
        yield Blocker(name, f"{text}, or accept it with {accept}")


def _told(peer: Standing) -> str:
    return f"{peer.device}{f' ({peer.text})' if peer.text else ', which is not well'}"


def _critical(outlook: Outlook) -> Iterator[tuple[str, str]]:
    return ((part.device, part.component) for part in outlook.critical)


def _colon(text: str) -> str:
    return f": {text}" if text else ""
