"""Watchfloor itself on a host: the release that is used, its monitor, and the center's folder."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from inventory.facts.area import FactError, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

PROGRAM = "/opt/watchfloor"
"""Has a folder for each release, and the link `current` to the one that is used."""
CURRENT = f"{PROGRAM}/current"
CENTER = "/etc/watchfloor/center"
"""The monitor's copy of the center's folder."""
UNIT = "watchfloor-monitor.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
ENVIRONMENT = "/etc/watchfloor/monitor.environment"
ACCOUNT = "watchfloor"
PORT = 8720
"""Where its web process answers on loopback; see `inventory.settings.LISTEN_WEB`."""
PACKAGE = "python3-venv"
MOST_DIFFERING = 20
"""So many changed files are named."""
MOST_FILES = 1100

_ASK = (
    "import socket; s = socket.create_connection(('127.0.0.1', {port}), 2); s.settimeout(4);"
    " s.sendall(b'GET /healthz HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n');"
    " print(s.recv(12)[9:12].decode())"
)

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
dpkg-query -W -f '${{db:Status-Status}}\\n' {PACKAGE} | tag package
getent passwd {ACCOUNT} | cut -d: -f6,7 | tag account
[ ! -h {CURRENT} ] || readlink {CURRENT} | tag current
[ ! -f {CURRENT}/release ] || head -c 200 {CURRENT}/release | tag release
list={CURRENT}/files.sha256
if [ -s $list ] && cd {CURRENT}/lib/python3.*/site-packages; then
  sha256sum <$list | cut -c1-64 | tag files
  LC_ALL=C timeout 10 sha256sum --check --quiet $list 2>/dev/null |
    sed -n 's/: FAILED.*//p' | head -n {MOST_DIFFERING} | tag differs
fi
show_file {UNIT_FILE} || exit 1
show_secret_file {ENVIRONMENT} || exit 1
show_unit {UNIT}
if cd {CENTER} 2>/dev/null; then
  find . -xdev -type f -perm 0640 -user root -group {ACCOUNT} -exec sha256sum {{}} + |
    head -n {MOST_FILES} | tag center
  find . ./profiles -maxdepth 1 -name '*.yaml' ! -type d \\
    ! '(' -type f -perm 0640 -user root -group {ACCOUNT} ')' -printf '-  %p\\n' |
    head -n {MOST_FILES} | tag center
fi
seconds() {{ [ -z "$1" ] || date -d "$1" +%s; }}
newer() {{
  changed=$(find "$@" -printf '%T@\\n' 2>/dev/null | sort -n | tail -n 1 | cut -d. -f1)
  [ -n "$since" ] && [ -n "$changed" ] && [ "$changed" -gt "$since" ]
}}
if systemctl --quiet is-active {UNIT}; then
  since=$(seconds "$(systemctl show {UNIT} -p ActiveEnterTimestamp --value)")
  ! newer {CURRENT} {UNIT_FILE} {ENVIRONMENT} -maxdepth 0 || echo started | tag stale
  since=$(seconds "$(systemctl show {UNIT} -p StateChangeTimestamp --value)")
  ! newer {CENTER} || echo read | tag stale
  timeout 8 python3 -I -S -c "{_ASK.format(port=PORT)}" | tag health
fi
exit 0
"""
)
_HASHED = re.compile(r"^(-|[0-9a-f]{64}) [ *](?:\./)?(\S.*)$")
_RELEASE = re.compile(r"^(\S{1,60}) ([0-9a-f]{64})$")


@dataclass(frozen=True, slots=True)
class WatchfloorFacts:
    """What there is of it."""

    has_venv: bool
    """Whether Python can make virtual environments (the package python3-venv)."""
    account: str
    """Home and shell of the service's account; empty when there is none."""
    current: str
    """The folder that the link leads to; empty when there is no link."""
    version: str
    sha256: str
    """Of the release that is used; empty where none is, or it was not installed by a release."""
    files_sha256: str
    """Of the list of its own files."""
    differing: tuple[str, ...]
    """Its own files that are not as that list says; the first ones."""
    files: tuple[TextFile, ...]
    """The unit, and the environment of the service with markers in place of secrets."""
    unit: Unit
    center: tuple[tuple[str, str], ...]
    """The center's folder: path and SHA-256; empty for a file that is not root's to be read by
    the service."""
    is_older: bool
    """Whether the service was started before what it runs was changed."""
    has_read_older: bool
    """Whether it has read an older center's folder than there is."""
    health: str = field(metadata={"volatile": True})
    """The status of its /healthz: `200`, `503`; empty when nothing answers."""


def parse(text: str) -> WatchfloorFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "unit", "file")
    version, sha256 = _release(parts.get("release", ()))
    stale = parts.get("stale", ())
    return WatchfloorFacts(
        has_venv=parts.get("package", ()) == ("installed",),
        account=_one(parts.get("account", ())),
        current=_one(parts.get("current", ())),
        version=version,
        sha256=sha256,
        files_sha256=_one(parts.get("files", ())),
        differing=parts.get("differs", ()),
        files=text_files(parts["file"]),
        unit=units(parts["unit"])[0],
        center=tuple(sorted(map(_hashed, parts.get("center", ())))),
        is_older="started" in stale,
        has_read_older="read" in stale,
        health=_one(parts.get("health", ())),
    )


def _one(lines: Iterable[str]) -> str:
    return next(iter(lines), "").strip()


def _release(lines: Iterable[str]) -> tuple[str, str]:
    text = _one(lines)
    match = _RELEASE.match(text)
    return (match[1], match[2]) if match else ("", "")


def _hashed(line: str) -> tuple[str, str]:
    match = _HASHED.match(line.removeprefix("\\"))
    if match is None:
        raise FactError(f"not a file's digest: {line[:80]!r}")
    return match[2], match[1].replace("-", "")
