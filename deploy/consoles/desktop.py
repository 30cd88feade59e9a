"""The desktop itself: GNOME without a terminal, its login screen, and where the monitors stand.

GNOME, because its settings can be locked for everybody (dconf), its monitors laid out for
everybody (mutter reads /etc/xdg/monitors.xml), Debian and Ubuntu both keep it, and the benchmarks
of CIS and STIG say what it should be set to. Rendered; no desktop runs in the lab.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.change import (
    Change,
    CommandChange,
    FileChange,
    PackageChange,
    ServiceChange,
    file_change,
)
from deploy.consoles.desktop_settings import applies as is_console
from deploy.consoles.settings import COMPILE, keyfile
from deploy.live_change import PurgeChange
from deploy.rendering import render
from inventory.desks import Desk, Screen
from inventory.facts import console as facts_of_console
from inventory.facts.collect import HostFacts
from inventory.facts.console import TERMINALS, ConsoleFacts
from inventory.facts.edid import Monitor
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("console",)
AFTER = ("desktop_settings",)
RISKY = False
ADMIN_FIRST = False
applies = is_console

GREETER = "/etc/dconf/db/gdm.d/10-watchfloor"
GREETER_PROFILE = "/etc/dconf/profile/gdm"
DAEMON = "/etc/gdm3/daemon.conf"
MONITORS = "/etc/xdg/monitors.xml"
PACKAGES = ("chromium", "chromium-sandbox", "firefox-esr", "gdm3", "gnome-session")
_PROFILE_TEXT = "user-db:user\nsystem-db:gdm\nfile-db:/var/lib/gdm3/greeter-dconf-defaults\n"


@dataclass(frozen=True, slots=True)
class DesktopDesired:
    """What the desktop is made of."""

    files: Mapping[str, str]
    """Path -> text."""
    screens: tuple[Screen, ...]
    """From the left."""


def desired(center: Center, device: Device) -> DesktopDesired:
    """The login screen shows the banner and no names; the monitors stand as the desk says."""
    base = device.baseline or center.baseline
    login = "/org/gnome/login-screen"
    banner = base.banner.strip("\n").replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    greeter = {
        f"{login}/banner-message-enable": "true",
        f"{login}/banner-message-text": f"'{banner}'",
        f"{login}/disable-restart-buttons": "true",
        f"{login}/disable-user-list": "true",
    }
    return DesktopDesired(
        files={
            GREETER_PROFILE: _PROFILE_TEXT,
            GREETER: keyfile(greeter),
            DAEMON: render("console-gdm.conf.j2"),
        },
        screens=(device.desk or Desk()).screens,
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """A screen with its place on the desktop, in pixels."""

    screen: Screen
    x: int
    width: int
    height: int
    primary: bool
    monitor: Monitor
    """mutter puts a monitor in its place only when it is this one."""


def placed(screens: tuple[Screen, ...], monitors: Iterable[Monitor]) -> tuple[Placed, ...]:
    """Side by side from the left, one of them primary, with the monitors that hang there."""
    there = {monitor.output: monitor for monitor in monitors}
    found: list[Placed] = []
    x = 0
    some = any(screen.primary for screen in screens)
    for number, screen in enumerate(screens):
        width, height = (int(part) for part in screen.resolution.split("x"))
        primary = screen.primary or (not some and number == 0)
        monitor = there.get(screen.output, Monitor(screen.output))
        found.append(Placed(screen, x, width, height, primary, monitor))
        x += height if screen.upright else width
    return tuple(found)


def diff(wanted: DesktopDesired, facts: ConsoleFacts) -> Difference:
    """Packages, files, and a system that starts into the desktop."""
    changes: list[Change] = []
    missing = tuple(name for name in PACKAGES if name not in facts.installed)
    if missing:
        changes.append(PackageChange(names=missing))
    terminals = tuple(name for name in TERMINALS if name in facts.installed)
    if terminals:
        changes.append(PurgeChange(names=terminals))
    files = list(_files(wanted, facts))
    changes.extend(files)
    if any(change.path in (GREETER, GREETER_PROFILE) for change in files):
        title = "make the login screen's database anew"
        changes.append(CommandChange(title=title, command=COMPILE))
    if facts.target != "graphical.target":
        changes.append(
            CommandChange(
                title="start into the desktop from the next start on",
                command=("systemctl", "set-default", "graphical.target"),
                again_on_undo=False,
                undo_with=("systemctl", "set-default", facts.target),
            )
        )
    unit = unit_named(facts.units, "gdm.service")
    if not unit.is_running and not missing:
        # While it runs it is left alone: starting it anew would end the operator's session.
        changes.append(ServiceChange(unit="gdm.service", action="start"))
    return Difference(tuple(changes), notes=_missing_screens(wanted, facts))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_console))


def _files(wanted: DesktopDesired, facts: ConsoleFacts) -> Iterator[FileChange]:
    texts = dict(wanted.files)
    if wanted.screens:
        screens = placed(wanted.screens, facts.monitors)
        texts[MONITORS] = render("console-monitors.xml.j2", screens=screens)
    for path, text in texts.items():
        change = file_change(file_at(facts.files, path), text)
        if change is not None:
            yield change


def _missing_screens(wanted: DesktopDesired, facts: ConsoleFacts) -> tuple[str, ...]:
    seen = {monitor.output for monitor in facts.monitors}
    names = [screen.output for screen in wanted.screens if screen.output not in seen]
    return tuple(f"no monitor hangs on {name} now, so it cannot be laid out" for name in names)
