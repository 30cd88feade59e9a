"""What would be sent to a piece of gear, by area, and what would take it back. Pure.

We own what we render: lines of the management plane, VLANs and ports that the inventory knows.
What else is on a device stays, and is remarked on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploy.network.grammar import LEAVE, Grammar, Owned, Pattern
from deploy.network.grammars import GRAMMARS
from deploy.network.intent import AREAS, GearIntent
from deploy.network.remedy import remedy
from deploy.network.render import render
from deploy.network.running import Spelled, running_form, wanted_form
from deploy.network.tree import Line, flat, parse

MOST_NOTED = 12


@dataclass(frozen=True, slots=True)
class AreaLines:
    """One area's part."""

    area: str
    lines: tuple[str, ...]
    """To send, in their order."""
    rollback: tuple[str, ...]
    """What takes them back."""
    before: tuple[str, ...]
    """What the device has of the area that is ours, for a diff."""
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GearDifference:
    """All areas, and what was left alone."""

    areas: tuple[AreaLines, ...]
    left_alone: tuple[str, ...]
    """The device's lines that are not ours, the outer ones alone."""


def differ(intent: GearIntent, running: str) -> GearDifference:
    """From a device's masked configuration to the wanted one. Raises `ConfigurationError`."""
    grammar = GRAMMARS[intent.platform]
    have = running_form(grammar, parse(intent.platform, running))
    wanted = wanted_form(grammar, parse(intent.platform, render(intent)), have)
    areas = [_area(grammar, area, have, wanted, intent.removes_vlans) for area in AREAS]
    return GearDifference(
        tuple(_vlans_last(areas)),
        _left_alone(grammar, have, wanted, all_vlans=intent.removes_vlans),
    )


def ours(
    grammar: Grammar, area: str, lines: Iterable[Line], wanted: Sequence[Line], *, all_vlans: bool
) -> list[Line]:
    """The lines of an area that are ours: its families, and what is wanted by name."""
    named = {line.text: line for line in wanted}
    rules = [Named(rule, wanted) for rule in grammar.owned if rule.area == area]
    found = []
    for line in lines:
        fitting = [rule for rule in rules if rule.fits(line)]
        if any(rule.owns(line, all_vlans=all_vlans) for rule in fitting):
            inside = _inside([each.rule for each in fitting], line, named.get(line.text))
            found.append(Line(line.text, inside))
    return found


class Named:
    """A rule, and which of the wanted lines it fits."""

    def __init__(self, rule: Owned, wanted: Iterable[Line]) -> None:
        self.rule = rule
        matches = [(line.text, rule.top.match(line.text)) for line in wanted]
        self._texts = {text for text, found in matches if found}
        self._groups = {found.groups() for _, found in matches if found and found.groups()}

    def fits(self, line: Line) -> bool:
        """Whether the rule is about such a line."""
        return self.rule.top.match(line.text) is not None

    def owns(self, line: Line, *, all_vlans: bool) -> bool:
        """Whether a line that it fits is ours."""
        found = self.rule.top.match(line.text)
        if found and found.groups():
            return found.groups() in self._groups
        positive = line.text.removeprefix("no ")
        if self.rule.family or line.text in self._texts or positive in self._texts:
            return True
        return all_vlans and self.rule.area == "vlans" and line.text != "vlan 1"


def _inside(rules: Sequence[Owned], line: Line, wanted: Line | None) -> list[Line]:
    """Those of a section's lines that are ours."""
    known = {each.text for each in wanted.inside} if wanted is not None else set()
    found = []
    for each in line.inside:
        fitting = [r for r in rules if r.inside is None or r.inside.match(each.text)]
        if not any(not rule.entries or each.text in known for rule in fitting):
            continue
        deeper = [rule.deeper for rule in fitting]
        inside = [
            below.copy()
            for below in each.inside
            if any(pattern is None or pattern.match(below.text) for pattern in deeper)
        ]
        found.append(Line(each.text, inside))
    return found


def _both(
    grammar: Grammar, area: str, there: list[Line], target: list[Line]
) -> tuple[list[Line], list[Line]]:
    """Without sections of which neither side has a line that is ours in this area."""
    partly = [r.top for r in grammar.owned if r.area == area and r.inside is not None]
    said = {line.text for line in (*there, *target) if line.inside}

    def counts(line: Line) -> bool:
        return line.text in said or not any(top.match(line.text) for top in partly)

    left = [line for line in there if counts(line)]
    right = [line for line in target if counts(line)]
    if grammar.permanent is not None:
        share(grammar.permanent, left, right)
    return left, right


def share(permanent: Pattern, left: list[Line], right: list[Line]) -> None:
    """Gives each side the sections of the other that cannot be taken away, empty."""
    for here, other in ((left, right), (right, left)):
        known = {line.text for line in here}
        here += [Line(o.text) for o in other if permanent.match(o.text) and o.text not in known]
    others = {line.text: line for line in right}
    for line in left:
        if line.text in others:
            share(permanent, line.inside, others[line.text].inside)


def _area(
    grammar: Grammar, area: str, have: Spelled, wanted: Spelled, all_vlans: bool
) -> AreaLines:
    there = ours(grammar, area, have.lines, wanted.lines, all_vlans=all_vlans)
    target = ours(grammar, area, wanted.lines, wanted.lines, all_vlans=all_vlans)
    there, target = _both(grammar, area, there, target)
    now, then = Spelled(there, have.original), Spelled(target, wanted.original)
    forth, back = remedy(grammar, now, then), remedy(grammar, then, now)
    return AreaLines(
        area=area,
        lines=tuple(flat(forth, closings=grammar.closings)),
        rollback=tuple(flat(back, closings=grammar.closings)),
        before=tuple(flat(there)),
        wanted=tuple(flat(target)),
    )


def _vlans_last(areas: Iterable[AreaLines]) -> Iterable[AreaLines]:
    """A VLAN goes when its ports have left it, and comes back before they return."""
    found = {each.area: each for each in areas}
    vlans, ports = found["vlans"], found["ports"]
    gone = tuple(line for line in vlans.lines if line.startswith("no vlan "))
    if gone:
        numbers = {line.removeprefix("no ") for line in gone}
        back, kept = _sections(vlans.rollback, numbers)
        lines = tuple(line for line in vlans.lines if line not in gone)
        found["vlans"] = AreaLines("vlans", lines, kept, vlans.before, vlans.wanted)
        found["ports"] = AreaLines(
            "ports",
            (*ports.lines, *gone),
            (*back, *ports.rollback),
            (*(line for line in vlans.before if line in numbers), *ports.before),
            ports.wanted,
        )
    return found.values()


def _sections(lines: Iterable[str], tops: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sections with these first lines, and the rest."""
    inside = False
    taken: list[str] = []
    rest: list[str] = []
    for line in lines:
        if not line.startswith(" ") and line not in LEAVE.values():
            inside = line in tops
        (taken if inside else rest).append(line)
    return tuple(taken), tuple(rest)


def _left_alone(
    grammar: Grammar, have: Spelled, wanted: Spelled, *, all_vlans: bool
) -> tuple[str, ...]:
    named = {line.text: line for line in wanted.lines}
    rules = [Named(rule, wanted.lines) for rule in grammar.owned]
    found = []
    for line in have.lines:
        mine = [r.rule for r in rules if r.fits(line) and r.owns(line, all_vlans=all_vlans)]
        if not mine:
            found.append(line.text)
            continue
        kept = {each.text for each in _inside(mine, line, named.get(line.text))}
        found += [f"{line.text}: {each.text}" for each in line.inside if each.text not in kept]
    return tuple(text.split("\n", 1)[0] for text in found)


def noted(left_alone: Sequence[str]) -> tuple[str, ...]:
    """What stays on the device and is not ours, in one line for people."""
    if not left_alone:
        return ()
    more = len(left_alone) - MOST_NOTED
    tail = f" and {more} more" if more > 0 else ""
    return (f"not ours, left alone: {'; '.join(left_alone[:MOST_NOTED])}{tail}",)
