"""Which devices change together: no group or function loses what it needs. Pure.

A device counts as out while it is being changed. The first wave is one device, the canary: the one
that least depends on. No wave has two members of a group. A device without which something is out
by itself stands alone in one of the last waves, which says what it takes out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from inventory.model import Center
from inventory.topology import Health, Topology

MOST = 20
"""Devices in one wave: more would make a mistake larger than anyone wants."""


class Wave(BaseModel):
    """Devices that are changed at the same time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    devices: tuple[str, ...]
    takes_out: tuple[str, ...] = ()
    """Groups and functions that are out while it lasts; nobody starts such a wave unasked."""


@dataclass(slots=True)
class _Redundancy:
    """The center's groups and cut sets, asked once."""

    groups: tuple[frozenset[str], ...]
    cuts: Mapping[str, tuple[frozenset[str], ...]]
    topology: Topology
    standing: frozenset[str]
    """The groups and functions that are in service before anything is begun."""
    down: Mapping[str, Health]
    """The devices that are out already."""

    def taken_out(self, devices: frozenset[str]) -> tuple[str, ...]:
        """What is in service now and would not be without these devices."""
        states = {**self.down, **dict.fromkeys(devices, Health.DOWN)}
        after = self.topology.assess(states)
        margins = {**after.groups, **after.functions}
        return tuple(name for name in sorted(self.standing) if not margins[name].in_service)

    def may_join(self, device: str, wave: set[str]) -> bool:
        together = wave | {device}
        if any(len(group & together) > 1 and device in group for group in self.groups):
            return False
        return not any(
            device in cut and cut <= together for cuts in self.cuts.values() for cut in cuts
        )

    def weight(self, device: str) -> int:
        """How many ways to an outage the device is part of."""
        return sum(device in cut for cuts in self.cuts.values() for cut in cuts)


def waves(
    center: Center,
    devices: Iterable[str],
    down: Iterable[str] = (),
    topology: Topology | None = None,
    *,
    canary: bool = True,
) -> list[Wave]:
    """Every device in exactly one wave, the canary (if there is to be one) first.

    `down` are devices that are out already, so that their peers are not taken out as well.
    """
    wanted = list(dict.fromkeys(devices))
    if not wanted:
        return []
    redundancy = _redundancy(center, topology or Topology(center), down)
    alone = {d: out for d in wanted if (out := redundancy.taken_out(frozenset({d})))}
    free = [device for device in wanted if device not in alone]
    first = [min(free, key=redundancy.weight)] if free and canary else []
    packed = _packed([device for device in free if device not in first], redundancy)
    return [
        *(Wave(devices=(device,)) for device in first),
        *(Wave(devices=tuple(wave)) for wave in packed),
        *(Wave(devices=(device,), takes_out=out) for device, out in alone.items()),
    ]


def _packed(devices: list[str], redundancy: _Redundancy) -> list[list[str]]:
    """Each device into the first wave that it may join."""
    found: list[set[str]] = []
    for device in devices:
        for wave in found:
            if len(wave) < MOST and redundancy.may_join(device, wave):
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
    now = topology.assess(states)
    margins = {**now.groups, **now.functions}
    standing = frozenset(name for name, margin in margins.items() if margin.in_service)
    return _Redundancy(
        groups=tuple(frozenset(group.of) for group in center.groups.values()),
        cuts={name: tuple(topology.cut_sets(name, states)) for name in standing},
        topology=topology,
        standing=standing,
        down=states,
    )
