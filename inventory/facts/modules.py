"""Which kernel modules may not be loaded, which are, and which are in use or built in."""

from dataclasses import dataclass, field

from inventory.facts.area import FactError, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files

MODULES_FILE = "/etc/modprobe.d/watchfloor.conf"
USB_FILE = "/etc/modprobe.d/watchfloor-usb-storage.conf"
UDEV_FILE = "/etc/udev/rules.d/80-watchfloor-usb-storage.rules"

SCRIPT = (
    SHOW_FILE
    + f"""\
if systemd-detect-virt --quiet --container; then echo yes; else echo no; fi | tag container
if command -v udevadm >/dev/null; then echo yes; else echo no; fi | tag udev
for path in {MODULES_FILE} {USB_FILE} {UDEV_FILE}; do show_file "$path" || exit 1; done
if command -v modprobe >/dev/null; then
  # Behind the configuration it would print thousands of the kernel's own aliases.
  modprobe --showconfig | sed -n -e '/^# End of conf/q' -e '/^install /p' -e '/^blacklist /p' |
    tag rule
fi
[ ! -r /proc/modules ] || cut -d ' ' -f 1,3 /proc/modules | tag loaded
cut -d ' ' -f 3 /proc/mounts | sort -u | tag mounted
built=/lib/modules/$(uname -r)/modules.builtin
[ ! -r "$built" ] || sed -e 's|.*/||' -e 's|\\.ko.*||' "$built" | tag builtin
"""
)


def _passing() -> frozenset[str]:
    # A socket that somebody opens loads a module; that is no change of the host.
    empty: frozenset[str] = field(default=frozenset(), metadata={"volatile": True})
    return empty


@dataclass(frozen=True, slots=True)
class ModulesFacts:
    """The modules by their names in the kernel, which have `_` where files have `-`."""

    is_container: bool
    """Whether the kernel, and so what is loaded, is another machine's."""
    has_udev: bool
    files: tuple[TextFile, ...]
    blocked: frozenset[str]
    """modprobe runs a program that loads nothing in their place."""
    otherwise: frozenset[str]
    """modprobe runs some other program in their place."""
    blacklisted: frozenset[str]
    """Not loaded because a device is there."""
    loaded: frozenset[str] = _passing()
    busy: frozenset[str] = _passing()
    """Those that something uses: a device, a socket, a mounted file system, another module."""
    mounted: frozenset[str] = _passing()
    """The kinds of file systems that are mounted."""
    builtin: frozenset[str] = frozenset()


def parse(text: str) -> ModulesFacts:
    """Raises `FactError` for a line that is no module's."""
    parts = tagged(text, "container", "udev")
    rules = [line.split() for line in parts.get("rule", ())]
    installs = [rule for rule in rules if rule[0] == "install" and len(rule) > 2]
    loaded = [line.split() for line in parts.get("loaded", ())]
    if any(len(row) != 2 for row in loaded):
        raise FactError("/proc/modules is not understood")
    blocked = {plain(rule[1]) for rule in installs if _loads_nothing(rule)}
    otherwise = {plain(rule[1]) for rule in installs if not _loads_nothing(rule)}
    return ModulesFacts(
        is_container=parts["container"][0] == "yes",
        has_udev=parts["udev"][0] == "yes",
        files=text_files(parts.get("file", ())),
        blocked=frozenset(blocked - otherwise),
        otherwise=frozenset(otherwise),
        blacklisted=frozenset(
            plain(rule[1]) for rule in rules if rule[0] == "blacklist" and len(rule) == 2
        ),
        loaded=frozenset(row[0] for row in loaded),
        busy=frozenset(row[0] for row in loaded if row[1] != "0"),
        mounted=frozenset(parts.get("mounted", ())),
        builtin=frozenset(map(plain, parts.get("builtin", ()))),
    )


def plain(name: str) -> str:
    """A module's name as the kernel has it."""
    return name.replace("-", "_")


def _loads_nothing(rule: list[str]) -> bool:
    return rule[2:] in (["/bin/false"], ["/bin/true"], ["/usr/bin/false"], ["/usr/bin/true"])
