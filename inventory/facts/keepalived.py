"""Which virtual addresses a host takes part in, and which it holds: keepalived and the kernel."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_interface

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

CONFIGURATION = "/etc/keepalived/keepalived.conf"
CHECK = "/usr/local/libexec/watchfloor-port-answers"
HAND_OVER = "/usr/local/sbin/watchfloor-hand-over"
FLAG = "/run/watchfloor-hand-over"
"""Holds 1 while the host must not hold a virtual address, because it is being changed."""
UNIT = "keepalived.service"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' keepalived | tag package
for path in {CONFIGURATION} {CHECK} {HAND_OVER}; do show_file "$path" || exit 1; done
show_unit {UNIT}
read_at=$(systemctl show {UNIT} -p ActiveEnterTimestamp --value)
[ -z "$read_at" ] || date -d "$read_at" +%s | tag read_at
find {CONFIGURATION} -printf '%T@\\n' | cut -d. -f1 | tag changed_at
ip -o address show | awk '{{print $2, $4}}' | tag address
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class Interface:
    """One address of the host."""

    name: str
    address: IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class KeepalivedFacts:
    """keepalived, and the addresses that the kernel answers for."""

    installed: bool
    files: tuple[TextFile, ...]
    unit: Unit
    is_stale: bool
    """It has not read its file since that was changed."""
    interfaces: tuple[Interface, ...] = field(metadata={"volatile": True})
    """With the virtual addresses that the host holds now: those come and go."""

    def interface_of(self, address: IPv4Address | IPv6Address) -> str:
        """The name of the interface with that address; empty when none has it."""
        return next((i.name for i in self.interfaces if i.address == address), "")


def parse(text: str) -> KeepalivedFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "unit", "address")
    read_at = _number(parts.get("read_at", ()), 2**62)
    return KeepalivedFacts(
        installed="installed keepalived" in parts.get("package", ()),
        files=text_files(parts.get("file", ())),
        unit=unit_named(units(parts["unit"]), UNIT),
        is_stale=_number(parts.get("changed_at", ()), 0) > read_at,
        interfaces=tuple(_interfaces(parts["address"])),
    )


def _interfaces(lines: Iterable[str]) -> Iterator[Interface]:
    for line in lines:
        name, _, network = line.partition(" ")
        if not network:
            raise FactError(f"not an interface's address: {line[:60]!r}")
        yield Interface(name, parsed("an address", ip_interface, network).ip)


def _number(lines: Iterable[str], missing: int) -> int:
    text = next(iter(lines), "").strip()
    return parsed("a number", int, text) if text else missing
