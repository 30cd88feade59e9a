"""Owners and modes of files that guard a host, and what its own daily walk over its disks found."""

from dataclasses import dataclass, field
from typing import Literal, cast

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

APT_HOOK = "/etc/apt/apt.conf.d/99watchfloor-logs"
ROTATE_HOOK = "/etc/systemd/system/logrotate.service.d/10-watchfloor.conf"
WALK_FOLDER = "/var/lib/watchfloor"
WALK = f"{WALK_FOLDER}/walk"
WALK_SCRIPT = "/usr/local/sbin/watchfloor-walk"
WALK_SERVICE = "/etc/systemd/system/watchfloor-walk.service"
WALK_TIMER = "/etc/systemd/system/watchfloor-walk.timer"
MOST_FOUND = 300
"""Paths of one kind that a host names; nobody would read more."""

LOOSE_LOGS = (
    "find /var/log -xdev -type f -perm /0137"
    " ! -name 'wtmp*' ! -name 'btmp*' ! -name 'lastlog*' ! -name 'faillog*' ! -name 'tallylog*'"
    " ! -path '/var/log/journal/*'"
)
"""Log files that others may read, or more than their owner may write; utmp's have their own."""

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
status() {{
  count=$#
  for path in "$@"; do
    if [ -e "$path" ] && [ ! -h "$path" ]; then set -- "$@" "$path"; fi
  done
  shift "$count"
  [ $# = 0 ] || stat -c 'status	%a %U %G %n' -- "$@"
}}
status /etc/passwd /etc/passwd- /etc/group /etc/group- /etc/shadow /etc/shadow- /etc/gshadow \\
  /etc/gshadow- /etc/shells /etc/security/opasswd /etc/security/opasswd.old /etc/sudoers \\
  /etc/sudoers.d /etc/sudoers.d/* /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub \\
  /boot/grub/grub.cfg /boot/grub/user.cfg /root /home/* /var/log || exit 1
for path in {APT_HOOK} {ROTATE_HOOK}; do show_file "$path" || exit 1; done
{LOOSE_LOGS} -printf '%m %u %g %p\\n' | head -n {MOST_FOUND} | tag log
for path in {WALK_SCRIPT} {WALK_SERVICE} {WALK_TIMER}; do show_file "$path" || exit 1; done
show_unit watchfloor-walk.timer
systemctl show watchfloor-walk.service -p ActiveState --value | tag walking
[ -e {WALK} ] || exit 0
if [ -n "$(find {WALK} -mmin +4320)" ]; then echo old; else echo new; fi | tag walk
# What the walk found is looked at again: it may have been mended since.
again() {{
  sed -n "s|^$1 [0-7]* [^ ]* [^ ]* /|/|p" {WALK} | head -n {MOST_FOUND} | tr '\\n' '\\0' |
    xargs -0 -r sh -c "find \\"\\$@\\" -maxdepth 0 $2 -printf '%m %u %g %p\\\\n'" sh | tag "$1"
}}
again suid '-type f -perm /6000'
again open '-perm -0002 \\( -type f -o -type d ! -perm -1000 \\)'
again unowned '\\( -nouser -o -nogroup \\)'
# Before the merge of /usr, packages name /bin/su what is /usr/bin/su.
sed -n 's/^suid [0-7]* [^ ]* [^ ]* //p' {WALK} | sed -e 'p;s|^/usr/|/|' |
  grep -hxFf - /var/lib/dpkg/info/*.list | sort -u | tag packaged
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class Status:
    """One path, links not followed."""

    path: str
    mode: int
    """Permission bits with set-user-ID, set-group-ID and sticky."""
    owner: str
    """A number when the account is gone; so with the group."""
    group: str


def _found() -> tuple[Status, ...]:
    # It depends on when the host looked, and so does not tell one state of it from another.
    none: tuple[Status, ...] = field(default=(), metadata={"volatile": True})
    return none


@dataclass(frozen=True, slots=True)
class PermissionsFacts:
    """What exists of the guarded files, and what was found."""

    guarded: tuple[Status, ...]
    files: tuple[TextFile, ...]
    """Our own: what keeps log files from others, and what walks."""
    loose_logs: tuple[Status, ...]
    units: tuple[Unit, ...]
    set_id: tuple[Status, ...] = _found()
    """Programs that run with their owner's or group's rights."""
    packaged: frozenset[str] = field(default=frozenset(), metadata={"volatile": True})
    """Those of them that a package brought, with and without /usr."""
    open_to_all: tuple[Status, ...] = _found()
    """Files that everybody may write, and such folders without the sticky bit."""
    unowned: tuple[Status, ...] = _found()
    walk: Literal["", "new", "old"] = field(default="", metadata={"volatile": True})
    """Whether there was a walk, and whether the last one is older than three days."""
    is_walking: bool = field(default=False, metadata={"volatile": True})


def parse(text: str) -> PermissionsFacts:
    """Raises `FactError` for a line that is no file's status."""
    parts = tagged(text, "status")

    def statuses(name: str) -> tuple[Status, ...]:
        return tuple(status_line(line) for line in parts.get(name, ()) if line)

    return PermissionsFacts(
        guarded=statuses("status"),
        files=text_files(parts.get("file", ())),
        loose_logs=statuses("log"),
        set_id=statuses("suid"),
        packaged=frozenset(parts.get("packaged", ())),
        open_to_all=statuses("open"),
        unowned=statuses("unowned"),
        units=units(parts.get("unit", ())),
        walk=_walk(parts.get("walk", ("",))[0]),
        is_walking=parts.get("walking", ("",))[0] == "activating",
    )


def _walk(word: str) -> Literal["", "new", "old"]:
    if word in ("", "new", "old"):
        return cast(Literal["", "new", "old"], word)
    raise FactError(f"not the age of a walk: {word[:20]!r}")


def status_line(line: str) -> Status:
    """What `stat -c "%a %U %G %n"` says of one path. Raises `FactError`."""
    words = line.split(" ", 3)
    if len(words) != 4 or not words[3].startswith("/"):
        raise FactError(f"not the status of a file: {line[:80]!r}")
    mode = parsed("a file's mode", lambda word: int(word, 8), words[0])
    return Status(words[3], mode, words[1], words[2])
