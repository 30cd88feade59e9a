"""Who can log in and become root: local accounts, groups, keys and sudo rules, without any hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files

SCRIPT = (
    SHOW_FILE
    + r"""
tag passwd </etc/passwd || exit 1
tag group </etc/group || exit 1
awk -F: 'BEGIN { OFS = ":" } {
  state = "set"; hash = $2
  if (hash == "") state = "empty"
  else if (hash ~ /^[!*]/) { state = "locked"; sub(/^[!*]+/, "", hash) }
  method = "none"
  if (hash ~ /^\$/) { split(hash, part, "$"); method = part[2] } else if (hash != "") method = "des"
  print $1, state, method, $3, $5, $7, $8
}' /etc/shadow | tag shadow
for name in UID_MIN UID_MAX; do
  awk -v name=$name '$1 == name { print name, $2 }' /etc/login.defs | tag range
done
command -v visudo >/dev/null && echo yes | tag sudo
while IFS=: read -r name _ _ _ _ home shell; do
  case $shell in */nologin | */false | */sync) continue ;; esac
  case $home in /*) ;; *) continue ;; esac
  for file in "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2"; do
    if [ -e "$file" ] || [ -h "$file" ]; then show_file "$file" || exit 1; fi
  done
done </etc/passwd
for file in /etc/sudoers /etc/sudoers.d/*; do
  if [ -f "$file" ]; then show_file "$file" || exit 1; fi
done
"""
)

_NO_LOGIN = ("nologin", "false", "sync", "halt", "shutdown")


@dataclass(frozen=True, slots=True)
class Login:
    """One line of /etc/passwd with what /etc/shadow says about it, the hash left out."""

    name: str
    uid: int
    gid: int
    title: str
    home: str
    shell: str
    password: Literal["locked", "empty", "set"] = "locked"  # noqa: S105 - a state, no password
    method: str = "none"
    """The hash's algorithm as crypt(5) marks it: `y`, `6`, `des`; `none` without a hash."""
    changed_day: int | None = None
    """Days since 1970 of the last password change."""
    max_days: int | None = None
    inactive_days: int | None = None
    expires_day: int | None = None
    """Days since 1970; None for never."""

    @property
    def has_shell(self) -> bool:
        """Whether its shell lets someone work."""
        return self.shell.rpartition("/")[2] not in _NO_LOGIN

    @property
    def is_shut(self) -> bool:
        """Whether it was locked as an administrator locks people out: expired long ago."""
        return self.expires_day is not None and self.expires_day <= 1


@dataclass(frozen=True, slots=True)
class UnixGroup:
    """One line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountsFacts:
    """The local accounts of a host."""

    logins: tuple[Login, ...]
    groups: tuple[UnixGroup, ...]
    first_uid: int
    last_uid: int
    """The range of human accounts (login.defs UID_MIN, UID_MAX)."""
    has_sudo: bool
    files: tuple[TextFile, ...]
    """authorized_keys of accounts with a shell, /etc/sudoers and its drop-ins."""

    def login(self, name: str) -> Login | None:
        return next((login for login in self.logins if login.name == name), None)

    def groups_of(self, name: str) -> tuple[str, ...]:
        """The groups that list the account as a member; its own primary group is not among them."""
        return tuple(group.name for group in self.groups if name in group.members)

    @property
    def humans(self) -> tuple[Login, ...]:
        """Accounts in the human range with a shell."""
        return tuple(
            login
            for login in self.logins
            if self.first_uid <= login.uid <= self.last_uid and login.has_shell
        )

    def keys_of(self, login: Login) -> TextFile:
        """Its authorized_keys."""
        return file_at(self.files, f"{login.home}/.ssh/authorized_keys")

    @property
    def sudoers(self) -> tuple[TextFile, ...]:
        """/etc/sudoers and the drop-ins that sudo reads (sudoers(5): no dot, no trailing ~)."""
        return tuple(
            file
            for file in self.files
            if file.path == "/etc/sudoers"
            or (
                file.path.startswith("/etc/sudoers.d/")
                and "." not in file.path.removeprefix("/etc/sudoers.d/")
                and not file.path.endswith("~")
            )
        )


def parse(text: str) -> AccountsFacts:
    """Raises `FactError` for a line that is not as passwd(5), group(5) or shadow(5) have it."""
    parts = tagged(text, "passwd", "group", "shadow")
    shadow = {line.split(":")[0]: line.split(":")[1:] for line in parts["shadow"]}
    limits = dict(line.split(" ", 1) for line in parts.get("range", ()) if " " in line)
    return AccountsFacts(
        logins=tuple(_login(line, shadow) for line in parts["passwd"] if line),
        groups=tuple(_group(line) for line in parts["group"] if line),
        first_uid=parsed("UID_MIN", int, limits.get("UID_MIN", "1000")),
        last_uid=parsed("UID_MAX", int, limits.get("UID_MAX", "60000")),
        has_sudo=parts.get("sudo") == ("yes",),
        files=text_files(parts.get("file", ())),
    )


def _login(line: str, shadow: dict[str, list[str]]) -> Login:
    fields = line.split(":")
    if len(fields) != 7:
        raise FactError(f"not a line of passwd: {line[:60]!r}")
    name, _, uid, gid, title, home, shell = fields
    state, method, changed, most, inactive, expires = _aging(name, shadow.get(name))
    return Login(
        name=name,
        uid=parsed(f"the uid of {name}", int, uid),
        gid=parsed(f"the gid of {name}", int, gid),
        title=title.partition(",")[0],
        home=home,
        shell=shell,
        password=state,
        method=method,
        changed_day=_days(changed),
        max_days=_days(most),
        inactive_days=_days(inactive),
        expires_day=_days(expires),
    )


def _aging(
    name: str, fields: Sequence[str] | None
) -> tuple[Literal["locked", "empty", "set"], str, str, str, str, str]:
    if fields is None:
        return "locked", "none", "", "", "", ""
    if len(fields) != 6 or fields[0] not in ("locked", "empty", "set"):
        raise FactError(f"not a line of the reduced shadow file: {name}:{':'.join(fields)[:60]}")
    state = cast(Literal["locked", "empty", "set"], fields[0])
    return state, fields[1], fields[2], fields[3], fields[4], fields[5]


def _group(line: str) -> UnixGroup:
    fields = line.split(":")
    if len(fields) != 4:
        raise FactError(f"not a line of group: {line[:60]!r}")
    members = tuple(name for name in fields[3].split(",") if name)
    return UnixGroup(fields[0], parsed(f"the gid of {fields[0]}", int, fields[2]), members)


def _days(text: str) -> int | None:
    return parsed("a day count", int, text) if text else None
