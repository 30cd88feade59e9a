"""Lines of PAM's configuration, and the stack that a service gets when includes are followed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_RULE = re.compile(r"^-?(\w+)\s+(\[[^]]*\]|\S+)\s+(\S+)\s*(.*)$")
_DEEPEST = 8
"""Includes within includes; Linux-PAM itself gives up at 16."""
_MOST = 200
"""Rules of one stack."""


@dataclass(frozen=True, slots=True)
class PamModule:
    """One line of a PAM stack."""

    control: str
    """`required`, or the bracketed form as written."""
    name: str
    """Without path: `pam_faillock.so`."""
    arguments: tuple[str, ...]

    @property
    def options(self) -> Mapping[str, str]:
        """The arguments, `remember=10` as name and value; a bare word has an empty value."""
        return dict(argument.partition("=")[::2] for argument in self.arguments)


def stack(rows: Iterable[str]) -> tuple[PamModule, ...]:
    """The modules in lines of one type; lines that are none are left out."""
    found = (_RULE.match(row.strip()) for row in rows)
    return tuple(_module(match) for match in found if match)


def effective(
    services: Mapping[str, tuple[str, ...]], service: str, kind: str
) -> tuple[PamModule, ...]:
    """What a service runs for `auth`, `account`, `password` or `session`, includes followed.

    `services` has the lines of each file in /etc/pam.d. A service without a file gets `other`'s.
    """
    name = service if service in services else "other"
    rules = _followed(services, name, kind, 0)
    return tuple(rule for _, rule in zip(range(_MOST), rules, strict=False))


def _followed(
    services: Mapping[str, tuple[str, ...]], name: str, kind: str, depth: int
) -> Iterator[PamModule]:
    if depth > _DEEPEST:
        return
    for line in services.get(name, ()):
        text = line.partition("#")[0].strip()
        if text.startswith("@include"):
            yield from _followed(services, text.split()[-1], kind, depth + 1)
            continue
        match = _RULE.match(text)
        if match is None or match[1] != kind:
            continue
        if match[2] in ("include", "substack"):
            yield from _followed(services, match[3], kind, depth + 1)
        else:
            yield _module(match)


def _module(match: re.Match[str]) -> PamModule:
    return PamModule(match[2], match[3].rpartition("/")[2], tuple(match[4].split()))
