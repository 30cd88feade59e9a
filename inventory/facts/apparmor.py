"""AppArmor: whether it is installed, started with the kernel, and what it confines."""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

GRUB_FILE = "/etc/default/grub.d/50-watchfloor-apparmor.cfg"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
if systemd-detect-virt --quiet --container; then echo yes; else echo no; fi | tag container
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' apparmor apparmor-utils |
  sed -n 's/^installed //p' | tag installed
cat /sys/module/apparmor/parameters/enabled 2>/dev/null | tag enabled
cat /sys/kernel/security/apparmor/profiles 2>/dev/null | tag profile
cat /proc/cmdline | tag kernel
show_unit apparmor.service
show_file {GRUB_FILE}
if [ -x /usr/sbin/update-grub ] && [ -e /boot/grub/grub.cfg ]; then echo yes; else echo no; fi |
  tag grub
grep -cE '^[[:space:]]*linux.*apparmor=1' /boot/grub/grub.cfg 2>/dev/null | tag booted
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class ApparmorFacts:
    """The security module, its profiles and its boot parameters."""

    is_container: bool
    installed: frozenset[str]
    is_enabled: bool
    """Whether the kernel runs with it."""
    profiles: Mapping[str, str]
    """Name -> `enforce`, `complain`, `unconfined`, `kill`."""
    parameters: tuple[str, ...]
    """What the kernel was started with."""
    units: tuple[Unit, ...]
    files: tuple[TextFile, ...]
    has_grub: bool
    grub_names_it: bool
    """Whether GRUB's menu starts the kernel with `apparmor=1`."""


def parse(text: str) -> ApparmorFacts:
    """Raises `FactError` when parts are missing."""
    parts = tagged(text, "container", "kernel", "grub", "file")
    named = (line.rpartition(" (") for line in parts.get("profile", ()) if line.endswith(")"))
    return ApparmorFacts(
        is_container=parts["container"][0] == "yes",
        installed=frozenset(line for line in parts.get("installed", ()) if line),
        is_enabled=parts.get("enabled", ("",))[0] == "Y",
        profiles={name: mode.removesuffix(")") for name, _, mode in named},
        parameters=tuple(parts["kernel"][0].split()),
        units=units(parts.get("unit", ())),
        files=text_files(parts["file"]),
        has_grub=parts["grub"][0] == "yes",
        grub_names_it=parts.get("booted", ("0",))[0] not in ("0", ""),
    )
