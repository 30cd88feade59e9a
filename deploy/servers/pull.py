"""Hosts with `pull: true` converge themselves: the program, whose bundles count, and a timer.

On a monitor the program is the other area's; elsewhere it comes with this one. Nothing that is
pulled changes any of it: that a host follows somebody else would be a change nobody confirms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.area import Difference, Vantage
from deploy.change import Change, CommandChange, FileChange, ServiceChange, file_change
from deploy.pull.timer import PullTimer
from deploy.rendering import render
from deploy.secret_text import SecretCheck, marker
from deploy.servers.program import (
    PACKAGES,
    ProgramDesired,
    desired_program,
    forgetting,
    installing,
    switching,
)
from deploy.servers.prometheus import monitors
from inventory.facts import pull as facts_of_pull
from inventory.facts import watchfloor as facts_of_watchfloor
from inventory.facts.collect import HostFacts
from inventory.facts.pull import (
    ENVIRONMENT,
    SERVICE,
    SERVICE_FILE,
    SIGNERS,
    TIMER,
    TIMER_FILE,
    PullFacts,
)
from inventory.facts.textfile import file_at
from inventory.facts.watchfloor import CURRENT, WatchfloorFacts
from inventory.model import Center, Device
from inventory.settings import Settings
from inventory.upkeep import Pull

__all__ = ["ADMIN_FIRST", "AFTER", "FACTS", "PACKAGES", "RISKY", "applies", "difference"]

FACTS = ("watchfloor", "pull")
AFTER = ("firewall", "watchfloor")
RISKY = False
ADMIN_FIRST = False


@dataclass(frozen=True, slots=True)
class PullDesired:
    """What a host pulls with."""

    program: ProgramDesired | None
    """None where another area brings it."""
    files: dict[str, tuple[str, int]]
    """Path -> text and mode."""


def applies(center: Center, device: Device) -> bool:
    """See `deploy.area.HostArea`."""
    return device.pull and center.pull is not None


def desired(center: Center, device: Device, vantage: Vantage) -> PullDesired:
    """From the inventory and the controller's own key. Raises `WatchfloorError`."""
    assert center.pull is not None, "`applies` says so"
    is_brought = device in monitors(center)
    program = None if is_brought else desired_program(device, vantage.cargo.release)
    return PullDesired(program, texts(center.pull, device, vantage.cargo.signers))


def texts(pull: Pull, device: Device, signers: str) -> dict[str, tuple[str, int]]:
    """Path -> text and mode; what a unit reads comes before it."""
    settings = Settings.from_environment(
        {"WATCHFLOOR_MONITOR_URL": ",".join(pull.monitors)}, root=True
    )
    bundle = f"{pull.source.rstrip('/')}/{device.name}.bundle"
    words = ("pull", "--bundle", bundle, "--allowed-signers", SIGNERS, "--device", device.name)
    units = PullTimer(Path(CURRENT) / "bin/python", words, settings).texts
    return {
        SIGNERS: (signers, 0o644),
        ENVIRONMENT: (render("pull.environment.j2", token=marker(pull.token)), 0o600),
        SERVICE_FILE: (units[SERVICE], 0o644),
        TIMER_FILE: (units[TIMER], 0o644),
    }


def diff(
    wanted: PullDesired, program: WatchfloorFacts, facts: PullFacts, secrets: SecretCheck
) -> Difference:
    """The program, the files and the timer."""
    before: tuple[Change, ...] = ()
    after: tuple[Change, ...] = ()
    if wanted.program is not None:
        before = (*installing(wanted.program, program), *switching(wanted.program, program))
        after = tuple(forgetting(wanted.program, program))
    files = tuple(_files(wanted, facts, secrets))
    return Difference((*before, *files, *_timer(facts, files), *after))


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    if not center.release:
        note = (
            "the center names no `release`, so that nothing pulls; make one: `watchfloor release`"
        )
        return Difference(notes=(note,))
    wanted = desired(center, device, vantage)
    return diff(wanted, facts.read(facts_of_watchfloor), facts.read(facts_of_pull), vantage.secrets)


def _files(wanted: PullDesired, facts: PullFacts, secrets: SecretCheck) -> Iterator[FileChange]:
    for path, (text, mode) in wanted.files.items():
        has_secret = secrets if path == ENVIRONMENT else None
        change = file_change(file_at(facts.files, path), text, mode=mode, secrets=has_secret)
        if change is not None:
            yield change.model_copy(update={"quoted": path == ENVIRONMENT})


def _timer(facts: PullFacts, files: tuple[FileChange, ...]) -> Iterator[Change]:
    units = {file.path for file in files} & {SERVICE_FILE, TIMER_FILE}
    if units:
        yield CommandChange(
            title="have systemd read its units again", command=("systemctl", "daemon-reload")
        )
    if not facts.timer.is_enabled:
        yield ServiceChange(unit=TIMER, action="enable")
    if not facts.timer.is_running:
        yield ServiceChange(unit=TIMER, action="start", reason="it does not run")
    elif units:
        yield ServiceChange(unit=TIMER, action="restart", reason="its files")
