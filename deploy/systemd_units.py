"""Units of systemd that run a command of ours: their words, what they are told, and their files."""

from collections.abc import Mapping
from pathlib import Path

from inventory.errors import WatchfloorError
from inventory.settings import Settings


class UnitsError(WatchfloorError):
    """Units that cannot be written."""


def quoted(word: str) -> str:
    """One word of a systemd unit (systemd.syntax(7)); a command's dollars are escaped besides."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def command_line(*words: str) -> list[str]:
    """The words of an `ExecStart=`, for a unit that expands none of them."""
    return [quoted(word).replace("$", "$$") for word in words]


def told(settings: Settings) -> dict[str, str]:
    """The variables by which a unit's command has these settings."""
    return {
        "WATCHFLOOR_STATE": str(settings.state),
        "WATCHFLOOR_RUNTIME": str(settings.runtime),
        "WATCHFLOOR_MONITOR_URL": ",".join(settings.monitor_urls),
    }


def assignments(variables: Mapping[str, str]) -> list[str]:
    """The words of an `Environment=`."""
    return [quoted(f"{name}={value}") for name, value in variables.items()]


def write_units(folder: Path, texts: Mapping[str, str]) -> None:
    """Puts units, by file name, into a folder that is there. Raises `UnitsError`."""
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnitsError(f"{folder}: cannot be written: {error.strerror}") from error
