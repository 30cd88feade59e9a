"""What a login has to pass: the PAM stack, the lockout, the password rules and the idle limit."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inventory.facts.area import parsed, tagged
from inventory.facts.pamstack import PamModule, stack

# pwquality and faillock read key=value files; PAM arguments win over them, so both are kept.
SCRIPT = """\
grep -hE '^[A-Z_]+[[:space:]]' /etc/login.defs | tag defs
useradd -D | tag useradd
for stack in auth account password; do
  sed -e '/^[[:space:]]*#/d' -e '/^[[:space:]]*$/d' "/etc/pam.d/common-$stack" | tag "$stack"
done
for file in faillock pwquality pwhistory; do
  if [ -f "/etc/security/$file.conf" ]; then
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "/etc/security/$file.conf" | tag "$file"
  fi
done
for file in /etc/security/pwquality.conf.d/*.conf; do
  if [ -f "$file" ]; then sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$file" | tag pwquality; fi
done
cat /etc/profile /etc/profile.d/*.sh /etc/bash.bashrc 2>/dev/null |
  sed -e 's/#.*//' | grep -E 'TMOUT' | tag shell
"""

_TMOUT = re.compile(r"\bTMOUT=[\"']?(\d{1,7})")
_READONLY = re.compile(r"\b(?:readonly|(?:declare|typeset)\s+-\w*r\w*)\b[^;]*\bTMOUT\b")


@dataclass(frozen=True, slots=True)
class LoginsFacts:
    """Settings are as the files have them; None where nothing is set."""

    encrypt_method: str
    pass_max_days: int | None
    inactive_days: int | None
    """Of new accounts; None and negative mean never."""
    auth: tuple[PamModule, ...]
    password: tuple[PamModule, ...]
    account: tuple[PamModule, ...]
    faillock: Mapping[str, str]
    """faillock.conf(5) with the PAM arguments over it; empty when pam_faillock is not enforced."""
    pwquality: Mapping[str, str]
    """The same for pwquality.conf(5)."""
    pwhistory: Mapping[str, str]
    """The same for pwhistory.conf(5)."""
    shell_timeout_s: int | None
    """TMOUT, the longest where several are set."""
    shell_timeout_readonly: bool


def parse(text: str) -> LoginsFacts:
    """Raises `FactError` when a part is missing or a number is none."""
    parts = tagged(text, "defs", "useradd", "auth", "account", "password")
    defs = {name: value for name, *rest in map(str.split, parts["defs"]) for value in rest[:1]}
    defaults = _settings(parts["useradd"])
    auth, account, password = (stack(parts[name]) for name in ("auth", "account", "password"))
    shell = "\n".join(parts.get("shell", ()))
    limits = [int(seconds) for seconds in _TMOUT.findall(shell)]
    return LoginsFacts(
        encrypt_method=defs.get("ENCRYPT_METHOD", ""),
        pass_max_days=_number(defs, "PASS_MAX_DAYS"),
        inactive_days=_number(defaults, "INACTIVE"),
        auth=auth,
        password=password,
        account=account,
        faillock=_enforced("pam_faillock.so", auth, parts.get("faillock", ())),
        pwquality=_enforced("pam_pwquality.so", password, parts.get("pwquality", ())),
        pwhistory=_enforced("pam_pwhistory.so", password, parts.get("pwhistory", ())),
        shell_timeout_s=max(limits, default=None),
        shell_timeout_readonly=bool(_READONLY.search(shell)),
    )


def _enforced(module: str, rules: Iterable[PamModule], file: Iterable[str]) -> Mapping[str, str]:
    """A file that no module reads says nothing: configured is not enforced."""
    used = [line for line in rules if line.name == module]
    if not used:
        return {}
    arguments = {name: value for line in used for name, value in line.options.items()}
    return {"module": module, **_settings(file), **arguments}


def _settings(rows: Iterable[str]) -> dict[str, str]:
    pairs = (row.partition("=") for row in rows)
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def _number(values: Mapping[str, str], name: str) -> int | None:
    return parsed(name, int, values[name]) if values.get(name) else None
