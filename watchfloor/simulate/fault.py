"""What a named fault is, and how one edits the recording of a family."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from watchfloor.simulate.device import RunningDevice
from watchfloor.simulate.errors import FaultError
from watchfloor.simulate.snmp_agent import SnmpAgent

Apply = Callable[[RunningDevice, str], None]
"""Makes a device show the fault; the text is what stood after `=`, or empty."""

Edits = tuple[tuple[str, int | str], ...]
"""Dotted OIDs and their new values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault."""

    name: str
    help: str
    """What happens, in a phrase."""
    apply: Apply
    families: frozenset[str] | None = None
    """The families (or `bmc`, `display`) that can have it; None means every device."""
    argument: str = ""
    """What `=…` after the name says, when the fault takes one: `outlet`, `port`."""
    required: bool = False
    """Whether it cannot go without the argument."""
    cuts_power: bool = False
    """Whether what hangs from the device is without power, too."""
    momentary: bool = False
    """Whether it happens once and is over, so that there is nothing to clear."""

    def fits(self, device: RunningDevice) -> bool:
        """Whether the device can have this fault."""
        return self.families is None or bool(self.families & device.families)


def edited(by_family: Mapping[str, Edits]) -> Apply:
    """A fault that is a few values of the recording, different ones for each family."""
    return lambda device, _what: make_edits(device, by_family.get(device.family, ()))


def make_edits(device: RunningDevice, edits: Edits) -> None:
    """Sets the values on the device's agent."""
    for oid, value in edits:
        agent_of(device).edit(oid, value)


def agent_of(device: RunningDevice) -> SnmpAgent:
    """The device's agent. Raises FaultError when it has none."""
    if device.agent is None:
        raise FaultError(f"{device.device.name} has no SNMP agent to show this fault")
    return device.agent
