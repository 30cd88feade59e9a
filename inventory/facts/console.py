"""A console: its desktop's settings as they hold for an operator, its monitors and browsers."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.facts.area import FactError, parsed, tagged
from inventory.facts.edid import Monitor, monitor
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, units

PACKAGES = (
    "chromium",
    "chromium-sandbox",
    "dconf-cli",
    "firefox-esr",
    "gdm3",
    "gnome-session",
    "gsettings-desktop-schemas",
)
TERMINALS = (
    "gnome-console",
    "gnome-terminal",
    "konsole",
    "lxterminal",
    "mate-terminal",
    "ptyxis",
    "xfce4-terminal",
    "xterm",
)
"""Programs that give a shell."""
FILES = (
    "/etc/dconf/profile/user",
    "/etc/dconf/profile/gdm",
    "/etc/dconf/db/local.d/10-watchfloor",
    "/etc/dconf/db/local.d/locks/10-watchfloor",
    "/etc/dconf/db/gdm.d/10-watchfloor",
    "/etc/gdm3/daemon.conf",
    "/etc/xdg/monitors.xml",
    "/etc/xdg/autostart/watchfloor-pages.desktop",
    "/etc/chromium/policies/managed/watchfloor.json",
    "/etc/firefox/policies/policies.json",
)

SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
for name in {" ".join((*PACKAGES, *TERMINALS))}; do
  dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' $name | tag package
done
for path in {" ".join(FILES)}; do show_file "$path" || exit 1; done
for path in /etc/dconf/db/local.d/* /etc/dconf/db/local.d/locks/*; do
  case $path in *'*' | */10-watchfloor) continue ;; esac
  [ ! -f "$path" ] || echo "$path" | tag other
done
if command -v dconf >/dev/null; then
  # As somebody without settings of their own: what the system's databases say is left.
  plain='setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME=/nonexistent PATH=/usr/bin'
  $plain XDG_RUNTIME_DIR=/nonexistent dconf dump / | tag setting
  $plain XDG_RUNTIME_DIR=/nonexistent dconf list-locks / | tag lock
fi
for name in gdm.service gdm3.service; do show_unit $name; done
for path in /sys/class/drm/card*-*/edid; do
  [ ! -s "$path" ] || {{
    name=${{path%/edid}}; name=${{name##*/}}
    printf '%s %s\n' "${{name#card*-}}" "$(head -c 128 "$path" | base64 -w0)" | tag monitor
  }}
done
systemctl get-default | tag target
"""
)


@dataclass(frozen=True, slots=True)
class ConsoleFacts:
    """What makes a host a console."""

    installed: tuple[str, ...]
    files: tuple[TextFile, ...]
    other_files: tuple[str, ...]
    """Further files of the system's settings, which may say otherwise."""
    settings: Mapping[str, str]
    """The dconf key `/org/gnome/…` -> its value, for whoever has set nothing."""
    locks: tuple[str, ...]
    """The keys that nobody can set."""
    units: tuple[Unit, ...]
    monitors: tuple[Monitor, ...]
    """What hangs on its outputs now."""
    target: str
    """What the system starts into, `graphical.target`."""


def parse(text: str) -> ConsoleFacts:
    """Raises `FactError` for what dconf does not print."""
    parts = tagged(text, "target")
    return ConsoleFacts(
        installed=tuple(
            line.partition(" ")[2]
            for line in parts.get("package", ())
            if line.startswith("installed ")
        ),
        files=text_files(parts.get("file", ())),
        other_files=tuple(parts.get("other", ())),
        settings=_settings(parts.get("setting", ())),
        locks=tuple(sorted(line for line in parts.get("lock", ()) if line)),
        units=units(parts.get("unit", ())),
        monitors=tuple(_monitor(line) for line in parts.get("monitor", ())),
        target=parts["target"][0],
    )


def _monitor(line: str) -> Monitor:
    output, _, text = line.partition(" ")
    return monitor(output, parsed(f"the EDID on {output}", b64decode, text))


def _settings(lines: Sequence[str]) -> dict[str, str]:
    """From `dconf dump /`: groups in brackets, and below each its keys."""
    found: dict[str, str] = {}
    group = ""
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            group = f"/{line[1:-1].strip('/')}"
        elif line:
            key, equals, value = line.partition("=")
            if not equals:
                raise FactError(f"not a setting: {line[:60]!r}")
            found[f"{group.rstrip('/')}/{key}"] = value
    return found
