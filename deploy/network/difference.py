"""What would be sent to a piece of gear, by area, and what would take it back. Pure.

We own what we render: lines of the management plane, VLANs and ports that the inventory knows.
What else is on a device stays, and is remarked on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deploy.network.grammar import Grammar, Owned
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
    return GearDifference(tuple(_vlans_last(areas)), _left_alone(grammar, have, wanted))


def ours(
    grammar: Grammar, area: str, lines: Iterable[Line], wanted: Iterable[str], *, all_vlans: bool
) -> list[Line]:
    """The lines of an area that are ours: its families, and what is wanted by name."""
    named = set(wanted)
    found = []
    for line in lines:
        rules = [r for r in grammar.owned if r.area == area and r.top.match(line.text)]
        if any(_owns(rule, line, named, all_vlans) for rule in rules):
            inside = [each for each in line.inside if _is_inside(rules, each)]
            found.append(Line(line.text, inside))
    return found


def _both(
    grammar: Grammar, area: str, there: list[Line], target: list[Line]
) -> tuple[list[Line], list[Line]]:
    """Without sections of which neither side has a line that is ours in this area."""
    partly = [r.top for r in grammar.owned if r.area == area and r.inside is not None]
    said = {line.text for line in (*there, *target) if line.inside}

    def counts(line: Line) -> bool:
        return line.text in said or not any(top.match(line.text) for top in partly)

    def with_permanent(lines: list[Line], others: list[Line]) -> list[Line]:
        kept = [line for line in lines if counts(line)]
        known = {line.text for line in kept}
        for other in others:
            stays = grammar.permanent is not None and grammar.permanent.match(other.text)
            if stays and counts(other) and other.text not in known:
                kept.append(Line(other.text))
        return kept

    return with_permanent(there, target), with_permanent(target, there)


def _owns(rule: Owned, line: Line, named: set[str], all_vlans: bool) -> bool:
    if rule.family or line.text in named or line.text.removeprefix("no ") in named:
        return True
    return all_vlans and rule.area == "vlans" and line.text != "vlan 1"


def _is_inside(rules: Sequence[Owned], line: Line) -> bool:
    return any(rule.inside is None or rule.inside.match(line.text) for rule in rules)


def _area(
    grammar: Grammar, area: str, have: Spelled, wanted: Spelled, all_vlans: bool
) -> AreaLines:
    named = [line.text for line in wanted.lines]
    there = ours(grammar, area, have.lines, named, all_vlans=all_vlans)
    target = ours(grammar, area, wanted.lines, named, all_vlans=all_vlans)
    there, target = _both(grammar, area, there, target)
    now, then = Spelled(there, have.original), Spelled(target, wanted.original)
    forth, back = remedy(grammar, now, then), remedy(grammar, then, now)
    return AreaLines(
        area=area,
        lines=tuple(flat(forth)),
        rollback=tuple(flat(back)),
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
        inside = line in tops if not line.startswith(" ") else inside
        (taken if inside else rest).append(line)
    return tuple(taken), tuple(rest)


def _left_alone(grammar: Grammar, have: Spelled, wanted: Spelled) -> tuple[str, ...]:
    named = {line.text for line in wanted.lines}
    found = []
    for line in have.lines:
        rules = [rule for rule in grammar.owned if rule.top.match(line.text)]
        mine = [rule for rule in rules if _owns(rule, line, named, all_vlans=False)]
        if not mine:
            found.append(line.text)
        else:
            found += [f"{line.text}: {x.text}" for x in line.inside if not _is_inside(mine, x)]
    return tuple(text.split("\n", 1)[0] for text in found)


def noted(left_alone: Sequence[str]) -> tuple[str, ...]:
    """What stays on the device and is not ours, in one line for people."""
    if not left_alone:
        return ()
    more = len(left_alone) - MOST_NOTED
    tail = f" and {more} more" if more > 0 else ""
    return (f"not ours, left alone: {'; '.join(left_alone[:MOST_NOTED])}{tail}",)
