"""PAM's common-* files made from profiles, as pam-auth-update(8) of Debian and Ubuntu makes them.

We make them ourselves, so that a plan shows what a login will go through, an undo brings the very
files back, and drift is a line in a diff. pam-auth-update's memory is written along with them: a
package that calls it later adds its own profile and keeps ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inventory.facts.area import FactError

_FIELD = re.compile(r"^(\S+):(?:\s+(.*?))?\s*$")
_RULE = re.compile(r"^((?:\[[^]]+\]|\w+)\s+\S+)\s*(.*)$")
_BLOCKS = {
    "Primary": (
        '# here are the per-package modules (the "Primary" block)',
        "# here's the fallback if no module succeeds",
    ),
    "Additional": (
        '# and here are more per-package modules (the "Additional" block)',
        "# end of pam-auth-update config",
    ),
}


@dataclass(frozen=True, slots=True)
class PamProfile:
    """One file of /usr/share/pam-configs."""

    name: str
    fields: Mapping[str, tuple[str, ...]]
    """`Auth`, `Auth-Type`, `Priority` … -> its lines."""

    @property
    def priority(self) -> int:
        text = self.first("Priority")
        return int(text) if text.lstrip("-").isdigit() else 0

    @property
    def is_default(self) -> bool:
        return self.first("Default") == "yes"

    def first(self, field: str) -> str:
        """A field's first line, or nothing."""
        return next(iter(self.fields.get(field, ())), "")

    def rules(self, kind: str, block: str, *, is_first: bool) -> tuple[str, ...]:
        """Its rules in a block of common-<kind>. The first profile does not ask its predecessor
        for the password, so it may have other ones."""
        word = self._word(kind)
        if self.first(f"{word}-Type") != block:
            return ()
        return (is_first and self.fields.get(f"{word}-Initial")) or self.fields.get(word, ())

    def belongs(self, kind: str, block: str) -> bool:
        """Whether it has rules there."""
        return self.first(f"{self._word(kind)}-Type") == block

    def _word(self, kind: str) -> str:
        if kind != "session-noninteractive":
            return kind.capitalize()
        is_apart = self.first("Session-Interactive-Only") == "yes"
        return "Session-noninteractive" if is_apart else "Session"


def profile(name: str, lines: Iterable[str]) -> PamProfile:
    """The profile in a file's lines."""
    fields: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        match = _FIELD.match(line)
        if match and not line[:1].isspace():
            current = fields.setdefault(match[1].removesuffix("-Final"), [])
            current[:] = [match[2]] if match[2] else []
        elif line.strip():
            current.append(line.strip())
    return PamProfile(name, {field: tuple(values) for field, values in fields.items()})


def in_order(profiles: Iterable[PamProfile]) -> tuple[PamProfile, ...]:
    """Highest priority first, and among equals the later name."""
    return tuple(sorted(profiles, key=lambda each: (each.priority, each.name), reverse=True))


def common_file(kind: str, template: Sequence[str], profiles: Sequence[PamProfile]) -> str:
    """The text of /etc/pam.d/common-<kind>. Raises `FactError` for a template without its marks."""
    text = "\n".join(template) + "\n"
    for block, (begin, end) in _BLOCKS.items():
        before, mark, rest = text.partition(begin + "\n")
        _, ending, after = rest.partition(end)
        if not mark or not ending:
            raise FactError(f"the template of common-{kind} has no {block} block; reinstall PAM")
        text = before + mark + "".join(_lines(kind, block, profiles)) + ending + after
    return text


def memory_file(kind: str, profiles: Sequence[PamProfile]) -> str:
    """The text of /var/lib/pam/<kind>: which profile brought which rules."""
    text = ""
    for block in _BLOCKS:
        inside = [each for each in profiles if each.belongs(kind, block)]
        for number, each in enumerate(inside):
            rules = each.rules(kind, block, is_first=number == 0)
            if rules:
                text += f"Module: {each.name}\n" + "".join(f"{rule}\n" for rule in rules)
        if block == "Primary" and not inside:
            text += "Module: null\n[default=1]\t\t\tpam_permit.so\n"
    return text


def _lines(kind: str, block: str, profiles: Sequence[PamProfile]) -> Iterator[str]:
    word = kind.removesuffix("-noninteractive")
    inside = [each for each in profiles if each.belongs(kind, block)]
    rules = [
        rule
        for number, each in enumerate(inside)
        for rule in each.rules(kind, block, is_first=number == 0)
    ]
    if block == "Primary" and not rules:
        yield f"{word}\t[default=1]\t\t\tpam_permit.so\n"
    left = len(rules) - (block == "Additional")
    for rule in rules:
        match = _RULE.match(rule)
        head, options = (match[1], match[2]) if match else (rule, "")
        # `success=end` counts the rules that it jumps over, which only this place knows.
        yield f"{word}\t{head.replace('end', str(left))} {' '.join(options.split())}\n"
        left -= 1
