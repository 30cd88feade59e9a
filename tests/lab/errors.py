"""What goes wrong in a lab, in one line."""

from inventory.errors import WatchfloorError


class LabError(WatchfloorError):
    """The lab could not do what it was asked; `str()` says what failed and what to look at."""
