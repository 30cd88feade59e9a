"""Which devices change together: no group or function loses what it needs. Pure.

A device counts as out while it is being changed. The first wave is one device, the canary: the one
that least depends on. No wave has two members of a group. What others hang from is changed after
them, so that a mistake is met first where it costs least. A device without which something is out
by itself stands alone in one of the last waves, which says what it takes out, and why.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from inventory.model import Center
from inventory.topology import Health, Margin, Topology

MOST = 20
"""Devices in one wave: more would make a mistake larger than anyone wants."""


class MarginChange(BaseModel):
    """What a wave costs one group or function while it lasts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    before: int
    """How many more failures it survives before the wave; see `inventory.topology.Margin`."""
    during: int
    """And while the wave's devices are out."""


class Wave(BaseModel):
    """Devices that are changed at the same time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    devices: tuple[str, ...]
    takes_out: tuple[str, ...] = ()
    """Groups and functions that are out while it lasts; nobody starts such a wave unasked."""
    because: tuple[str, ...] = ()
    """Why that cannot be helped, one line each."""
    margins: tuple[MarginChange, ...] = ()
    """The groups and functions that have less margin while it lasts."""


@dataclass(slots=True)
class _Redundancy:
    """The center's groups and cut sets, asked once."""

    groups: Mapping[str, tuple[frozenset[str], ...]]
    """Device -> the groups that it is a member of."""
    cuts: Mapping[str, tuple[tuple[str, frozenset[str]], ...]]
    """Device -> the group or function and the smallest sets with it that take that out."""
    topology: Topology
    standing: frozenset[str]
    """The groups and functions that are in service before anything is begun."""
    down: Mapping[str, Health]
    """The devices that are out already."""
    now: Mapping[str, Margin]

    def taken_out(self, devices: frozenset[str]) -> tuple[str, ...]:
        """What is in service now and would not be without these devices."""
        return self.topology.out_with(devices, self.down, self.standing)

    def wave(self, devices: Iterable[str], takes_out: tuple[str, ...] = ()) -> Wave:
        """The wave, with what it costs."""
        together = tuple(devices)
        states = {**self.down, **dict.fromkeys(together, Health.DOWN)}
        during = self.topology.margins(states)
        return Wave(
            devices=together,
            takes_out=takes_out,
            because=tuple(self._why(together[0], name) for name in takes_out),
            margins=tuple(
                MarginChange(name=name, before=old.margin, during=during[name].margin)
                for name, old in self.now.items()
                if during[name].margin < old.margin
            ),
        )

    def _why(self, device: str, name: str) -> str:
        """Why a group or function is out without this device."""
        others = [cut - {device} for cut in self.topology.cut_sets(name) if device in cut]
        if any(not other for other in others):
            return f"{name} has nothing that stands in for {device}"
        lost = next((sorted(other) for other in others if other <= self.down.keys()), None)
        if lost is None:
            return f"{name} needs {device}, because of what is out already"
        return f"{name} needs {device}, because {' and '.join(lost)} cannot be reached now"

    def alone(self, device: str) -> tuple[str, ...]:
        """What is out when this device alone is."""
        return tuple(sorted(name for name, cut in self.cuts.get(device, ()) if len(cut) == 1))

    def may_join(self, device: str, wave: set[str]) -> bool:
        if any(group & wave for group in self.groups.get(device, ())):
            return False
        together = wave | {device}
        return not any(cut <= together for _, cut in self.cuts.get(device, ()))

    def weight(self, device: str) -> int:
        """How many ways to an outage the device is part of."""
        return len(self.cuts.get(device, ()))


def waves(
    center: Center,
    devices: Iterable[str],
    down: Iterable[str] = (),
    topology: Topology | None = None,
    *,
    canary: bool = True,
    last: Collection[str] = (),
    most: int = MOST,
) -> list[Wave]:
    """Every device in exactly one wave of at most `most`, the canary (if there is to be one) first.

    `down` are devices that are out already, so that their peers are not taken out as well; those in
    `last` come when all others of which nothing is taken out are done.
    """
    wanted = list(dict.fromkeys(devices))
    if not wanted:
        return []
    topology = topology or Topology(center)
    redundancy = _redundancy(center, topology, down)
    levels = _levels(topology, wanted)
    wanted.sort(key=levels.__getitem__)
    alone = {d: out for d in wanted if (out := redundancy.alone(d))}
    free = [device for device in wanted if device not in alone]
    first = _canary(free, last, levels, redundancy) if canary else []
    rest = [device for device in free if device not in first]
    packed = [
        wave
        for is_last in (False, True)
        for level in sorted(set(levels.values()))
        for wave in _packed(
            [d for d in rest if levels[d] == level and (d in last) is is_last], redundancy, most
        )
    ]
    return [
        *(redundancy.wave(devices) for devices in ([first] if first else [])),
        *(redundancy.wave(devices) for devices in packed),
        *(redundancy.wave([device], out) for device, out in alone.items()),
    ]


def _canary(
    free: Iterable[str],
    last: Collection[str],
    levels: Mapping[str, int],
    redundancy: "_Redundancy",
) -> list[str]:
    return sorted(free, key=lambda d: (d in last, levels[d], redundancy.weight(d)))[:1]


def _levels(topology: Topology, devices: Iterable[str]) -> Mapping[str, int]:
    """0 for a device that none of the others hangs from; one more than the highest that does."""
    above = {device: topology.upstream(device) for device in devices}
    levels = dict.fromkeys(above, 0)
    for device in sorted(above, key=lambda name: -len(above[name])):
        for other in above[device] & above.keys():
            # Two that hang from each other are on one level.
            if device not in above[other]:
                levels[other] = max(levels[other], levels[device] + 1)
    return levels


def _packed(devices: list[str], redundancy: _Redundancy, most: int) -> list[list[str]]:
    """Each device into the first wave that it may join."""
    found: list[set[str]] = []
    for device in devices:
        for wave in found:
            if len(wave) < most and redundancy.may_join(device, wave):
                wave.add(device)
                break
        else:
            found.append({device})
    order = {device: number for number, device in enumerate(devices)}
    ordered = [sorted(wave, key=order.__getitem__) for wave in found]
    return [part for wave in ordered for part in _harmless(wave, redundancy)]


def _harmless(wave: list[str], redundancy: _Redundancy) -> list[list[str]]:
    """The wave, or halves of it: cut sets are known up to a size, so the whole is asked again."""
    if len(wave) == 1 or not redundancy.taken_out(frozenset(wave)):
        return [wave]
    middle = len(wave) // 2
    return [*_harmless(wave[:middle], redundancy), *_harmless(wave[middle:], redundancy)]


def _redundancy(center: Center, topology: Topology, down: Iterable[str]) -> _Redundancy:
    states = dict.fromkeys(down, Health.DOWN)
    now = topology.margins(states)
    standing = frozenset(name for name, margin in now.items() if margin.in_service)
    groups: dict[str, list[frozenset[str]]] = {}
    for group in center.groups.values():
        for member in group.of:
            groups.setdefault(member, []).append(frozenset(group.of))
    cuts: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for name in standing:
        for cut in topology.cut_sets(name, states):
            for device in cut:
                cuts.setdefault(device, []).append((name, cut))
    return _Redundancy(
        groups={device: tuple(found) for device, found in groups.items()},
        cuts={device: tuple(found) for device, found in cuts.items()},
        topology=topology,
        standing=standing,
        down=states,
        now=now,
    )
