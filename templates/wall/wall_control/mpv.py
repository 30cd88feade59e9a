"""A tile's mpv: how it is started, what it is told over its JSON IPC socket, and what it says.

A stream's URL goes over the socket, with its login: a process list shows arguments to everybody.
"""

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

LONGEST_ANSWER = 65_536
TIMEOUT_S = 2.0
_OPTIONS = (
    "--no-config",
    "--no-terminal",
    "--idle=yes",
    "--force-window=immediate",
    "--no-audio",
    "--no-sub",
    "--no-osc",
    "--no-input-default-bindings",
    "--input-vo-keyboard=no",
    "--no-input-cursor",
    "--cursor-autohide=always",
    "--load-scripts=no",
    "--ytdl=no",
    "--stop-screensaver=no",
    "--hwdec=auto-safe",
    "--border=no",
    "--keepaspect-window=no",
    "--keep-open=no",
)
_STREAM = ("--profile=low-latency", "--rtsp-transport=tcp", "--network-timeout=10")
_TEXT = (
    "--osd-level=1",
    "--osd-align-x=center",
    "--osd-align-y=center",
    "--osd-font-size=40",
    "--osd-bar=no",
    "--loop-file=inf",
    "--keepaspect=no",
)


class PlayerError(Exception):
    """The player does not answer, or is not there."""


def arguments(kind: str, app: str, video: str, ipc: Path, size: tuple[int, int]) -> list[str]:
    """The command line; it holds nothing of what will be shown."""
    special = _TEXT if kind == "text" else _STREAM
    return [
        "mpv",
        *_OPTIONS,
        *special,
        f"--vo={video}",
        f"--wayland-app-id={app}",
        f"--input-ipc-server={ipc}",
        f"--geometry={size[0]}x{size[1]}",
    ]


def resize(ipc: Path, size: tuple[int, int]) -> None:
    """The size that a new picture must not change; mpv would take the picture's own.

    Raises PlayerError.
    """
    _tell(ipc, "set_property", "geometry", f"{size[0]}x{size[1]}")


def load(ipc: Path, source: Mapping[str, str]) -> None:
    """Lets the player begin. Raises PlayerError."""
    if source["kind"] == "text":
        # In mpv's own language a dollar begins a property.
        words = source["text"].replace("$", "$$")
        _tell(ipc, "set_property", "options/osd-msg1", words)
        colour = source["background"].replace("#", "0x")
        _tell(ipc, "loadfile", f"av://lavfi:color=c={colour}:s=64x36:r=4")
        return
    _tell(ipc, "loadfile", with_login(source["url"], login(source["credential"])))


def progress(ipc: Path) -> tuple[Any, bool]:
    """How far it has played, and whether it has nothing to play. Raises PlayerError."""
    return _tell(ipc, "get_property", "time-pos"), _tell(ipc, "get_property", "idle-active") is True


def login(credential: str) -> tuple[str, str]:
    """User and password of that name, from what systemd gave this unit to read."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not credential or not folder:
        return "", ""
    try:
        lines = (Path(folder) / "streams").read_text(encoding="utf-8").split("\n")
        logins = {name: rest for name, _, rest in (line.partition("\t") for line in lines)}
        user, _, password = logins[credential].partition("\t")
    except (OSError, ValueError, KeyError) as error:
        raise PlayerError(f"there is no login {credential!r} for the stream") from error
    return user, password


def with_login(url: str, user_and_password: tuple[str, str]) -> str:
    """The URL with the login in it, as ffmpeg wants it."""
    user, password = (quote(part, safe="") for part in user_and_password)
    if not user:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


def _tell(ipc: Path, *command: Any) -> Any:
    try:
        with socket.socket(socket.AF_UNIX) as told:
            told.settimeout(TIMEOUT_S)
            told.connect(str(ipc))
            told.sendall(json.dumps({"command": command, "request_id": 1}).encode() + b"\n")
            return _answer(told)
    except (OSError, ValueError, RecursionError) as error:
        # What was said may hold a password, so the error's own text stays out.
        raise PlayerError(f"mpv does not answer ({type(error).__name__})") from None


def _answer(told: socket.socket) -> Any:
    read = b""
    while len(read) < LONGEST_ANSWER:
        more = told.recv(4096)
        if not more:
            break
        read += more
        *lines, read = read.split(b"\n")
        for line in lines:
            said = json.loads(line)
            if isinstance(said, dict) and said.get("request_id") == 1 and "error" in said:
                return said.get("data")
    raise PlayerError("mpv gives no answer")
