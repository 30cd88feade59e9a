"""A way into a device, and a target: one device through one way.

A server has two: itself over SSH (`srv-1`) and its BMC over IPMI (`srv-1/bmc`). Each way knows for
which devices it is, what is read there and what would change; its visit is in
`deploy.remote.visits`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from deploy.access import Access
from deploy.area import AreaRules, Difference, Vantage
from deploy.messages import HostJob, WayName
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device


class Way(Protocol):
    """One way. A module of `deploy.ways` is one, listed in `deploy.ways.WAYS`."""

    NAME: WayName
    PART: str
    """What stands behind the device's name and a slash: `bmc`; empty for the device itself."""
    ENROLLED: bool
    """Whether its SSH host key has to be on record before anything is said to it."""
    UNDOES: bool
    """Whether its visit can make a `deploy.undo_change.UndoChange`."""
    AREAS: Mapping[str, AreaRules]
    """By name, in the order in which they are done."""

    def applies(self, center: Center, device: Device) -> bool:
        """Whether this device is deployed through it."""

    def proof(self, center: Center, device: Device) -> str:
        """Empty when it was proved on such a device, else what it is: `rendered, not proved`."""

    def host_job(self, access: Access, device: Device) -> HostJob:
        """How it is reached, without anything to do there yet. Raises `WatchfloorError`."""

    def reading(self, center: Center, device: Device, only: Collection[str]) -> str:
        """What its visit is told to read, for all areas or `only` these."""

    def differences(
        self,
        center: Center,
        device: Device,
        facts: HostFacts,
        vantage: Vantage,
        only: Collection[str],
    ) -> dict[str, Difference]:
        """Every area's difference, by area, for all areas or `only` these. Pure.

        Facts that are not usable make their own area unmet.
        """


@dataclass(frozen=True, slots=True)
class Target:
    """One device through one way."""

    device: Device
    way: Way

    @property
    def name(self) -> str:
        """`srv-1`, `srv-1/bmc`: what plans, records and events call it."""
        return target_name(self.device.name, self.way)


def target_name(device: str, way: Way) -> str:
    """The name of a device's target through that way."""
    return f"{device}/{way.PART}" if way.PART else device
