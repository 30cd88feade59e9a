"""What is redundant with what: power, network, groups, functions, margins and causes. Pure.

Given a state for every element and an observer, `Topology.assess` says what is powered, what is
reachable from there, what is in service, and how many more failures each group and function
survives. Deploys, monitors, pages and runbooks all ask this one module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inventory.model import Center


class Health(StrEnum):
    """What is known of one element."""

    OK = "ok"
    DOWN = "down"
    UNKNOWN = "unknown"


Element = str
"""A device's name, or a part of one: `srv-cad-1`, `feed:srv-cad-1/pdu-r3-a/5`,
`supply:srv-cad-1/1`, `outlet:pdu-r3-a/5`, `port:sw-core-a/Gi1/0/12`, `uplink:srv-cad-1/1`.
Numbers count the device's feeds and uplinks from 1, in the inventory's order."""


class Power(StrEnum):
    """How a device is fed."""

    FULL = "full"
    """Every feed carries power."""
    REDUCED = "reduced"
    """Some feeds are lost, enough are left."""
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
    """Itself not down, powered, and connected upwards through enough uplinks."""
    cause: str = ""
    """The element whose failure explains that it is not in service; itself if it is the cause."""


@dataclass(frozen=True, slots=True)
class Margin:
    """A group or function in one situation."""

    name: str
    title: str
    in_service: bool
    margin: int
    """How many more failures it survives: 0 means the next is an outage, -1 that it is out."""
    designed: int
    """The margin when everything works."""
    critical: tuple[str, ...] = ()
    """At margin 0: the elements of which one more failure is the outage."""
    causes: tuple[str, ...] = ()
    """The failed elements that took margin away."""


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

    def assess(
        self, states: Mapping[Element, Health] | None = None, observer: str | None = None
    ) -> Assessment:
        """Everything that follows from the states (an element not named is ok)."""
        raise NotImplementedError

    def impact(
        self, element: Element, states: Mapping[Element, Health] | None = None
    ) -> list[Margin]:
        """The functions and groups whose margin shrinks when this element fails on top."""
        raise NotImplementedError

    def cut_sets(self, name: str, most: int = 3) -> list[frozenset[Element]]:
        """The smallest sets of failures, up to `most` elements, that take a function or group out."""
        raise NotImplementedError

    def single_points(self) -> dict[str, tuple[Element, ...]]:
        """Function name -> the elements whose failure alone takes it out, by design."""
        raise NotImplementedError
