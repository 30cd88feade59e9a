"""Which Debian a lab host has to run, to stand in for a device of the example center."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from inventory.loader import load
from tests.lab.errors import LabError

SUITES: Mapping[str, str] = {"debian-12": "bookworm", "debian-13": "trixie"}


def device_suites(center: Path, names: Iterable[str]) -> dict[str, str]:
    """The suite of each named device. Raises LabError for one that no lab host can be."""
    devices = load(center).devices
    unknown = [name for name in names if name not in devices]
    if unknown:
        raise LabError(f"{center.name} has no device {', '.join(unknown)}")
    systems = {name: devices[name].os for name in names}
    foreign = [f"{name} ({os})" for name, os in systems.items() if os not in SUITES]
    if foreign:
        raise LabError(f"not a Debian host: {', '.join(foreign)}; `watchfloor show` names others")
    return {name: SUITES[os] for name, os in systems.items()}
