"""What a mirror serves: its archives with their age, how many packages, and its web server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

FOLDER = "/srv/watchfloor-mirror"
STATE = "/var/lib/watchfloor/mirror"
SETTINGS = "/etc/watchfloor/mirror"
ARCHIVES = f"{SETTINGS}/archives"
FILLER = "/usr/local/sbin/watchfloor-fill-mirror"
SERVICE = "/etc/systemd/system/watchfloor-fill-mirror.service"
TIMER = "/etc/systemd/system/watchfloor-fill-mirror.timer"
SITE = "/etc/nginx/conf.d/watchfloor-mirror.conf"
DEFAULT_SITE = "/etc/nginx/sites-enabled/default"
TIMER_UNIT = "watchfloor-fill-mirror.timer"
SERVICE_UNIT = "watchfloor-fill-mirror.service"

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' nginx | tag package
for path in {ARCHIVES} {SETTINGS}/*.packages {FILLER} {SERVICE} {TIMER} {SITE} {DEFAULT_SITE}; do
  case $path in *'*'*) ;; *) show_file "$path" || exit 1 ;; esac
done
for name in nginx.service {TIMER_UNIT} {SERVICE_UNIT}; do show_unit $name; done
read_at=$(systemctl show nginx.service -p ActiveEnterTimestamp --value)
[ -z "$read_at" ] || date -d "$read_at" +%s | tag read_at
find {SITE} {DEFAULT_SITE} -printf '%T@\\n' | sort -n | tail -n 1 | cut -d. -f1 | tag changed_at
ss -Hltn | awk '{{print $4}}' | grep -c ':80$' | tag listens
for file in {FOLDER}/*/*/dists/*/InRelease; do
  [ -f "$file" ] || continue
  made=$(sed -n 's/^Date: //p' "$file" | head -n 1)
  name=${{file#{FOLDER}/}}; name=${{name%/InRelease}}
  echo "$name $(date -d "$made" +%s) $(stat -c %Y "$file")"
done | tag release
wc -l <{STATE}/served | tag served
date +%s | tag now
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class Release:
    """One suite as it is served."""

    place: str
    """`debian-12/debian-security/dists/bookworm-security`."""
    made_at: int
    """When its archive signed it, Unix time."""
    filled_at: int


@dataclass(frozen=True, slots=True)
class MirrorFacts:
    """The mirror."""

    installed: tuple[str, ...]
    files: tuple[TextFile, ...]
    units: tuple[Unit, ...]
    is_stale: bool
    """nginx has not read its files since they were changed."""
    listens: bool
    releases: tuple[Release, ...] = field(metadata={"volatile": True})
    packages: int = field(metadata={"volatile": True})
    """How many package files are served."""
    now: int = field(metadata={"volatile": True})


def parse(text: str) -> MirrorFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "unit", "now")
    packages = (line.partition(" ") for line in parts.get("package", ()))
    read_at = _number(parts.get("read_at", ()), 2**62)
    return MirrorFacts(
        installed=tuple(name for state, _, name in packages if state == "installed"),
        files=text_files(parts.get("file", ())),
        units=units(parts["unit"]),
        is_stale=_number(parts.get("changed_at", ()), 0) > read_at,
        listens=_number(parts.get("listens", ()), 0) > 0,
        releases=tuple(_releases(parts.get("release", ()))),
        packages=_number(parts.get("served", ()), 0),
        now=_number(parts["now"], 0),
    )


def _releases(lines: Iterable[str]) -> Iterator[Release]:
    for line in filter(None, lines):
        words = line.split(" ")
        if len(words) != 3:
            raise FactError(f"not a release: {line[:60]!r}")
        made, filled = (parsed("a time", int, word) for word in words[1:])
        yield Release(words[0], made, filled)


def _number(lines: Iterable[str], missing: int) -> int:
    text = next(iter(lines), "").strip()
    return parsed("a number", int, text) if text else missing
