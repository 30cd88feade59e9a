"""Facts of Watchfloor itself on hosts that do not have it."""

from inventory.facts.unit import Unit
from inventory.facts.watchfloor import UNIT, WatchfloorFacts

BARE_PROGRAM = WatchfloorFacts(
    has_venv=False,
    account="",
    current="",
    version="",
    sha256="",
    files_sha256="",
    differing=(),
    files=(),
    unit=Unit(UNIT, "not-found", "inactive", ""),
    center=(),
    is_older=False,
    has_read_older=False,
    health="",
)
