"""Everything that alert conditions look at, at one moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from inventory.elements import Element
from inventory.model import Center
from inventory.topology import Assessment, Health
from monitors.health import DeviceHealth


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of the whole center. Nobody changes it while conditions are evaluated."""

    center: Center
    devices: Mapping[str, DeviceHealth]
    """The devices that are polled."""
    states: Mapping[Element, Health]
    """Every element that is not ok."""
    assessment: Assessment
    upstream: Callable[[str], frozenset[str]]
    """The devices that a device hangs from, itself included: `Topology.upstream`."""
    now: datetime
    drifted: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(Host, empty) whose last drift event had findings, with their summary in one line."""
    discovered: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(Empty, network) in which something lives that the inventory does not know."""

    @property
    def down(self) -> frozenset[Element]:
        """The elements that are down."""
        return frozenset(e for e, health in self.states.items() if health is Health.DOWN)

    def is_open_since(self, device: str, moment: datetime) -> bool:
        """Whether a device has not been heard or found silent since a moment.

        One whose polls do not come for several intervals is not waited for.
        """
        health = self.devices.get(device)
        return health is not None and (health.doubtful or health.is_unasked_since(moment, self.now))

    @property
    def settled(self) -> bool:
        """Whether every device has answered, or been found silent, since the monitor started."""
        return all(
            protocol.decided
            for health in self.devices.values()
            for protocol in health.protocols.values()
        )

    def has_spoken(self, device: str) -> bool:
        """Whether the device has brought readings over every protocol since the start.

        Until then, an alert from before the start is neither confirmed nor cleared by it.
        """
        health = self.devices.get(device)
        return health is None or all(p.succeeded is not None for p in health.protocols.values())
