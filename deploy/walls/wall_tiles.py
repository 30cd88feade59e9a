"""What the wall shows: layouts as data, the program that shows them, and a unit for each tile."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.browsers import CHROMIUM_POLICY, kiosk_policy
from deploy.change import Change, CommandChange, RemovalChange, file_change
from deploy.rendering import render
from deploy.secret_text import SecretCheck, marker
from deploy.walls import program
from deploy.walls.content import content, is_processor
from inventory.facts import wall as facts_of_wall
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.wall import FOLDER, LOGINS, PROGRAMS, WallFacts
from inventory.model import Center, Device

FACTS = ("wall",)
AFTER = ("wall_session",)
RISKY = False
ADMIN_FIRST = False
applies = is_processor

LAYOUTS = f"{FOLDER}/layouts.json"
TILE_UNIT = "/etc/systemd/system/wall-tile@.service"
CONTROL = ("/usr/bin/python3", f"{PROGRAMS}/wall_control")


@dataclass(frozen=True, slots=True)
class TilesDesired:
    """The tiles' files."""

    program: Mapping[str, str]
    unit: str
    files: Mapping[str, str]
    """The layouts, and the browser's policy where a page is shown."""
    logins: str
    """The streams' logins, with markers for their passwords; empty when none needs one."""
    digest: str
    """Of the layouts."""


def desired(center: Center, device: Device) -> TilesDesired:
    """From the layouts of the device's wall."""
    shown = content(center, device)
    files = {LAYOUTS: shown.text}
    if shown.pages:
        files[CHROMIUM_POLICY] = kiosk_policy(shown.pages)
    return TilesDesired(
        program=program.program("wall_control"),
        unit=render("wall-tile.service.j2", logins=LOGINS if shown.logins else ""),
        files=files,
        logins=_logins(center, shown.logins),
        digest=shown.digest,
    )


def diff(wanted: TilesDesired, facts: WallFacts, secrets: SecretCheck) -> Difference:
    """Files, then the tiles started anew if their program is another, then the layout shown."""
    programs: list[Change] = list(program.changes(dict(wanted.program), facts.files))
    unit = file_change(file_at(facts.files, TILE_UNIT), wanted.unit)
    logins = _logins_change(wanted, facts, secrets)
    programs.extend(change for change in (unit, logins) if change is not None)
    files = list(_files(wanted, facts))
    changes: list[Change] = [*programs, *files]
    if programs:
        changes.append(_restart())
    if changes or _why_show(wanted, facts):
        changes.append(_show(_why_show(wanted, facts)))
    return Difference(tuple(changes))


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_wall), vantage.secrets)


def _logins(center: Center, names: frozenset[str]) -> str:
    lines = (f"{name}\t{center.credentials[name].user}\t{marker(name)}\n" for name in sorted(names))
    return "".join(lines)


def _files(wanted: TilesDesired, facts: WallFacts) -> Iterator[Change]:
    for path, text in wanted.files.items():
        change = file_change(file_at(facts.files, path), text)
        if change is not None:
            yield change


def _logins_change(wanted: TilesDesired, facts: WallFacts, secrets: SecretCheck) -> Change | None:
    file = file_at(facts.files, LOGINS)
    if wanted.logins:
        return file_change(file, wanted.logins, mode=0o600, secrets=secrets)
    return RemovalChange(path=LOGINS, reason="no stream needs a login") if file.exists else None


def _restart() -> CommandChange:
    script = "systemctl daemon-reload && systemctl try-restart 'wall-tile@*.service'"
    return CommandChange(
        title="start the tiles anew with their new program", command=("sh", "-c", script)
    )


def _show(reason: str) -> CommandChange:
    # An undo of the first apply leaves no program to show anything with.
    script = f"[ ! -e {CONTROL[-1]}/__main__.py ] || exec {shlex.join(CONTROL)} restore"
    return CommandChange(
        title=f"show the chosen layout{f' ({reason})' if reason else ''}",
        command=("sh", "-c", script),
    )


def _why_show(wanted: TilesDesired, facts: WallFacts) -> str:
    if facts.shown_digest != wanted.digest:
        return "what it shows was made from other layouts"
    stopped = sorted(set(facts.shown_tiles) - set(facts.running_tiles))
    if stopped:
        return f"tile {', '.join(stopped)} does not run"
    return ""
