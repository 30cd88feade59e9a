"""What is set over NETCONF: a device's name and place, leaves of `ietf-system` (RFC 7317). Pure.

A change is lines, as on a command line: `hostname sw-1`, `no location`.
"""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from deploy.change import LinesChange
from inventory.model import Center, Device

SYSTEM = "urn:ietf:params:xml:ns:yang:ietf-system"
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
SECTION = "system"
LEAVES = ("hostname", "location")
PLATFORM = "netconf"
LONGEST = 255


def wanted(_center: Center, device: Device) -> dict[str, str]:
    """The leaves that are ours, and their values."""
    place = " ".join(filter(None, (device.rack, device.at))) or device.place
    return {"hostname": device.name, **({"location": place[:LONGEST]} if place else {})}


def told(leaves: Mapping[str, str]) -> str:
    """What was read, as a section of facts: one leaf a line."""
    return "".join(f"{line}\n" for line in _lines(leaves))


def untold(text: str) -> dict[str, str]:
    """The leaves in a section of facts."""
    pairs = (line.partition(" ")[::2] for line in text.splitlines())
    return {leaf: value for leaf, value in pairs if leaf in LEAVES}


def change(have: Mapping[str, str], want: Mapping[str, str]) -> LinesChange | None:
    """From what is there to what is wanted; other leaves stay. None when it is so already."""
    differing = [leaf for leaf in want if have.get(leaf) != want[leaf]]
    if not differing:
        return None
    return LinesChange(
        title=f"change {' and '.join(differing)}",
        platform=PLATFORM,
        lines=_lines({leaf: want[leaf] for leaf in differing}),
        rollback=tuple(
            f"{leaf} {have[leaf]}" if leaf in have else f"no {leaf}" for leaf in differing
        ),
        before=_lines(have),
        wanted=_lines({**have, **want}),
    )


def config(lines: Iterable[str]) -> str:
    """The lines as an `<edit-config>`'s configuration (RFC 6241, 7.2)."""
    inside = "".join(_element(line) for line in lines)
    return f'<config xmlns="{BASE}"><system xmlns="{SYSTEM}">{inside}</system></config>'


def _element(line: str) -> str:
    word, _, rest = line.partition(" ")
    if word == "no":
        return f'<{rest} xmlns:nc="{BASE}" nc:operation="remove"/>'
    return f"<{word}>{escape(rest)}</{word}>"


def _lines(leaves: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{leaf} {leaves[leaf]}" for leaf in LEAVES if leaf in leaves)
