"""What can go wrong with a simulator before it speaks: a bad recording, an unknown fault."""

from inventory.errors import WatchfloorError


class SimulateError(WatchfloorError):
    """The root of the simulators' errors."""


class RecordingError(SimulateError):
    """A recording, or an edit of one, that no device could serve."""


class FaultError(SimulateError):
    """A fault that does not exist, or that the device cannot have."""


class GearError(SimulateError):
    """A set of simulated devices that cannot run as described."""
