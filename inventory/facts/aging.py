"""How long passwords and unused accounts last, and when each account was last used."""

from dataclasses import dataclass, field

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files

# lastlog(8) is a file of records of 292 octets by uid; sshd writes it on Debian 13 as well, which
# has no program to read it. A login at a graphical screen leaves its traces in the home alone.
SCRIPT = (
    SHOW_FILE
    + """\
show_file /etc/login.defs && show_file /etc/default/useradd || exit 1
echo $(($(date +%s) / 86400)) | tag today
awk -F: '{ print $1 ":" $4 ":" $5 ":" $6 ":" $7 }' /etc/shadow | tag limits
size=$(stat -c %s /var/log/lastlog 2>/dev/null) || size=0
while IFS=: read -r name _ uid _ _ home shell; do
  case $uid in '' | *[!0-9]* | ?????????*) continue ;; esac
  [ "$uid" -ge 1000 ] && [ "$uid" -ne 65534 ] || continue
  case $shell in */nologin | */false) continue ;; esac
  seen=0
  if [ "$size" -ge $(((uid + 1) * 292)) ]; then
    seen=$(od -An -t u4 -j $((uid * 292)) -N 4 /var/log/lastlog | tr -d ' ')
  fi
  touched=$(find "$home" -maxdepth 1 -printf '%T@\\n' 2>/dev/null | head -n 2000 |
    sort -n | tail -n 1 | cut -d. -f1)
  echo "$name:${seen:-0}:${touched:-0}"
done </etc/passwd | head -n 500 | tag used
"""
)
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Limits:
    """What shadow(5) says of one account's password, in days; None for no limit."""

    name: str
    min_days: int | None
    max_days: int | None
    warn_days: int | None
    inactive_days: int | None


@dataclass(frozen=True, slots=True)
class AgingFacts:
    """Limits and use of the accounts."""

    limits: tuple[Limits, ...]
    files: tuple[TextFile, ...]
    """/etc/login.defs and /etc/default/useradd."""
    today: int = field(metadata={"volatile": True})
    """Days since 1970, by the host's own clock."""
    logins: tuple[tuple[str, int], ...] = field(metadata={"volatile": True})
    """Account -> the day of its last login on record; 0 for none."""
    traces: tuple[tuple[str, int], ...] = field(metadata={"volatile": True})
    """Account -> the day on which something in its home was changed last; 0 for none."""

    def limits_of(self, name: str) -> Limits | None:
        return next((limits for limits in self.limits if limits.name == name), None)

    def file(self, path: str) -> TextFile:
        """The file of that path."""
        return file_at(self.files, path)

    def idle_days(self, name: str) -> int | None:
        """Days since the account was used; None when no login of it is on record."""
        login = dict(self.logins).get(name, 0)
        if not login:
            return None
        return max(0, self.today - max(login, dict(self.traces).get(name, 0)))


def parse(text: str) -> AgingFacts:
    """Raises `FactError` when a part is missing or a number is none."""
    parts = tagged(text, "file", "today", "limits")
    used = [line.split(":") for line in parts.get("used", ()) if line]
    if any(len(fields) != 3 for fields in used):
        raise FactError("not an account's last use")
    return AgingFacts(
        limits=tuple(_limits(line) for line in parts["limits"] if line),
        files=text_files(parts["file"]),
        today=parsed("the day", int, parts["today"][0]),
        logins=tuple((name, _day(login)) for name, login, _ in used),
        traces=tuple((name, _day(trace)) for name, _, trace in used),
    )


def _limits(line: str) -> Limits:
    fields = line.split(":")
    if len(fields) != 5:
        raise FactError(f"not an account's limits: {line[:60]!r}")
    return Limits(fields[0], *(_count(text) for text in fields[1:]))


def _count(text: str) -> int | None:
    """shadow(5) has nothing, or a negative number, for no limit; chage writes 99999 as well."""
    days = parsed("a day count", int, text) if text else -1
    return days if 0 <= days < 99_999 else None


def _day(seconds: str) -> int:
    return parsed("a time", int, seconds) // _DAY_S
