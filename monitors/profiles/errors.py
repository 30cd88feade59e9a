"""What can be wrong with a device profile."""

from inventory.errors import WatchfloorError


class ProfileError(WatchfloorError):
    """A profile that cannot be used; the message is `file: where: what`."""
