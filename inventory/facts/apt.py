"""Where a host's packages come from, and whether apt insists on signatures."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inventory.facts.area import parsed, tagged

# A password in a source's address is cut out before it leaves the host.
SCRIPT = """\
clean() { sed -e 's#://[^/@ ]*@#://***@#g'; }
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  if [ -f "$file" ]; then clean <"$file" | tag line; fi
done
for file in /etc/apt/sources.list.d/*.sources; do
  if [ -f "$file" ]; then { clean <"$file"; echo; echo; } | tag stanza; fi
done
apt-config dump --format '%f %v%n' | grep -E 'Allow|Insecure|Unauthenticated' | tag option
{ echo 0; find /var/lib/apt/lists -maxdepth 1 -name '*InRelease' -printf '%Ts\\n'; } |
  sort -n | tail -n 1 | tag refreshed
date +%s | tag now
"""

_LINE = re.compile(r"^(deb|deb-src)\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)")
_YES = frozenset({"yes", "true", "1", "with", "on", "enable"})
_RISKY = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")


@dataclass(frozen=True, slots=True)
class Source:
    """One archive and suite that packages may come from; passwords are cut out."""

    uri: str
    suite: str
    unsafe: tuple[str, ...]
    """Options that switch signature checks off: `trusted`, `allow-insecure` …"""


@dataclass(frozen=True, slots=True)
class AptFacts:
    """sources.list(5) and the options that weaken it."""

    sources: tuple[Source, ...]
    """Those in use; disabled ones are left out."""
    unsafe_options: tuple[str, ...]
    """Names of apt.conf(5) options that let unsigned packages in."""
    lists_age_s: int | None
    """Since the package lists were fetched last; None when they never were."""


def parse(text: str) -> AptFacts:
    """Raises `FactError` when a part is missing."""
    parts = tagged(text, "option", "refreshed", "now")
    refreshed = parsed("a time", int, parts["refreshed"][0])
    now = parsed("a time", int, parts["now"][0])
    return AptFacts(
        sources=(*_one_line(parts.get("line", ())), *_stanzas(parts.get("stanza", ()))),
        unsafe_options=tuple(_unsafe_options(parts["option"])),
        lists_age_s=now - refreshed if refreshed else None,
    )


def _one_line(rows: Iterable[str]) -> Iterator[Source]:
    for row in rows:
        if match := _LINE.match(row.strip()):
            options = dict(word.partition("=")[::2] for word in (match[2] or "").split())
            yield Source(match[3], match[4], _unsafe({k.lower(): v for k, v in options.items()}))


def _stanzas(rows: Iterable[str]) -> Iterator[Source]:
    fields: dict[str, str] = {}
    for row in (*rows, ""):
        if row.startswith((" ", "\t")) and fields:
            last = next(reversed(fields))
            fields[last] += " " + row.strip()
        elif ":" in row and not row.startswith("#"):
            name, _, value = row.partition(":")
            fields[name.strip().lower()] = value.strip()
        elif not row.strip():
            yield from _of_stanza(fields)
            fields = {}


def _of_stanza(fields: dict[str, str]) -> Iterator[Source]:
    if fields.get("enabled", "yes").lower() not in _YES:
        return
    for uri in fields.get("uris", "").split():
        for suite in fields.get("suites", "").split():
            yield Source(uri, suite, _unsafe(fields))


def _unsafe(options: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for name in _RISKY if options.get(name, "no").lower() in _YES)


def _unsafe_options(rows: Iterable[str]) -> Iterator[str]:
    for row in rows:
        name, _, value = row.partition(" ")
        weakens = "insecure" in name.lower() or "unauthenticated" in name.lower()
        if weakens and value.strip().lower() in _YES:
            yield name
