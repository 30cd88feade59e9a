"""AIDE: a database of the host's files, a daily check against it, and what that has found.

Making the database takes minutes on a large host, so it is made detached: an apply only starts it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, PackageChange, ServiceChange, file_change
from deploy.hardening.slots import slot_of
from deploy.rendering import render
from inventory.facts import integrity as facts_of_integrity
from inventory.facts.collect import HostFacts
from inventory.facts.integrity import (
    CHECK_SERVICE,
    CHECK_TIMER,
    CHECKER,
    CONFIGURATION,
    DATABASE,
    RENEW_SERVICE,
    RENEW_UNIT,
    RESULT,
    IntegrityFacts,
)
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("integrity",)
AFTER = ("updates",)
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("aide",)
"""Not aide-common: its rules are for every host there is, and its installation takes minutes."""
applies = everywhere

_TIMER = "dailyaidecheck.timer"


@dataclass(frozen=True, slots=True)
class IntegrityDesired:
    """When the host is checked."""

    calendar: str
    """systemd.time(7)."""

    @property
    def texts(self) -> dict[str, tuple[str, int]]:
        """Path -> text and mode."""
        checker = render(
            "check-integrity.sh.j2", database=DATABASE, result=RESULT, configuration=CONFIGURATION
        )
        return {
            CONFIGURATION: (render("aide.conf.j2", database=DATABASE), 0o600),
            CHECKER: (checker, 0o700),
            CHECK_SERVICE: (render("aide-check.service.j2", checker=CHECKER), 0o644),
            CHECK_TIMER: (render("aide-check.timer.j2", calendar=self.calendar), 0o644),
            RENEW_SERVICE: (render("integrity-renew.service.j2", checker=CHECKER), 0o644),
        }


def desired(center: Center, device: Device) -> IntegrityDesired:
    """In the hour after the host's updates."""
    calendar = slot_of(center, device).before(-1).calendar(center.timezone, minute=30)
    return IntegrityDesired(calendar)


def diff(wanted: IntegrityDesired, facts: IntegrityFacts) -> Difference:
    """The packages and files, the timer, and a database where there is none."""
    changes: list[Change] = []
    missing = tuple(name for name in PACKAGES if name not in facts.installed)
    if missing:
        changes.append(PackageChange(names=missing))
    files = [
        change
        for path, (text, mode) in wanted.texts.items()
        if (change := file_change(file_at(facts.files, path), text, mode=mode)) is not None
    ]
    changes += files
    paths = {file.path for file in files}
    changes += _timer(facts, bool(paths & {CHECK_SERVICE, CHECK_TIMER}))
    is_due = not facts.has_database or CONFIGURATION in paths
    if is_due and not facts.is_building and not facts.has_failed:
        changes.append(
            CommandChange(
                title="begin to make the database of the host's files",
                command=(
                    "sh",
                    "-c",
                    f"systemctl daemon-reload; systemctl start --no-block {RENEW_UNIT}",
                ),
                again_on_undo=False,
            )
        )
    return Difference(tuple(changes), unmet=tuple(_unmet(facts)), notes=tuple(_notes(facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_integrity))


def _timer(facts: IntegrityFacts, changed: bool) -> Iterator[Change]:
    timer = unit_named(facts.units, _TIMER)
    if timer.enabled == "masked":
        yield ServiceChange(unit=_TIMER, action="unmask", reason="the files have to be checked")
    if not timer.is_enabled:
        yield ServiceChange(unit=_TIMER, action="enable")
    if changed and timer.enabled != "masked":
        yield ServiceChange(unit=_TIMER, action="restart", reason="its files")
    elif not timer.is_running:
        yield ServiceChange(unit=_TIMER, action="start", reason="it does not run")


def _unmet(facts: IntegrityFacts) -> Iterator[str]:
    if facts.has_failed:
        yield f"the database of its files could not be made: see `journalctl -u {RENEW_UNIT}`"
    if facts.result == "differs":
        yield (
            f"{facts.differences} of its files differ from the database since"
            f" {_when(facts.checked_at)}: see `journalctl -t aide-check`, and when they are right,"
            f" `systemctl start {RENEW_UNIT}`"
        )
    elif facts.result == "failed" and not facts.has_failed:
        yield "the last check of its files did not end: see `journalctl -t aide-check`"


def _notes(facts: IntegrityFacts) -> Iterator[str]:
    if facts.is_building:
        yield "not proven: the database of its files is being made"
    elif facts.has_database:
        yield f"database of {_when(facts.made_at)}, sha256 {facts.digest}"


def _when(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
