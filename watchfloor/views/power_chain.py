"""The power of one device: what feeds it, up to the utility, and what hangs from it."""

from dataclasses import dataclass

from inventory.model import Center
from inventory.topology import Health, Power, Topology

CONSEQUENCE = {
    Power.LOST: "loses power",
    Power.BATTERY: "lives on battery",
    Power.REDUCED: "keeps a feed",
    Power.FULL: "keeps every feed",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A source on the way up; `depth` is 1 for the device's own feeds."""

    depth: int
    source: str
    outlet: str
    title: str


@dataclass(frozen=True, slots=True)
class Load:
    """A device that hangs from the one in question, directly or not, and what happens to it."""

    device: str
    title: str
    rack: str
    direct: bool
    power: Power
    """Its power when the device in question fails."""


def upstream(center: Center, name: str) -> list[Step]:
    """The tree of sources, each feed followed by what feeds it; a source is followed only once."""
    steps: list[Step] = []
    _climb(center, name, 1, steps)
    return steps


def _climb(center: Center, name: str, depth: int, steps: list[Step]) -> None:
    for feed in center.devices[name].feeds:
        known = any(step.source == feed.device for step in steps)
        steps.append(Step(depth, feed.device, feed.outlet, center.devices[feed.device].title))
        if not known:
            _climb(center, feed.device, depth + 1, steps)


def downstream(center: Center, name: str) -> list[Load]:
    """Everything that draws power through a device; what loses it comes first."""
    after = Topology(center).assess({name: Health.DOWN}).devices
    loads = [
        Load(
            device.name,
            device.title or device.kind,
            device.rack or device.place,
            any(feed.device == name for feed in device.feeds),
            after[device.name].power,
        )
        for device in center.devices.values()
        if device.name != name and _draws_through(center, device.name, name)
    ]
    worst_first = [Power.LOST, Power.BATTERY, Power.REDUCED, Power.FULL]
    return sorted(loads, key=lambda load: (worst_first.index(load.power), load.device))


def _draws_through(center: Center, name: str, source: str) -> bool:
    return any(step.source == source for step in upstream(center, name))
