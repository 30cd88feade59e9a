"""How each platform is told to take lines, to keep them, and to go back by itself. Pure.

The words are the makers': "Configuration Replace and Configuration Rollback" of IOS and IOS-XE,
"configure session" and "commit timer" of EOS, "commit confirmed" of Junos.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from inventory.gear import Platform

_MOST_MINUTES = 120


@dataclass(frozen=True, slots=True)
class Trial:
    """How lines are tried: the device goes back by itself unless they are confirmed.

    `{minutes}`, `{clock}` and `{session}` are filled in by `told`.
    """

    enter: str
    """Instead of `Dialect.enter`."""
    confirm: tuple[str, ...]
    """From a fresh login."""
    back: tuple[str, ...]
    """Makes it go back at once."""
    keep: tuple[str, ...] = ()
    """After the last line: makes all of them active, for the time being."""
    needs: re.Pattern[str] | None = None
    """What its configuration must have for that."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's words."""

    device_type: str
    """netmiko's name of it."""
    enter: str = "configure terminal"
    leave: tuple[str, ...] = ("end",)
    keep: tuple[str, ...] = ()
    """After the last line, where lines are a draft until then."""
    abandon: tuple[str, ...] = ()
    """After a refused line, where lines are a draft: throws them away."""
    save: tuple[str, ...] = ()
    """Makes it survive a restart; empty where that needs no word of its own."""
    trial: Trial | None = None
    alone: str = ""
    """What becomes of the device when it is cut off and has no trial."""

    def trial_on(self, running: str) -> Trial | None:
        """The trial, if the device with this configuration can have it."""
        if self.trial is None or self.trial.needs is None or self.trial.needs.search(running):
            return self.trial
        return None


_UNSAVED = "nothing is saved before a fresh login, so that a restart brings the old lines back"
_IOS = Trial(
    enter="configure terminal revert timer {minutes}",
    confirm=("configure confirm",),
    back=("configure revert now",),
    needs=re.compile(r"^archive\n(?: .*\n)*? path ", re.MULTILINE),
)
_NO_ARCHIVE = f"it has no `archive` with a `path`, which its revert timer needs; {_UNSAVED}"
DIALECTS: Mapping[Platform, Dialect] = MappingProxyType(
    {
        Platform.IOS: Dialect("cisco_ios", save=("write memory",), trial=_IOS, alone=_NO_ARCHIVE),
        Platform.IOSXE: Dialect("cisco_xe", save=("write memory",), trial=_IOS, alone=_NO_ARCHIVE),
        Platform.NXOS: Dialect(
            "cisco_nxos", save=("copy running-config startup-config",), alone=_UNSAVED
        ),
        Platform.EOS: Dialect(
            "arista_eos",
            save=("write memory",),
            trial=Trial(
                enter="configure session {session}",
                keep=("commit timer {clock}",),
                confirm=("configure session {session} commit",),
                back=("configure session {session} abort",),
            ),
        ),
        Platform.JUNOS: Dialect(
            "juniper_junos",
            enter="configure exclusive",
            leave=("exit configuration-mode",),
            keep=("commit",),
            abandon=("rollback 0",),
            trial=Trial(
                enter="configure exclusive",
                keep=("commit confirmed {minutes}",),
                confirm=("configure exclusive", "commit", "exit configuration-mode"),
                back=("configure exclusive", "rollback 1", "commit", "exit configuration-mode"),
            ),
        ),
        Platform.FORTIOS: Dialect(
            "fortinet", enter="", leave=(), alone="each line is saved as soon as it is sent"
        ),
        Platform.FRR: Dialect("cisco_ios", save=("write memory",), alone=_UNSAVED),
    }
)


def told(command: str, run: str, patience_s: int) -> str:
    """A trial's command with its time and name. A device counts in whole minutes."""
    minutes = min(_MOST_MINUTES, max(1, -(-patience_s // 60)))
    return command.format(
        minutes=minutes,
        clock=f"{minutes // 60:02d}:{minutes % 60:02d}:00",
        session=re.sub(r"[^A-Za-z0-9]", "", run)[:32],
    )


def commands(lines: Iterable[str]) -> Iterator[str]:
    """What is sent at once: each line, and a banner with all of its lines up to its end."""
    banner: list[str] = []
    for line in lines:
        if banner or line.startswith("banner "):
            banner.append(line)
            if len(banner) > 1 and line in {"^C", "EOF"}:
                yield "\n".join(banner)
                banner = []
        else:
            yield line
    yield from banner
