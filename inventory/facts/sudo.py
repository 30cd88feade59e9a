"""What sudo makes of all its files: the settings that hold in the end, and who is not asked."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inventory.facts.area import FactError, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, text_files

SCRIPT = (
    SHOW_FILE
    + """\
command -v sudo >/dev/null || { echo no | tag installed; exit 0; }
echo yes | tag installed
if json=$(cvtsudoers -e -f json /etc/sudoers); then printf '%s\\n' "$json" | tag json
else { visudo -c 2>&1 || :; } | head -n 5 | tag invalid; fi
for file in /etc/sudoers /etc/sudoers.d/*; do
  if [ -f "$file" ]; then show_file "$file" || exit 1; fi
done
show_file /etc/sudoers.d/zz-watchfloor
"""
)


@dataclass(frozen=True, slots=True)
class Unasked:
    """A rule by which somebody becomes another without a password."""

    who: str
    """An account, `%group`, or `ALL`."""
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SudoFacts:
    """sudo's configuration. An uninstalled one has only `installed=False`."""

    installed: bool
    invalid: str
    """What visudo says against it; empty when it accepts it."""
    defaults: Mapping[str, str]
    """The settings for everybody that hold in the end; `true` and `false` for words."""
    unasked: tuple[Unasked, ...]
    files: tuple[TextFile, ...]
    """/etc/sudoers and its drop-ins, in the order in which sudo reads them."""


def parse(text: str) -> SudoFacts:
    """Raises `FactError` for JSON that is not cvtsudoers(1)'s."""
    parts = tagged(text, "installed")
    if parts["installed"] != ("yes",):
        return SudoFacts(False, "", {}, (), ())
    try:
        tree: Any = json.loads("\n".join(parts.get("json", ("{}",))))
        defaults, unasked = _defaults(tree), tuple(_unasked(tree))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise FactError(f"cvtsudoers' answer is not understood: {type(error).__name__}") from error
    files = {file.path: file for file in text_files(parts.get("file", ()))}
    return SudoFacts(
        installed=True,
        invalid=" ".join(parts.get("invalid", ())),
        defaults=defaults,
        unasked=unasked,
        files=tuple(files.values()),
    )


def _defaults(tree: Mapping[str, Any]) -> dict[str, str]:
    """The last one holds (sudoers(5)); those bound to a user, host or command are left out."""
    found: dict[str, str] = {}
    for entry in tree.get("Defaults", ()):
        if "Binding" in entry:
            continue
        for option in entry["Options"]:
            for name, value in option.items():
                if name not in ("operation", "list"):
                    found[name] = json.dumps(value) if isinstance(value, bool) else str(value)
    return found


def _unasked(tree: Mapping[str, Any]) -> Iterator[Unasked]:
    for spec in tree.get("User_Specs", ()):
        for rule in spec["Cmnd_Specs"]:
            options = [option.get("authenticate") for option in rule.get("Options", ())]
            if False in options:
                commands = tuple(str(each.get("command", "?")) for each in rule["Commands"])
                for user in spec["User_List"]:
                    yield Unasked(_who(user), commands)


def _who(user: Mapping[str, Any]) -> str:
    name = str(user.get("username") or user.get("userid") or user.get("usergroup") or "?")
    return f"%{name}" if "usergroup" in user else name


def is_drop_in(path: str) -> bool:
    """Whether sudo reads a file of /etc/sudoers.d (sudoers(5): no dot, no trailing ~)."""
    return re.fullmatch(r"/etc/sudoers\.d/[^/.]*[^/.~]", path) is not None
