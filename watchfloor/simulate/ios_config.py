"""The configuration of the simulated switch: what lines make of it, and how it prints it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from watchfloor.simulate.ios_grammar import Command, commands

_VTY = ("line vty 0 4", "line vty 5 15")


@dataclass(slots=True)
class Section:
    """A place that lines go to: the whole configuration, or an interface, a VLAN, a line."""

    mode: str
    lines: dict[str, str] = field(default_factory=dict)
    """By what they are about: another value takes the place of the first."""
    sections: dict[str, Section] = field(default_factory=dict)

    def copy(self) -> Section:
        return deepcopy(self)


class LineError(Exception):
    """A line that the switch does not take. `str()` is its answer."""


INVALID = "% Invalid input detected at '^' marker."


def known(mode: str, text: str) -> Command:
    """The command that a line is. Raises `LineError`."""
    found = next((each for each in commands().get(mode, ()) if each.fits(text)), None)
    if found is None:
        begun = any(f"{each.words} ".startswith(f"{text} ") for each in commands().get(mode, ()))
        raise LineError("% Incomplete command." if begun else INVALID)
    return found


def enter(places: list[Section], text: str) -> list[Section]:
    """Takes one line at these places; where the next ones go. Raises `LineError`."""
    mode = places[0].mode
    if text.startswith("no "):
        for place in places:
            _take_away(place, text.removeprefix("no "))
        return places
    command = known(mode, text)
    if command.opens:
        names = _VTY if text == "line vty 0 15" else (text,)
        return [
            place.sections.setdefault(name, Section(command.opens))
            for place in places
            for name in names
        ]
    for place in places:
        _take(place, command, text)
    return places


def _take(place: Section, command: Command, text: str) -> None:
    if text == "switchport nonegotiate" and not place.lines.get("switchport mode", "").endswith(
        ("access", "trunk")
    ):
        raise LineError("Command rejected: Conflict between 'nonegotiate' and 'dynamic' status.")
    if command.is_default:
        place.lines.pop(text, None)
        return
    key = command.words if command.is_setting else _list_key(text)
    if text.startswith("ip dhcp snooping vlan ") and key in place.lines:
        text = f"{place.lines[key]},{text.rpartition(' ')[2]}"
    place.lines[key] = text


def _list_key(text: str) -> str:
    """Of lines that may stand beside others of their kind."""
    for pattern in (r"username \S+", r"snmp-server user \S+", r"ip dhcp snooping vlan", r"\d+"):
        if found := re.match(rf"{pattern}(?= )", text):
            return found[0]
    return text


def _take_away(place: Section, text: str) -> None:
    if text in place.sections:
        del place.sections[text]
        return
    command = next((c for c in commands().get(place.mode, ()) if c.fits(text)), None)
    if command is not None and command.is_default:
        place.lines[text] = f"no {text}"
        return
    # `no` needs no more of a line than what says which one it is.
    gone = [key for key in place.lines if key == text or text.startswith(f"{key} ")]
    gone += [key for key in place.lines if place.lines[key].startswith(f"{text} ")]
    begun = any(f"{c.words} ".startswith(f"{text} ") for c in commands()[place.mode])
    if not gone and command is None and not begun:
        raise LineError(INVALID)
    for key in gone:
        place.lines.pop(key, None)


def printed(top: Section) -> str:
    """As `show running-config` has it: no SNMPv3 users, and secrets as their hashes."""
    return "".join(f"{line}\n" for line in _lines(top, 0))


def _lines(place: Section, depth: int) -> Iterator[str]:
    indent = " " * depth
    for key, text in place.lines.items():
        if not key.startswith("snmp-server user "):
            yield indent + _hashed(text)
    for name, section in place.sections.items():
        yield f"{indent}{name}"
        yield from _lines(section, depth + 1)
        if depth == 0:
            yield "!"


def _hashed(text: str) -> str:
    found = re.match(r"(username \S+ privilege \d+) algorithm-type \S+ secret (\S+)", text)
    if found is None:
        return text
    digest = hashlib.sha256(found[2].encode()).hexdigest()
    return f"{found[1]} secret 9 $9${digest[:14]}${digest[:43]}"


def snmp_users(top: Section) -> str:
    """As `show snmp user` has them."""
    found = ""
    for key, text in top.lines.items():
        if key.startswith("snmp-server user "):
            words = text.split()
            found += (
                f"\nUser name: {words[2]}\nEngine ID: 800000090300AABBCC000100\n"
                f"storage-type: nonvolatile\t active\nAuthentication Protocol: {words[6].upper()}\n"
                f"Privacy Protocol: {words[9].upper()}{words[10]}\nGroup-name: {words[3]}\n"
            )
    return found
