"""What is mounted with which options, and what says so at the next start."""

# ruff: noqa: S108 - these folders are the subject here
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

FSTAB = "/etc/fstab"
TMP_UNIT = "/etc/systemd/system/tmp.mount"
APT_FOLDER = "/etc/apt/apt.conf.d/50watchfloor-tmp"
LOGIND = "/etc/systemd/system/systemd-logind.service.d/10-watchfloor-proc.conf"
POINTS = ("/tmp", "/var/tmp", "/dev/shm", "/home", "/var", "/var/log", "/var/log/audit", "/proc")

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
if systemd-detect-virt --quiet --container; then echo yes; else echo no; fi | tag container
findmnt --json --list --output TARGET,FSTYPE,OPTIONS >/dev/null || exit 1
findmnt --json --list --output TARGET,FSTYPE,OPTIONS | tr -d '\\n' | tag findmnt
for path in {FSTAB} {TMP_UNIT} {APT_FOLDER} {LOGIND}; do
  show_file "$path" || exit 1
done
show_unit tmp.mount
for socket in /tmp/.X11-unix/X*; do [ ! -S "$socket" ] || echo yes; done | tag display
"""
)


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount point."""

    kind: str
    """The file system: `tmpfs`, `ext4`."""
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class MountsFacts:
    """The mount points that hardening looks at, and their configuration."""

    is_container: bool
    mounts: Mapping[str, Mount]
    """By mount point; a folder that is no mount point is not there."""
    files: tuple[TextFile, ...]
    units: tuple[Unit, ...]
    has_display: bool
    """Whether a display server's socket lies in /tmp, so that it must not be covered."""


def parse(text: str) -> MountsFacts:
    """Raises `FactError` when findmnt's list is not understood."""
    parts = tagged(text, "container", "findmnt")
    tree = parsed("the list of mounts", json.loads, "".join(parts["findmnt"]))
    try:
        mounts = {
            entry["target"]: Mount(entry["fstype"], frozenset(entry["options"].split(",")))
            for entry in tree["filesystems"]
            if entry["target"] in POINTS
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise FactError(f"findmnt's list lacks {error}") from error
    return MountsFacts(
        is_container=parts["container"][0] == "yes",
        mounts=MappingProxyType(mounts),
        files=text_files(parts.get("file", ())),
        units=units(parts.get("unit", ())),
        has_display=any(line == "yes" for line in parts.get("display", ())),
    )
