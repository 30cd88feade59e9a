"""What is redundant with what: power, network, groups, functions, margins and causes. Pure.

Given a state for every element and an observer, `Topology.assess` says what is powered, what is
reachable from there, what is in service, and how many more failures each group and function
survives. Deploys, monitors, pages and runbooks all ask this one module.

Margins count failures of whole devices: whatever a failed part (a supply, an outlet, a port) can
take out, the failure of the device that owns the hurt side takes out as well. They count batteries
as spent, because a UPS on battery is an outage with a date: a function that lives on one is still
in service and has margin 0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from inventory.causes import cause_of
from inventory.cuts import Cuts, too_few
from inventory.elements import Element, owner_of
from inventory.failures import FailureCuts
from inventory.model import Center, Device
from inventory.references import Need
from inventory.situation import Situation

MOST = 3
"""The largest number of simultaneous failures that is looked at, and so the largest margin."""

MOST_WEIGHED = 4
"""So many failures are weighed one by one; of more, all are named: each costs an assessment."""


class Health(StrEnum):
    """What is known of one element."""

    OK = "ok"
    DOWN = "down"
    UNKNOWN = "unknown"


class Power(StrEnum):
    """How a device is fed."""

    FULL = "full"
    """Every feed carries power."""
    REDUCED = "reduced"
    """Some feeds are lost or live on a battery, enough are left."""
    BATTERY = "battery"
    """It lives on a UPS whose own input is lost."""
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """One device in one situation."""

    name: str
    health: Health
    """Its own state, as given."""
    power: Power
    reachable: bool
    """Whether a path of working devices leads from the observer to it."""
    in_service: bool
    """Itself not down, powered, and (but for power gear) connected through enough uplinks."""
    cause: Element = ""
    """The failed element that explains why it is not in service, not reachable or on battery;
    itself when nothing above it does. Empty when nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A group or function in one situation."""

    name: str
    title: str
    in_service: bool
    margin: int
    """How many more failures it survives: 0 means the next is an outage, -1 that it is out.
    3 means three or more."""
    designed: int
    """The margin when everything works."""
    assured: int
    """The margin if everything that is unknown were down."""
    critical: tuple[Element, ...] = ()
    """At margin 0: the devices of which one more failure is the outage."""
    causes: tuple[Element, ...] = ()
    """The failed elements that took margin away."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What a failure costs one group or function."""

    name: str
    title: str
    is_function: bool
    before: int
    after: int
    """Margins, as in `Margin.margin`."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole center in one situation."""

    devices: Mapping[str, DeviceStatus]
    groups: Mapping[str, Margin]
    functions: Mapping[str, Margin]


class Topology:
    """The dependency graph of one center. Build it once per inventory; every question is pure."""

    def __init__(self, center: Center) -> None:
        self.center = center
        self._bits = {name: 1 << number for number, name in enumerate(center.devices)}
        self._names = tuple(center.devices)
        self._needs: dict[str, Need] = {
            **{
                name: Need(needs=group.needs, of=tuple(Need(name=member) for member in group.of))
                for name, group in center.groups.items()
            },
            **{
                name: Need(needs=len(function.needs), of=function.needs)
                for name, function in center.functions.items()
            },
        }
        self._orders = lru_cache(maxsize=256)(self._cuts_of_all)

    def assess(
        self, states: Mapping[Element, Health] | None = None, observer: str | None = None
    ) -> Assessment:
        """Everything that follows from the states (an element not named is ok).

        `observer` is the device from which the center is watched; without one, a device counts as
        reachable when it is connected upwards.
        """
        states = states or {}
        down = frozenset(e for e, health in states.items() if health is Health.DOWN)
        groups, functions = tuple(self.center.groups), tuple(self.center.functions)
        return Assessment(
            devices=self._devices(Situation(self.center, down), states, observer),
            groups=dict(zip(groups, self._margins(groups, states), strict=True)),
            functions=dict(zip(functions, self._margins(functions, states), strict=True)),
        )

    def margins(self, states: Mapping[Element, Health] | None = None) -> Mapping[str, Margin]:
        """Every group and function in these states, without the devices."""
        return dict(zip(self._needs, self._margins(self._needs, states or {}), strict=True))

    def out_with(
        self, devices: Iterable[str], states: Mapping[Element, Health], names: Iterable[str]
    ) -> tuple[str, ...]:
        """Those of these groups and functions that are out when the devices are, too; sorted."""
        down = {e for e, health in states.items() if health is Health.DOWN}
        situation = Situation(self.center, frozenset(down.union(devices)))
        return tuple(
            name for name in sorted(names) if not self._holds(self._needs[name], situation)
        )

    def impact(
        self, element: Element, states: Mapping[Element, Health] | None = None
    ) -> list[Impact]:
        """What shrinks when this element fails on top of the states; functions first."""
        without = {e: h for e, h in (states or {}).items() if e != element}
        owner = owner_of(element)
        names = [name for name in self._needs if owner in self._upstream_of_needs[name]]
        before = self._margins(names, without)
        after = self._margins(names, {**without, element: Health.DOWN})
        found = [
            Impact(name, new.title, name in self.center.functions, old.margin, new.margin)
            for name, old, new in zip(names, before, after, strict=True)
            if new.margin < old.margin
        ]
        return sorted(found, key=lambda impact: not impact.is_function)

    def lost_with(
        self, element: Element, states: Mapping[Element, Health] | None = None
    ) -> tuple[str, ...]:
        """The other devices that leave service when this element fails on top of the states."""
        down = frozenset(e for e, h in (states or {}).items() if h is Health.DOWN)
        before, after = (
            Situation(self.center, down - {element}),
            Situation(self.center, down | {element}),
        )
        return tuple(
            name
            for name in self._names
            if name != element and before.in_service(name) and not after.in_service(name)
        )

    def cut_sets(
        self, name: str, states: Mapping[Element, Health] | None = None
    ) -> list[frozenset[str]]:
        """The smallest sets of up to `MOST` devices whose failure takes a function or group out.

        Ordered by size, then by name. A single empty set means that it is out already.
        """
        down = frozenset(e for e, h in (states or {}).items() if h is Health.DOWN)
        cuts = self._orders(down)[name]
        return sorted((frozenset(self._devices_in(cut)) for cut in cuts), key=_by_size)

    def single_points(self) -> dict[str, tuple[str, ...]]:
        """Function name -> the devices whose failure alone takes it out, by design."""
        return {
            name: tuple(
                sorted(device for cut in self.cut_sets(name) if len(cut) == 1 for device in cut)
            )
            for name in self.center.functions
        }

    def upstream(self, name: str) -> frozenset[str]:
        """The devices that a device, group or function hangs from, itself and members included."""
        found: set[str] = set()
        pending = list(self._members(name))
        while pending:
            here = pending.pop()
            if here not in found:
                found.add(here)
                device = self.center.devices[here]
                pending += [feed.device for feed in device.feeds]
                pending += [uplink.device for uplink in device.uplinks]
        return frozenset(found)

    def peers(self, names: Iterable[str]) -> tuple[str, ...]:
        """The devices that share a group with one of these, themselves left out."""
        asked = frozenset(names)
        groups = [sorted(set(self._members(name))) for name in self.center.groups]
        found = dict.fromkeys(n for group in groups if asked.intersection(group) for n in group)
        return tuple(name for name in found if name not in asked)

    @cached_property
    def _upstream_of_needs(self) -> Mapping[str, frozenset[str]]:
        return {name: self.upstream(name) for name in self._needs}

    # --- margins -----------------------------------------------------------------------------

    def _margins(self, names: Iterable[str], states: Mapping[Element, Health]) -> list[Margin]:
        down = frozenset(e for e, health in states.items() if health is Health.DOWN)
        unknown = frozenset(e for e, health in states.items() if health is Health.UNKNOWN)
        situation = Situation(self.center, down)
        return [self._margin(name, situation, unknown) for name in names]

    def _margin(self, name: str, situation: Situation, unknown: frozenset[str]) -> Margin:
        cuts = self._orders(situation.down)[name]
        in_service = self._holds(self._needs[name], situation)
        margin = _margin_of(cuts, in_service=in_service)
        return Margin(
            name=name,
            title=self._title(name),
            in_service=in_service,
            margin=margin,
            designed=self._designed[name],
            assured=self._assured(name, situation.down, unknown, margin),
            critical=tuple(self._critical(cuts)) if margin == 0 else (),
            causes=self._causes(name, situation) if margin < self._designed[name] else (),
        )

    def _assured(self, name: str, down: frozenset[str], unknown: frozenset[str], known: int) -> int:
        if not unknown:
            return known
        return self._margin_with(name, down | unknown)

    def _critical(self, cuts: Cuts) -> list[str]:
        return sorted(
            name for cut in cuts if cut.bit_count() == 1 for name in self._devices_in(cut)
        )

    @cached_property
    def _designed(self) -> Mapping[str, int]:
        whole = Situation(self.center, frozenset())
        return {
            name: _margin_of(cuts, in_service=self._holds(self._needs[name], whole))
            for name, cuts in self._orders(frozenset()).items()
        }

    def _title(self, name: str) -> str:
        if name in self.center.functions:
            return self.center.functions[name].title
        return self.center.groups[name].title

    def _holds(self, need: Need, situation: Situation) -> bool:
        if need.name in self._needs:
            return self._holds(self._needs[need.name], situation)
        if need.name:
            return situation.in_service(need.name)
        return sum(self._holds(part, situation) for part in need.of) >= need.needs

    def _cuts_of_all(self, down: frozenset[str]) -> Mapping[str, Cuts]:
        situation = Situation(self.center, down)
        failing = FailureCuts(situation, self._bits, MOST)

        known: dict[str, Cuts] = {}
        owners = {owner_of(element) for element in down}
        whole = self._orders(frozenset()) if down else {}

        def named(name: str) -> Cuts:
            if name not in known:
                # What hangs from nothing that is down has the cuts that it always has.
                is_whole = bool(down) and owners.isdisjoint(self._upstream_of_needs[name])
                known[name] = whole[name] if is_whole else of(self._needs[name])
            return known[name]

        def of(need: Need) -> Cuts:
            if need.name in self._needs:
                return named(need.name)
            if need.name:
                return failing.service(need.name)
            return too_few([of(part) for part in need.of], need.needs, MOST)

        return {name: named(name) for name in self._needs}

    def _devices_in(self, cut: int) -> list[str]:
        return [name for name in self._names if self._bits[name] & cut]

    def _members(self, name: str) -> Iterable[str]:
        if name not in self._needs:
            return [name]

        def leaves(need: Need) -> Iterable[str]:
            if need.name:
                yield from self._members(need.name)
            for part in need.of:
                yield from leaves(part)

        return leaves(self._needs[name])

    # --- devices and causes ------------------------------------------------------------------

    def _devices(
        self, situation: Situation, states: Mapping[Element, Health], observer: str | None
    ) -> dict[str, DeviceStatus]:
        seen = situation.reachable_from(observer) if observer else None
        return {
            name: DeviceStatus(
                name=name,
                health=states.get(name, Health.OK),
                power=_power(situation, device),
                reachable=situation.connected(name) if seen is None else name in seen,
                in_service=situation.in_service(name),
                cause=cause_of(situation, device, cut_off=seen is not None and name not in seen),
            )
            for name, device in self.center.devices.items()
        }

    def _causes(self, name: str, situation: Situation) -> tuple[Element, ...]:
        """The failed elements that the thing hangs from, without those that another explains."""
        above = self.upstream(name)
        causes = []
        for element in sorted(situation.down):
            owner = owner_of(element)
            if owner in above and (
                element != owner
                or cause_of(situation, self.center.devices[owner], cut_off=False) == owner
            ):
                causes.append(element)
        return tuple(self._telling(name, causes))

    def _telling(self, name: str, causes: list[Element]) -> list[Element]:
        """Of several failures, those that take margin by themselves; all, when none of them does.

        A worn battery somewhere upstream is not why something else is out.
        """
        if not 1 < len(causes) <= MOST_WEIGHED:
            return causes
        designed = self._designed[name]
        return [e for e in causes if self._margin_with(name, frozenset({e})) < designed] or causes

    def _margin_with(self, name: str, down: frozenset[Element]) -> int:
        holds = self._holds(self._needs[name], Situation(self.center, down))
        return _margin_of(self._orders(down)[name], in_service=holds)


def _by_size(cut: frozenset[str]) -> tuple[int, list[str]]:
    return len(cut), sorted(cut)


def _margin_of(cuts: Cuts, *, in_service: bool) -> int:
    """The margin that the minimal cuts leave. Living on batteries is in service with margin 0."""
    if not in_service:
        return -1
    order = min((cut.bit_count() for cut in cuts), default=MOST + 1)
    return max(order - 1, 0)


def _power(situation: Situation, device: Device) -> Power:
    if not situation.powered(device.name):
        return Power.LOST
    if not device.feeds:
        return Power.FULL
    lasting = situation.live_feeds(device, on_battery=False)
    if lasting == len(device.feeds):
        return Power.FULL
    return Power.REDUCED if lasting >= device.feeds_needed else Power.BATTERY
