"""The alerts of a center: holds every open occurrence and moves all of them on, look by look.

The desk decides; it writes nothing. Every change comes back as a `Transition`, for the store.
"""

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from inventory.errors import WatchfloorError
from monitors.alerts.definition import Definition
from monitors.alerts.findings import Finding, Key, find, is_decidable
from monitors.alerts.life import Change, Occurrence, Timers, acknowledge, step
from monitors.alerts.suppression import parents
from monitors.scene import Scene
from monitors.snapshot import Phase, Priority

FLAPS = 3
"""So many beginnings within `FLAP_WINDOW_S` seconds are flapping."""
FLAP_WINDOW_S = 600.0
FLAP_HOLD_S = 600.0
"""A flapping alert clears only after it was quiet for so long."""
LONGEST_NAME = 64
LONGEST_COMMENT = 1000


class AlertError(WatchfloorError):
    """An alert cannot be acknowledged as asked."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the journal, and what the store keeps of the occurrence after it."""

    at: datetime
    change: Change
    occurrence: Occurrence
    """As it is after the change, or as it last was when it is over."""
    over: bool
    actor: str = ""
    note: str = ""


@dataclass(slots=True)
class _Flapping:
    """When one alert last began, `FLAPS` times at most, in seconds of looking."""

    fired: deque[float]

    def is_on(self, now_s: float) -> bool:
        """Whether it came often enough, and not so long ago that it has calmed down."""
        often = len(self.fired) == FLAPS and self.fired[-1] - self.fired[0] <= FLAP_WINDOW_S
        return often and now_s - self.fired[-1] <= FLAP_HOLD_S


def _new_id() -> str:
    return f"a{secrets.token_hex(5)}"


class AlertDesk:
    """Every open alert of one center."""

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        on_delay_s: float,
        restored: Iterable[Occurrence] = (),
        *,
        new_id: Callable[[], str] = _new_id,
        longest_on_delay_s: float | None = None,
        settle_s: float = 0.0,
    ) -> None:
        """`on_delay_s` is the center's own, for definitions that name none.

        `settle_s` is how long consequences may outlast their cause.
        """
        self.definitions = definitions
        self.on_delay_s = on_delay_s
        self.occurrences: dict[Key, Occurrence] = {o.key: o for o in restored}
        self.suppressed: dict[Key, tuple[Finding, ...]] = {}
        """The finding that speaks for others -> the others."""
        self._new_id = new_id
        self._longest_on_delay_s = longest_on_delay_s
        self._settle_s = settle_s
        self._flapping: dict[Key, _Flapping] = {}
        self._looked_s = 0.0

    def look(self, scene: Scene, elapsed_s: float, now: datetime) -> list[Transition]:
        """Evaluates every condition; `elapsed_s` is the time since the look before."""
        self._looked_s += elapsed_s
        found = find(self.definitions, scene, self.occurrences.keys())
        parent_of = {**self._still_suppressed(found), **parents(self.definitions, found)}
        self.suppressed = _children(found, parent_of)
        transitions = [*self._retire(scene, now), *self._suppress(parent_of, now)]
        roots = {finding.key: finding for finding in found if finding.key not in parent_of}
        for key in [*self.occurrences]:
            transitions += self._move(key, roots.get(key), scene, elapsed_s, now)
        for key, finding in roots.items():
            if key not in self.occurrences:
                transitions += self._begin(finding, now)
        return transitions

    def acknowledge(
        self, identifier: str, by: str, comment: str, now: datetime
    ) -> Transition | None:
        """Notes who sees to an alert. None when that was known already.

        Raises `AlertError` when there is no such alert or no name.
        """
        by, comment = by.strip(), comment.strip()
        if not by or len(by) > LONGEST_NAME or not by.isprintable():
            raise AlertError(f"acknowledge with a name of 1 to {LONGEST_NAME} characters")
        if len(comment) > LONGEST_COMMENT:
            raise AlertError(f"a comment has at most {LONGEST_COMMENT} characters; shorten it")
        occurrence = self._by_id(identifier)
        after, change = acknowledge(occurrence, by, comment, now)
        if change is None:
            if occurrence.phase is Phase.PENDING:
                raise AlertError(f"alert {identifier} does not fire yet: nothing to acknowledge")
            return None
        return self._keep(occurrence, after, change, now, actor=by, note=comment)

    def is_flapping(self, key: Key) -> bool:
        """Whether the alert came and went so often that it is held."""
        flapping = self._flapping.get(key)
        return flapping is not None and flapping.is_on(self._looked_s)

    def timers(self, key: Key) -> Timers:
        """The alert's delays; a flapping one is held for longer."""
        on_delay_s = min(map(self._on_delay, self._spoken_for(key)))
        if self._longest_on_delay_s is not None:
            on_delay_s = min(on_delay_s, self._longest_on_delay_s)
        held_s = FLAP_HOLD_S if self.is_flapping(key) else 0.0
        if key in self.suppressed:  # what it hides takes some polls longer to recover
            held_s = max(held_s, self._settle_s)
        return Timers(on_delay_s, max(self.definitions[key.alert].off_delay_s, held_s))

    def priority(self, key: Key) -> Priority:
        """How urgent the alert is: as urgent as the most urgent finding that it speaks for."""
        return min(definition.priority for definition in self._spoken_for(key))

    def respond_within(self, key: Key) -> float:
        """Seconds until somebody should have acted on the alert, or on what it speaks for."""
        return min(definition.respond_within_s for definition in self._spoken_for(key))

    def _spoken_for(self, key: Key) -> list[Definition]:
        """The alert's own definition, and those of more urgent findings that it hides."""
        own = self.definitions[key.alert]
        hidden = {self.definitions[f.key.alert].id for f in self.suppressed.get(key, ())}
        return [own, *(d for h in hidden if (d := self.definitions[h]).priority < own.priority)]

    def _on_delay(self, definition: Definition) -> float:
        return self.on_delay_s if definition.on_delay_s is None else definition.on_delay_s

    def _by_id(self, identifier: str) -> Occurrence:
        for occurrence in self.occurrences.values():
            if occurrence.id == identifier:
                return occurrence
        raise AlertError(f"no open alert {identifier[:40]!r}; `watchfloor alerts` lists them")

    def _begin(self, finding: Finding, now: datetime) -> list[Transition]:
        key = finding.key
        began = Occurrence(
            id=self._new_id(),
            key=key,
            phase=Phase.PENDING,
            since=now,
            summary=finding.summary,
            element=finding.element,
            cause=_cause_of(finding),
        )
        transitions = [self._keep(began, began, Change.BEGAN, now)]
        if self.timers(key).on_delay_s <= 0:
            after, change = step(
                began, active=True, elapsed_s=0.0, timers=self.timers(key), now=now
            )
            assert change is not None
            transitions.append(self._keep(began, after, change, now))
        return transitions

    def _move(
        self, key: Key, finding: Finding | None, scene: Scene, elapsed_s: float, now: datetime
    ) -> list[Transition]:
        if finding is None and not is_decidable(self.definitions[key.alert], key, scene):
            return []
        before = self.occurrences[key]
        if finding is not None:
            before = replace(before, summary=finding.summary, cause=_cause_of(finding))
        after, change = step(
            before,
            active=finding is not None,
            elapsed_s=elapsed_s,
            timers=self.timers(key),
            now=now,
        )
        if change is Change.FIRED and self._is_too_early(before, scene):
            self.occurrences[key] = replace(before, active_s=before.active_s + elapsed_s)
            return []
        if change is None:
            assert after is not None
            self.occurrences[key] = after
            if before.quiet_s > after.quiet_s:  # it came back before it was let go
                self._note_firing(key)
            return []
        return [self._keep(before, after, change, now)]

    def _still_suppressed(self, found: Iterable[Finding]) -> dict[Key, Key]:
        """What the look before suppressed, for as long as its parent has not been let go.

        A cause recovers before its consequences do: they would all become alerts in between.
        """
        before = {child.key: p for p, children in self.suppressed.items() for child in children}
        return {
            finding.key: parent
            for finding in found
            if (parent := before.get(finding.key)) is not None
            and (occurrence := self.occurrences.get(parent)) is not None
            and (occurrence.fires or occurrence.phase is Phase.PENDING)
        }

    def _is_too_early(self, occurrence: Occurrence, scene: Scene) -> bool:
        """Whether something above may still turn out to be the cause: wait for its next poll."""
        key = occurrence.key
        if not key.device or not self.definitions[key.alert].waits_for_cause:
            return False
        above = scene.upstream(key.device) - {key.device}
        return any(scene.is_open_since(name, occurrence.since) for name in above)

    def _retire(self, scene: Scene, now: datetime) -> list[Transition]:
        """Ends what belongs to a device or definition that is no longer there."""
        gone = [
            occurrence
            for key, occurrence in self.occurrences.items()
            if key.alert not in self.definitions
            or (key.device and key.device not in scene.center.devices)
        ]
        return [self._keep(o, None, Change.RETIRED, now) for o in gone]

    def _suppress(self, parent_of: Mapping[Key, Key], now: datetime) -> list[Transition]:
        return [
            self._keep(
                occurrence, None, Change.SUPPRESSED, now, note=f"by {parent.alert} {parent.device}"
            )
            for key, occurrence in [*self.occurrences.items()]
            if (parent := parent_of.get(key)) is not None
        ]

    def _keep(
        self,
        before: Occurrence,
        after: Occurrence | None,
        change: Change,
        now: datetime,
        *,
        actor: str = "",
        note: str = "",
    ) -> Transition:
        if after is None:
            self.occurrences.pop(before.key, None)
        else:
            self.occurrences[before.key] = after
        if change in (Change.FIRED, Change.FIRED_AGAIN):
            self._note_firing(before.key)
        return Transition(now, change, after or before, after is None, actor, note)

    def _note_firing(self, key: Key) -> None:
        flapping = self._flapping.setdefault(key, _Flapping(deque(maxlen=FLAPS)))
        flapping.fired.append(self._looked_s)


def _cause_of(finding: Finding) -> str:
    known = (*finding.causes, finding.element, finding.key.device)
    return next(filter(None, known), "")


def _children(
    found: Iterable[Finding], parent_of: Mapping[Key, Key]
) -> dict[Key, tuple[Finding, ...]]:
    children: dict[Key, list[Finding]] = {}
    for finding in found:
        parent = parent_of.get(finding.key)
        if parent is not None:
            children.setdefault(parent, []).append(finding)
    return {parent: tuple(group) for parent, group in children.items()}
