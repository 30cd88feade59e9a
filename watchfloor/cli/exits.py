"""The exit codes of every command."""

from enum import IntEnum


class Exit(IntEnum):
    """What the shell sees. `plan`, `apply` and `drift` use CHANGES; README documents them."""

    OK = 0
    """Done, or nothing to do."""
    FAILED = 1
    """Something failed, or the inventory has errors; stderr says what and what to do."""
    CHANGES = 2
    """Changes are pending (`plan`, `drift`). click uses 2 for wrong usage, too."""
    INTERRUPTED = 130
    """Ended by Ctrl-C."""
