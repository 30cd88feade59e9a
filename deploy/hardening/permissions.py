"""Owners and modes: the files that guard a host, its logs, and what nobody should have left."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, CommandChange, ServiceChange, file_change
from deploy.live_change import Mode, ModeChange
from deploy.rendering import render
from inventory.facts import permissions as facts_of_permissions
from inventory.facts.collect import HostFacts
from inventory.facts.permissions import (
    APT_HOOK,
    LOOSE_LOGS,
    ROTATE_HOOK,
    WALK_FOLDER,
    WALK_SCRIPT,
    WALK_SERVICE,
    WALK_TIMER,
    PermissionsFacts,
    Status,
)
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("permissions",)
# Accounts and sudo rules are written first: their files are looked at here.
AFTER: tuple[str, ...] = ("accounts",)
RISKY = False
ADMIN_FIRST = False
applies = everywhere

_SHADOW = 0o640
_LOG_BITS = 0o640
_NAMED = 10
"""So many paths of a kind are named to people."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The most that a path may allow, and whose it is."""

    pattern: str
    most: int
    owner: str = "root"
    group: str = "root"
    """The group; `*` leaves it."""


_GUARDS = (
    Guard("/etc/passwd", 0o644),
    Guard("/etc/passwd-", 0o644),
    Guard("/etc/group", 0o644),
    Guard("/etc/group-", 0o644),
    # Debian's programs that check a password run with the group shadow: it has to stay.
    Guard("/etc/shadow", _SHADOW, group="shadow"),
    Guard("/etc/shadow-", _SHADOW, group="shadow"),
    Guard("/etc/gshadow", _SHADOW, group="shadow"),
    Guard("/etc/gshadow-", _SHADOW, group="shadow"),
    Guard("/etc/shells", 0o644),
    Guard("/etc/security/opasswd*", 0o600),
    Guard("/etc/sudoers", 0o440),
    Guard("/etc/sudoers.d", 0o750),
    Guard("/etc/sudoers.d/*", 0o440),
    Guard("/etc/ssh/ssh_host_*_key", 0o600),
    Guard("/etc/ssh/ssh_host_*_key.pub", 0o644),
    Guard("/boot/grub/*.cfg", 0o600),
    Guard("/root", 0o700),
    Guard("/home/*", 0o750, owner="*", group="*"),
    Guard("/var/log", 0o755, owner="*", group="*"),
)
_TEXTS = {
    APT_HOOK: "apt-logs.j2",
    ROTATE_HOOK: "logrotate-logs.conf.j2",
    WALK_SCRIPT: "walk.sh.j2",
    WALK_SERVICE: "walk.service.j2",
    WALK_TIMER: "walk.timer.j2",
}
_OTHERS_PLACES = ("/home/*", "/root/*", "/tmp/*", "/var/tmp/*")  # noqa: S108 - left to their owners
"""Where somebody else could put a link in a file's place while root changes its mode."""


@dataclass(frozen=True, slots=True)
class PermissionsDesired:
    """What the baseline accepts."""

    known_suid: frozenset[str]


def desired(center: Center, device: Device) -> PermissionsDesired:
    """From the baseline."""
    return PermissionsDesired(frozenset((device.baseline or center.baseline).known_suid))


def diff(wanted: PermissionsDesired, facts: PermissionsFacts) -> Difference:
    """A stricter mode than ours stays as it is."""
    entries = tuple(_guarded(facts.guarded))
    changes: list[Change] = [ModeChange(entries=entries)] if entries else []
    changes += [*_files(facts), *_logs(facts), *_walking(facts), *_shut(facts)]
    return Difference(
        tuple(changes), unmet=tuple(_unmet(wanted, facts)), notes=tuple(_notes(facts))
    )


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_permissions))


def _guarded(statuses: Iterable[Status]) -> Iterator[Mode]:
    for now in statuses:
        guard = next((one for one in _GUARDS if _matches(now.path, one.pattern)), None)
        if guard is None:
            continue
        owner = now.owner if guard.owner == "*" else guard.owner
        group = now.group if guard.group == "*" else guard.group
        mode = now.mode & guard.most
        if (mode, owner, group) != (now.mode, now.owner, now.group):
            yield _mode(now, mode, owner, group)


def _matches(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


def _mode(now: Status, mode: int, owner: str = "", group: str = "") -> Mode:
    return Mode(
        path=now.path,
        mode=mode,
        owner=owner or now.owner,
        group=group or now.group,
        before_mode=now.mode,
        before_owner=now.owner,
        before_group=now.group,
    )


def _files(facts: PermissionsFacts) -> Iterator[Change]:
    """What keeps log files from others when packages make them anew, and what walks."""
    found = [
        file_change(
            file_at(facts.files, path), render(template, find=LOOSE_LOGS, folder=WALK_FOLDER)
        )
        for path, template in _TEXTS.items()
    ]
    changes = [change for change in found if change is not None]
    yield from changes
    if any("systemd" in change.path for change in changes):
        yield CommandChange(
            title="let systemd read its units", command=("systemctl", "daemon-reload")
        )
    if any(change.path == APT_HOOK for change in changes):
        # The hook was not there yet when the areas before this one installed their packages.
        yield CommandChange(
            title="close the logs that this run's packages have made",
            command=("sh", "-c", f"{LOOSE_LOGS} -exec chmod u-x,g-wx,o-rwx {{}} +"),
            again_on_undo=False,
        )


def _logs(facts: PermissionsFacts) -> Iterator[Change]:
    """Log files as they are now."""
    if facts.loose_logs:
        entries = tuple(_mode(now, now.mode & _LOG_BITS) for now in facts.loose_logs)
        yield ModeChange(entries=entries)


def _walking(facts: PermissionsFacts) -> Iterator[Change]:
    """The host's own daily walk; the first one begins at once, and nobody waits for it."""
    timer = unit_named(facts.units, "watchfloor-walk.timer")
    if timer.enabled != "enabled":
        yield ServiceChange(unit=timer.name, action="enable")
    if not timer.is_running:
        yield ServiceChange(unit=timer.name, action="start", reason="it does not run")
    if not facts.walk and not facts.is_walking:
        begin = ("systemctl", "start", "--no-block", "watchfloor-walk.service")
        yield CommandChange(
            title="begin to look for files that nobody should have left",
            command=begin,
            again_on_undo=False,
        )


def _shut(facts: PermissionsFacts) -> Iterator[Change]:
    """Nobody but its owner and group writes a file any more."""
    entries = tuple(
        _mode(now, now.mode & ~0o002) for now in facts.open_to_all if not _is_others(now.path)
    )
    if entries:
        yield ModeChange(entries=entries)


def _is_others(path: str) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in _OTHERS_PLACES)


def _unmet(wanted: PermissionsDesired, facts: PermissionsFacts) -> Iterator[str]:
    unknown = [now.path for now in facts.set_id if not _is_known(now.path, wanted, facts)]
    yield from _named("run with their owner's rights and belong to no package", unknown)
    yield from _named("belong to nobody", [now.path for now in facts.unowned])
    if facts.walk == "old":
        yield "the last walk over its files is older than three days; see watchfloor-walk.service"


def _is_known(path: str, wanted: PermissionsDesired, facts: PermissionsFacts) -> bool:
    names = {path, path.removeprefix("/usr")}
    return bool(names & facts.packaged) or path in wanted.known_suid


def _named(what: str, paths: list[str]) -> Iterator[str]:
    if paths:
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        yield f"{', '.join(paths[:_NAMED])}{more} {what}"


def _notes(facts: PermissionsFacts) -> Iterator[str]:
    if not facts.walk:
        yield "not proven: the first walk over its files has not ended"
    theirs = [now.path for now in facts.open_to_all if _is_others(now.path)]
    yield from _named("may be written by everybody; shutting them is left to their owners", theirs)
