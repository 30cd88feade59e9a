"""What areas share that set kernel settings: a file that wins at boot, and the values in force.

A key is its path below /proc/sys; `*` in it stands for every interface, `all` and `default`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from deploy.area import Difference
from deploy.change import Change, file_change
from deploy.live_change import Setting, SysctlChange, dotted
from deploy.rendering import render
from inventory.facts.sysctl import Live, SysctlFacts
from inventory.facts.textfile import TextFile, file_at

LEFT_OUT = "# left out by Watchfloor: "
_LATE_READER = "/etc/sysctl.conf"
"""sysctl --system reads it after all others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A setting's value."""

    value: str
    also: frozenset[str] = frozenset()
    """Other values that are as good."""
    optional: bool = False
    """Whether a kernel without it is as good: it lacks what the setting limits."""

    def holds(self, live: Live) -> bool:
        return live.value == self.value or live.value in self.also


def settings_difference(wanted: Mapping[str, Wanted], facts: SysctlFacts, path: str) -> Difference:
    """Makes `wanted` hold now and at boot, by a file at `path`. The first keys are set first."""
    text = render("sysctl.conf.j2", settings=[(key, one.value) for key, one in wanted.items()])
    files = [file_change(file_at(facts.files, path), text), *_overruling(wanted, facts, path)]
    changes: list[Change] = [change for change in files if change is not None]
    live = tuple(_live(wanted, facts))
    settings = tuple(_settings(live, facts))
    if any(one.value != one.before for one in settings):
        changes.append(SysctlChange(settings=settings))
    unmet, notes = _findings(wanted, live, facts)
    return Difference(tuple(changes), unmet=unmet, notes=notes)


def _live(wanted: Mapping[str, Wanted], facts: SysctlFacts) -> Iterator[tuple[str, Wanted, Live]]:
    for pattern, one in wanted.items():
        keys = facts.matching(pattern)
        for key in sorted(keys, key=_general_first):
            # A key of its own stands later, and says otherwise.
            if key == pattern or key not in wanted:
                yield key, one, keys[key]


def _general_first(key: str) -> tuple[bool, bool, str]:
    return "/all/" not in key, "/default/" not in key, key


def _settings(live: tuple[tuple[str, Wanted, Live], ...], facts: SysctlFacts) -> Iterator[Setting]:
    for key, one, now in live:
        if now.is_writable and (key, one.value) not in facts.refused:
            value = now.value if one.holds(now) else one.value
            yield Setting(key=key, value=value, before=now.value)


def _findings(
    wanted: Mapping[str, Wanted],
    live: tuple[tuple[str, Wanted, Live], ...],
    facts: SysctlFacts,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is unmet, and what cannot be told on a host whose kernel is another machine's."""
    lacking = [
        f"this kernel has no {dotted(pattern)}"
        for pattern, one in wanted.items()
        if not one.optional and not facts.matching(pattern)
    ]
    wrong = [(key, one, now) for key, one, now in live if not one.holds(now)]
    fixed = [dotted(key) for key, _, now in wrong if not now.is_writable]
    refused = [
        f"the kernel refuses {dotted(key)} = {one.value} (it is {now.value})"
        for key, one, now in wrong
        if now.is_writable and (key, one.value) in facts.refused
    ]
    if not facts.is_container:
        closed = [f"nobody may set {key} in this kernel" for key in fixed]
        return (*lacking, *refused, *closed), ()
    shared = [f"not proven: {', '.join(fixed)}: the kernel is another machine's"] if fixed else []
    return (), (*(f"not proven: {finding}" for finding in (*lacking, *refused)), *shared)


def _overruling(wanted: Mapping[str, Wanted], facts: SysctlFacts, path: str) -> Iterator[Change]:
    """Files that would win over ours get those of their lines left out."""
    name = path.rpartition("/")[2]
    for file in facts.files:
        later = file.path.rpartition("/")[2] > name or file.path == _LATE_READER
        if file.kind != "file" or file.path == path or not later:
            continue
        change = file_change(file, without(file, wanted), mode=file.mode, owner=file.owner)
        if change is not None:
            yield change


def without(file: TextFile, wanted: Mapping[str, Wanted]) -> str:
    """The file with the lines commented out that set one of these keys to something else."""
    lines = file.content.splitlines(keepends=True)
    for number, line in enumerate(lines):
        key, equals, value = line.strip().removeprefix("-").partition("=")
        if not equals:
            continue
        said = " ".join(value.split())
        named = _path(key.strip())
        if any(
            (fnmatchcase(named, pattern) or fnmatchcase(pattern, named))
            and said not in {one.value, *one.also}
            for pattern, one in wanted.items()
        ):
            lines[number] = LEFT_OUT + line
    return "".join(lines)


def _path(key: str) -> str:
    """A key as sysctl.d(5) allows it, as a path: the first separator decides."""
    first = next((letter for letter in key if letter in "./"), "/")
    return key if first == "/" else dotted(key)
