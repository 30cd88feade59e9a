"""The desktop's settings that nobody at a console can change: dconf keys, their values and locks.

Keys and values are GNOME's, from the schemas of gsettings-desktop-schemas, gnome-shell, mutter and
gnome-settings-daemon as Debian 12 and 13 have them. The benchmarks of CIS and STIG name the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from inventory.baseline import Baseline
from inventory.desks import Desk

_SHELL = "/org/gnome/shell"
_DESKTOP = "/org/gnome/desktop"
_DAEMON = "/org/gnome/settings-daemon/plugins"
_TERMINALS = 12
"""Ctrl+Alt+F1 to F12 lead out of the session."""

COMPILE = ("sh", "-c", "umask 022 && dconf update")
"""Makes the databases anew; without the umask nobody but root could read them."""

_LOCKED: Mapping[str, str] = {
    # No shell, no other user, no printing.
    f"{_DESKTOP}/lockdown/disable-command-line": "true",
    f"{_DESKTOP}/lockdown/disable-print-setup": "true",
    f"{_DESKTOP}/lockdown/disable-printing": "true",
    f"{_DESKTOP}/lockdown/disable-user-switching": "true",
    f"{_DESKTOP}/lockdown/disable-lock-screen": "false",
    f"{_DESKTOP}/lockdown/mount-removable-storage-devices-as-read-only": "true",
    f"{_DESKTOP}/lockdown/user-administration-disabled": "true",
    f"{_DESKTOP}/screensaver/user-switch-enabled": "false",
    f"{_DESKTOP}/wm/keybindings/panel-run-dialog": "@as []",
    f"{_DAEMON}/media-keys/terminal": "@as []",
    f"{_SHELL}/development-tools": "false",
    f"{_SHELL}/disable-user-extensions": "true",
    # A lock that tells nothing of what is behind it.
    f"{_DESKTOP}/notifications/show-in-lock-screen": "false",
    f"{_DESKTOP}/screensaver/lock-delay": "uint32 0",
    f"{_DAEMON}/media-keys/screensaver": "['<Super>l']",
    # Nothing that is plugged in opens or starts.
    f"{_DESKTOP}/media-handling/automount": "false",
    f"{_DESKTOP}/media-handling/automount-open": "false",
    f"{_DESKTOP}/media-handling/autorun-never": "true",
    # Nothing is remembered for the next shift, and nobody else sees the screen.
    f"{_DESKTOP}/privacy/remember-recent-files": "false",
    f"{_DESKTOP}/remote-desktop/rdp/enable": "false",
    f"{_DESKTOP}/remote-desktop/vnc/enable": "false",
    # A console that sleeps is a console that is out.
    f"{_DAEMON}/power/power-button-action": "'nothing'",
    f"{_DAEMON}/power/sleep-inactive-ac-timeout": "0",
    f"{_DAEMON}/power/sleep-inactive-ac-type": "'nothing'",
} | {
    f"/org/gnome/mutter/wayland/keybindings/switch-to-session-{number}": "@as []"
    for number in range(1, _TERMINALS + 1)
}


@dataclass(frozen=True, slots=True)
class IdleLock:
    """Whether an idle screen is locked, and why not."""

    after_s: int
    """0: never."""
    note: str = ""
    """What people should know of it: an exemption that holds, or one that has run out."""


def idle_lock(baseline: Baseline, desk: Desk | None, today: date) -> IdleLock:
    """The profile's time, unless an exemption for dispatch holds (CJIS AC-11)."""
    exemption = desk.dispatch if desk is not None else None
    if exemption is None:
        return IdleLock(baseline.console_lock_s)
    said = f"{exemption.reason} ({exemption.place}; approved by {exemption.approver})"
    if exemption.holds(today):
        return IdleLock(0, f"exempt from the idle lock until {exemption.expires}: {said}")
    return IdleLock(
        baseline.console_lock_s,
        f"the exemption from the idle lock ran out on {exemption.expires}: it is locked again",
    )


def settings(lock: IdleLock) -> dict[str, str]:
    """Every key with its value."""
    return {
        **_LOCKED,
        f"{_DESKTOP}/screensaver/lock-enabled": "true" if lock.after_s else "false",
        f"{_DESKTOP}/session/idle-delay": f"uint32 {lock.after_s}",
    }


def keyfile(values: Mapping[str, str]) -> str:
    """The text of a dconf keyfile (dconf(7))."""
    parts = sorted((*key.strip("/").rpartition("/"), value) for key, value in values.items())
    groups = (
        f"[{group}]\n" + "".join(f"{key}={value}\n" for _, _, key, value in lines)
        for group, lines in groupby(parts, key=lambda part: part[0])
    )
    return "# Written by Watchfloor; changes made here are drift.\n" + "\n".join(groups)


def locks(values: Mapping[str, str]) -> str:
    """The text of a dconf locks file."""
    head = "# Written by Watchfloor; changes made here are drift.\n"
    return head + "".join(f"{key}\n" for key in sorted(values))
