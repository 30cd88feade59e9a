"""A wall processor: its session, its players' programs and files, and what sway and systemd say."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

PROGRAMS = "/usr/local/lib/watchfloor"
FOLDER = "/etc/watchfloor/wall"
SOCKET = "/run/wall/sway.sock"
SHOWN = "/run/watchfloor-layout/wall.json"
LOGINS = f"{FOLDER}/streams"
"""The streams' logins: a credential, its user and its password in each line, with tabs between."""
PACKAGES = (
    "chromium",
    "chromium-sandbox",
    "fonts-dejavu-core",
    "grim",
    "mpv",
    "python3",
    "seatd",
    "snmpd",
    "sway",
    "swaybg",
)
UNITS = ("wall-session.service", "wall-status.service", "snmpd.service", "seatd.service")
FILES = (
    f"{FOLDER}/sway.conf",
    f"{FOLDER}/layouts.json",
    "/etc/systemd/system/wall-session.service",
    "/etc/systemd/system/wall-tile@.service",
    "/etc/systemd/system/wall-status.service",
    "/etc/snmp/snmpd.conf.d/wall.conf",
    "/etc/chromium/policies/managed/watchfloor.json",
)

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
for name in {" ".join(PACKAGES)}; do
  dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' $name | tag package
done
getent passwd wall | cut -d: -f7 | tag shell
id -nG wall | tag member
getent group video render | cut -d: -f1 | tag group
for path in {" ".join(FILES)} {PROGRAMS}/wall_control/*.py {PROGRAMS}/wall_status/*.py; do
  case $path in *'*'*) ;; *) show_file "$path" || exit 1 ;; esac
done
show_secret_file {LOGINS}
for name in {" ".join(UNITS)}; do
  show_unit $name
  at=$(systemctl show $name -p ActiveEnterTimestamp --value)
  [ -z "$at" ] || printf '%s %s\\n' "$(date -d "$at" +%s)" $name | tag since
done
stat -c '%Z %n' {" ".join(FILES)} | tag changed
if [ -S {SOCKET} ]; then timeout 3 swaymsg -s {SOCKET} -t get_outputs -r | tag outputs; fi
[ ! -f {SHOWN} ] || head -c 65536 {SHOWN} | tag shown
systemctl list-units --all --plain --no-legend 'wall-tile@*' | tag tile
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class SwayOutput:
    """An output as sway drives it."""

    name: str
    is_active: bool
    mode: str
    """`1920x1080`."""
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class WallFacts:
    """What makes a host a wall processor."""

    installed: tuple[str, ...]
    shell: str
    """The wall's account; empty when there is none."""
    member_of: tuple[str, ...]
    groups: tuple[str, ...]
    """Those of `video` and `render` that there are."""
    files: tuple[TextFile, ...]
    units: tuple[Unit, ...]
    stale: tuple[str, ...]
    """Units that began before one of the files was changed: `unit path`."""
    outputs: tuple[SwayOutput, ...]
    """Empty when sway does not run."""
    shown_layout: str
    """The layout on the wall, and below the digest of the layouts file that it came from."""
    shown_digest: str
    shown_tiles: tuple[str, ...]
    running_tiles: tuple[str, ...] = field(metadata={"volatile": True})
    """The tiles whose unit runs, or is about to run again."""


def parse(text: str) -> WallFacts:
    """Raises `FactError` for what is not as dpkg, systemctl or sway print it."""
    parts = tagged(text, "unit")
    shown = _json("the shown layout", parts.get("shown", ())) or {}
    if not isinstance(shown, dict):
        raise FactError("the shown layout is no mapping")
    tiles = shown.get("tiles")
    return WallFacts(
        installed=tuple(
            line.partition(" ")[2]
            for line in parts.get("package", ())
            if line.startswith("installed ")
        ),
        shell=next(iter(parts.get("shell", ())), ""),
        member_of=tuple(sorted(" ".join(parts.get("member", ())).split())),
        groups=tuple(name for name in parts.get("group", ()) if name),
        files=text_files(parts.get("file", ())),
        units=units(parts["unit"]),
        stale=_stale(parts),
        outputs=_outputs(_json("sway's outputs", parts.get("outputs", ()))),
        shown_layout=str(shown.get("layout", "")),
        shown_digest=str(shown.get("digest", "")),
        shown_tiles=tuple(sorted(tiles)) if isinstance(tiles, dict) else (),
        running_tiles=_running(parts.get("tile", ())),
    )


def _stale(parts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    since, changed = _times(parts.get("since", ())), _times(parts.get("changed", ()))
    return tuple(
        f"{unit} {path}"
        for unit, began in sorted(since.items())
        for path, at in sorted(changed.items())
        if at > began
    )


def _times(lines: Sequence[str]) -> dict[str, int]:
    pairs = (line.partition(" ")[::2] for line in lines if line)
    return {name: parsed(f"the time of {name}", int, time) for time, name in pairs}


def _json(what: str, lines: Sequence[str]) -> object:
    text = "\n".join(lines).strip()
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FactError(f"{what}: no JSON") from error


def _outputs(said: object) -> tuple[SwayOutput, ...]:
    if said is None:
        return ()
    if not isinstance(said, list):
        raise FactError("sway's outputs are no list")
    return tuple(_output(one) for one in said[:64] if isinstance(one, dict))


def _output(said: Mapping[str, object]) -> SwayOutput:
    mode, rect = said.get("current_mode"), said.get("rect")
    sizes = mode if isinstance(mode, dict) else {}
    place = rect if isinstance(rect, dict) else {}
    return SwayOutput(
        name=str(said.get("name", "")),
        is_active=said.get("active") is True,
        mode=f"{sizes.get('width', 0)}x{sizes.get('height', 0)}",
        at=(int(place.get("x", 0)), int(place.get("y", 0))),
    )


def _running(lines: Sequence[str]) -> tuple[str, ...]:
    """From `systemctl list-units --plain`: unit, load, active, sub, description."""
    words = (line.split(None, 4) for line in lines)
    return tuple(
        unit[0].removeprefix("wall-tile@").removesuffix(".service")
        for unit in words
        if len(unit) >= 3 and unit[2] in ("active", "activating", "reloading")
    )
