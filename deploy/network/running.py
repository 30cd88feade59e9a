"""Brings what a device prints and what was rendered to one spelling, so that only real differences
are left. Pure.

What cannot be compared is made equal where it is good enough: a secret that the device keeps as a
slow, salted hash is as wanted, because nobody can tell; one that it keeps in the clear is not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from deploy.network.grammar import Grammar
from deploy.network.render import ranges
from deploy.network.secrets import MASK
from deploy.network.tree import Line
from deploy.secret_text import MARKER

SET, WEAK = "<secret>", "<weak secret>"
_TYPE = re.compile(
    r"\b(secret|password|passwd|key|key-string|auth-pwd|priv-pwd) (?:sha512|\d+|ENC) (?=<)"
)
_ALLOWED = re.compile(r"switchport trunk allowed vlan \d")
_ALLOWED_MORE = re.compile(r"switchport trunk allowed vlan add ")
_LIST = re.compile(r"^(?:no )?(?:switchport trunk allowed|ip dhcp snooping) vlan ([\d,-]+)$")
MOST_VLAN = 4094
Lineage = tuple[str, ...]


@dataclass(slots=True)
class Spelled:
    """A configuration in the spelling that is compared."""

    lines: list[Line]
    original: dict[Lineage, str] = field(default_factory=dict)
    """Where a comparable line differs from the one to send: its lineage -> that one."""


def wanted_form(grammar: Grammar, lines: Iterable[Line], running: Spelled) -> Spelled:
    """What was rendered; without lines that a device has by default and does not print."""
    spelled = _spelled(grammar, lines)
    have = {line.text: line for line in running.lines}
    spelled.lines = _as_there(spelled.lines, have)
    spelled.lines = list(_without_unprinted(grammar, spelled.lines, running.lines))
    return spelled


def running_form(grammar: Grammar, lines: Iterable[Line]) -> Spelled:
    """What the device printed, without what is no configuration."""
    return _spelled(grammar, lines)


def _spelled(grammar: Grammar, lines: Iterable[Line]) -> Spelled:
    spelled = Spelled([])
    for line in lines:
        _add(grammar, spelled, spelled.lines, line, ())
    return spelled


def _add(
    grammar: Grammar, spelled: Spelled, siblings: list[Line], line: Line, above: Lineage
) -> None:
    if any(noise.search(line.text) for noise in grammar.noise):
        return
    original = line.text
    if _ALLOWED_MORE.match(original) and siblings and _ALLOWED.match(siblings[-1].text):
        before = siblings.pop()
        original = f"{before.text},{_ALLOWED_MORE.sub('', original)}"
    text = original
    for pattern, replaced in grammar.replaced:
        text = pattern.sub(replaced, text)
    text = comparable(_with_ranges(text))
    if above and grammar.sequenced is not None and grammar.sequenced.search(above[-1]):
        text, original = _sequenced(text, len(siblings)), _sequenced(original, len(siblings))
    lineage = (*above, text)
    if text != original:
        spelled.original[lineage] = original
    known = next((each for each in siblings if each.text == text), None)
    if known is None:
        known = Line(text)
        siblings.append(known)
    for below in line.inside:
        _add(grammar, spelled, known.inside, below, lineage)


def _with_ranges(text: str) -> str:
    """A list of VLANs in one spelling: `9,10` and `9-10` are the same."""
    found = _LIST.search(text)
    if found is None:
        return text
    numbers: set[int] = set()
    for part in found[1].split(","):
        first, _, last = part.partition("-")
        numbers |= set(range(int(first), min(int(last or first), MOST_VLAN) + 1))
    return text[: found.start(1)] + ranges(tuple(sorted(numbers)))


def comparable(text: str) -> str:
    """A line without its secrets: what the device makes of one never equals the secret itself."""
    found = MASK.search(text)
    if found is None and not MARKER.search(text):
        return text
    bare = MASK.sub(lambda m: SET if m[2] == "strong" else WEAK, MARKER.sub(SET, text))
    # `secret 9 $9$…` on the device is `algorithm-type scrypt secret …` when it is typed.
    bare = re.sub(r" algorithm-type \S+(?= secret )", "", bare)
    return _TYPE.sub(r"\1 ", bare)


def _sequenced(text: str, before: int) -> str:
    return text if re.match(r"\d+ ", text) else f"{before * 10 + 10} {text}"


def _as_there(lines: list[Line], have: Mapping[str, Line]) -> list[Line]:
    """`line vty 0 15` as the device splits it: `line vty 0 4` and `line vty 5 15`."""
    there = [text for text in have if re.fullmatch(r"line vty \d+(?: \d+)?", text)]
    found = []
    for line in lines:
        if there and line.text.startswith("line vty "):
            found += [Line(text, [each.copy() for each in line.inside]) for text in there]
        else:
            found.append(line)
    return found


def _without_unprinted(
    grammar: Grammar, wanted: Iterable[Line], running: Iterable[Line]
) -> Iterator[Line]:
    have = {line.text: line for line in running}
    keys = {key for text in have if (key := key_of(grammar, text)) is not None}
    for line in wanted:
        other = have.get(line.text)
        silent = any(pattern.search(line.text) for pattern in grammar.unprinted)
        if silent and other is None and not _is_said(grammar, line.text, keys, have):
            continue
        below = other.inside if other is not None else []
        yield Line(line.text, list(_without_unprinted(grammar, line.inside, below)))


def _is_said(
    grammar: Grammar, text: str, keys: set[tuple[str, ...]], have: Mapping[str, Line]
) -> bool:
    """Whether the device says something else about it."""
    opposite = negation_of(grammar, text)
    return key_of(grammar, text) in keys or opposite in have


def negation_of(grammar: Grammar, text: str) -> str:
    """What takes a line away."""
    for pattern, replaced in grammar.negated:
        if pattern.search(text):
            return pattern.sub(replaced, text)
    if text.startswith(grammar.negation):
        return grammar.declaration + text.removeprefix(grammar.negation)
    return grammar.negation + text.removeprefix(grammar.declaration)


def key_of(grammar: Grammar, text: str) -> tuple[str, ...] | None:
    """What a line is about: lines with one key replace each other. None for a line that adds up."""
    for number, pattern in enumerate(grammar.keys):
        found = pattern.search(text)
        if found is not None:
            groups = found.groups() or (found[0],)
            return (str(number), *(group or "" for group in groups))
    return None
