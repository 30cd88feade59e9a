"""Reads all areas with one command: makes the shell script, and takes its output apart again."""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from inventory.facts.area import Area, FactError, area_name
from inventory.facts.registry import area as find_area

T = TypeVar("T")

FORMAT = 1
SECTION_LIMIT = 256 * 1024
"""Octets that one area may print; more is cut off and makes the section unusable."""
SECTION_TIMEOUT_S = 20
AREA_LIMIT = 64

PRELUDE = """\
tag() { sed -e "s/^/$1	/" -e '$a\\'; }
"""
"""Put before each area's script. `tag NAME` marks every line of its input as the part NAME's."""

# The token is drawn on the host at run time: no file there can know it, so none can contain a line
# that looks like a frame. fd 4 is the real stdout; the status travels on fd 3 past the pipe.
_OPENING = """\
set -u
LC_ALL=C; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset ENV BASH_ENV CDPATH
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')
exec 4>&1
printf 'watchfloor-facts %s %s\\n' {format} "$token"
read_area() {{
  printf '%s begin %s\\n' "$token" "$1"
  code=$({{ {{ timeout -k 2 {timeout} sh -c "$2" 3>&- 4>&- 2>/dev/null </dev/null; echo $? >&3; }} |
    head -c {limit} >&4; }} 3>&1)
  printf '\\n%s end %s %s\\n' "$token" "$1" "$code"
}}
"""
_CLOSING = "printf '%s done\\n' \"$token\"\n"
_HEADER = re.compile(r"^watchfloor-facts (\d{1,4}) ([0-9a-f]{32})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """What one area's script printed."""

    text: str
    exit_code: int
    """0 when the text is complete; 124 or 137 when the script ran out of time."""

    @property
    def complaint(self) -> str:
        """Why the text cannot be trusted to be complete; empty when it can."""
        if self.exit_code in (124, 137):
            return f"took longer than {SECTION_TIMEOUT_S} s"
        if len(self.text.encode(errors="surrogateescape")) > SECTION_LIMIT:
            return f"printed more than {SECTION_LIMIT // 1024} KiB"
        if self.exit_code != 0:
            return f"ended with status {self.exit_code}"
        return ""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """All that was read from one host in one go."""

    sections: Mapping[str, Section]
    _parsed: dict[str, object] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was read before: several areas ask for the same facts."""

    def read(self, area: Area[T]) -> T:
        """The parsed facts of an area: `facts.read(sshd).max_auth_tries`.

        Raises `FactError` when the area was not read, not wholly, or is not understood.
        """
        name = area_name(area)
        if name in self._parsed:
            return cast(T, self._parsed[name])
        section = self.sections.get(name)
        if section is None:
            raise FactError(f"{name}: was not read from the host")
        if section.complaint:
            raise FactError(f"{name}: reading it {section.complaint}")
        try:
            parsed = self._parsed[name] = area.parse(section.text)
        except FactError as error:
            raise FactError(f"{name}: {error}") from error
        return parsed


def batch(area_names: Iterable[str]) -> str:
    """One POSIX sh script that prints these areas, framed. It reads only, and wants to be root.

    It is the same text each time, so a host can also keep it as its audit account's one command.
    """
    opening = _OPENING.format(format=FORMAT, timeout=SECTION_TIMEOUT_S, limit=SECTION_LIMIT + 1)
    calls = (
        f"read_area {name} {shlex.quote(PRELUDE + find_area(name).SCRIPT)}\n"
        for name in dict.fromkeys(area_names)
    )
    return opening + "".join(calls) + _CLOSING


def reader_script(area_names: Iterable[str]) -> str:
    """The file at `area.READER`: `batch`, to be run by the audit account's forced command."""
    return (
        "#!/bin/sh\n# Written by Watchfloor; changes made here are drift. It only reads.\n"
        + batch(area_names)
    )


def split(output: str) -> dict[str, Section]:
    """The sections of what `batch` printed, by area, in the order in which they were read.

    What comes before the first frame (a login message) is ignored. Raises `FactError` when the
    output is of another format or ends too early.
    """
    header = _HEADER.search(output)
    if header is None:
        raise FactError("the host did not answer with facts; is its reader script intact?")
    if int(header[1]) != FORMAT:
        raise FactError(
            f"the host answers in facts format {header[1]}, this version reads {FORMAT}"
        )
    token = header[2]
    body = output[header.end() + 1 :]
    frame = re.compile(
        rf"^{token} begin ([a-z_]{{1,40}})\n(.*?)\n{token} end \1 (\d{{1,3}})\n", re.DOTALL
    )
    sections: dict[str, Section] = {}
    position = 0
    while (match := frame.match(body[position:])) and len(sections) < AREA_LIMIT:
        sections[match[1]] = Section(match[2], int(match[3]))
        position += match.end()
    if not body[position:].startswith(f"{token} done"):
        raise FactError("the host's answer ends in the middle; read it again")
    return sections


def host_facts(output: str) -> HostFacts:
    """The facts in what `batch` printed; see `split`."""
    return HostFacts(split(output))
