"""The session that draws a wall: an account of its own, sway with its outputs, no way out of it.

Nobody sits at a wall processor: sway reads no keyboard and no mouse, has no key bindings and no
shell, and its account has neither a password nor sudo.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.change import Change, PackageChange, ServiceChange, file_change
from deploy.people_change import MemberChange, UserChange
from deploy.rendering import render
from deploy.walls.content import Content, content, is_processor
from inventory.facts import wall as facts_of_wall
from inventory.facts.collect import HostFacts
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.facts.wall import FOLDER, WallFacts
from inventory.model import Center, Device

FACTS = ("wall",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = is_processor

ACCOUNT = "wall"
NOLOGIN = "/usr/sbin/nologin"
CONFIG = f"{FOLDER}/sway.conf"
UNIT = "wall-session.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
_BROWSER = ("chromium", "chromium-sandbox")
_ALWAYS = ("fonts-dejavu-core", "grim", "mpv", "python3", "seatd", "sway")
PACKAGES = (*_ALWAYS, *_BROWSER)


@dataclass(frozen=True, slots=True)
class SessionDesired:
    """The session's packages and files."""

    packages: tuple[str, ...]
    config: str
    unit: str
    outputs: tuple[tuple[str, str, tuple[int, int]], ...]
    """Connector, mode and place, as sway should say them."""


def desired(center: Center, device: Device) -> SessionDesired:
    """From the device's wall."""
    shown = content(center, device)
    return SessionDesired(
        packages=PACKAGES if shown.pages else _ALWAYS,
        config=_config(shown),
        unit=render(
            "wall-session.service.j2",
            headless=shown.driver.headless,
            outputs=len(shown.outputs),
        ),
        outputs=tuple(
            (name, shown.wall.resolution, (picture.x, picture.y))
            for name, picture in shown.outputs.items()
        ),
    )


def diff(wanted: SessionDesired, facts: WallFacts) -> Difference:
    """Packages, the account, the files, and sway started anew when it runs with older ones."""
    changes: list[Change] = []
    missing = tuple(name for name in wanted.packages if name not in facts.installed)
    if missing:
        changes.append(PackageChange(names=missing))
    changes.extend(_account(facts))
    files = tuple(_files(wanted, facts))
    changes.extend(files)
    seat = unit_named(facts.units, "seatd.service")
    if not seat.is_enabled and "seatd" not in missing:
        changes.append(ServiceChange(unit="seatd.service", action="enable"))
    changes.extend(_session(wanted, facts, bool(files)))
    return Difference(tuple(changes))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_wall))


def _config(shown: Content) -> str:
    return render(
        "wall-sway.conf.j2",
        wall=shown.wall.name,
        outputs=shown.outputs.items(),
        resolution=shown.wall.resolution,
        headless=shown.driver.headless,
    )


def _account(facts: WallFacts) -> Iterator[Change]:
    if not facts.shell:
        yield UserChange(name=ACCOUNT, comment="Video wall", shell=NOLOGIN)
    # The card's render node, for players and browsers; sway itself asks seatd.
    for group in sorted(set(facts.groups) - set(facts.member_of)):
        yield MemberChange(user=ACCOUNT, group=group)


def _files(wanted: SessionDesired, facts: WallFacts) -> Iterator[Change]:
    for path, text in ((CONFIG, wanted.config), (UNIT_FILE, wanted.unit)):
        change = file_change(file_at(facts.files, path), text)
        if change is not None:
            yield change


def _session(wanted: SessionDesired, facts: WallFacts, files_change: bool) -> Iterator[Change]:
    unit = unit_named(facts.units, UNIT)
    if not unit.is_enabled:
        yield ServiceChange(unit=UNIT, action="enable")
    reason = _why_restart(wanted, facts, files_change)
    if reason:
        yield ServiceChange(unit=UNIT, action="restart", reason=reason)


def _why_restart(wanted: SessionDesired, facts: WallFacts, files_change: bool) -> str:
    if files_change:
        return "its configuration"
    if not unit_named(facts.units, UNIT).is_running:
        return "it does not run"
    if {f"{UNIT} {CONFIG}", f"{UNIT} {UNIT_FILE}"} & set(facts.stale):
        return "it runs with an older configuration than its files"
    if not facts.outputs:
        return "sway does not answer"
    driven = {output.name: output for output in facts.outputs}
    for name, mode, at in wanted.outputs:
        output = driven.get(name)
        # A cable that is out is the monitor's to tell; starting sway anew would not mend it.
        if output is not None and output.is_active and (output.mode, output.at) != (mode, at):
            return f"{name} shows {output.mode} at {output.at[0]},{output.at[1]}"
    return ""
