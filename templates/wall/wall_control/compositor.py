"""Speaks to sway: sway-ipc(7), bounded in time and length."""

import json
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layouts import Spot

MAGIC, RUN_COMMAND, GET_TREE = b"i3-ipc", 0, 4
LONGEST_ANSWER = 8_388_608
MOST_NODES = 10_000
TIMEOUT_S = 2.0


class CompositorError(Exception):
    """sway does not answer, or refuses; the message says which."""


@dataclass(frozen=True)
class Window:
    """A window of sway's tree."""

    number: int
    pid: int
    marks: tuple[str, ...]
    spot: Spot


def windows(socket_path: Path) -> tuple[Window, ...]:
    """All windows. Raises CompositorError."""
    return tuple(_windows(_ask(socket_path, GET_TREE, b"")))


def place(
    socket_path: Path, spots: Mapping[int, Spot], marks: Mapping[int, str] | None = None
) -> None:
    """Moves windows, all in one message, so that sway draws them together; and marks some.

    Raises CompositorError.
    """
    lines = [line for number, spot in spots.items() for line in _placing(number, spot)]
    lines += [f"[con_id={number}] mark --add {mark}" for number, mark in (marks or {}).items()]
    if not lines:
        return
    answers = _ask(socket_path, RUN_COMMAND, "; ".join(lines).encode())
    failed = [a for a in answers if isinstance(a, dict) and a.get("success") is not True]
    if failed:
        raise CompositorError(
            f"sway refuses to place a window: {failed[0].get('error', '')!s:.200}"
        )


def _placing(number: int, spot: Spot) -> Iterable[str]:
    window = f"[con_id={number}]"
    yield f"{window} floating enable"
    yield f"{window} border none"
    yield f"{window} resize set width {spot.width} px height {spot.height} px"
    yield f"{window} move absolute position {spot.x} px {spot.y} px"


def _ask(path: Path, question: int, payload: bytes) -> Any:
    try:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(TIMEOUT_S)
            asked.connect(str(path))
            asked.sendall(MAGIC + struct.pack("=II", len(payload), question) + payload)
            head = _read(asked, len(MAGIC) + 8)
            length, _ = struct.unpack("=II", head[len(MAGIC) :])
            if not head.startswith(MAGIC) or length > LONGEST_ANSWER:
                raise CompositorError(f"{path}: what answers is not sway")
            return json.loads(_read(asked, length))
    except (OSError, ValueError, RecursionError) as error:
        raise CompositorError(f"{path}: sway does not answer: {error}") from error


def _read(asked: socket.socket, length: int) -> bytes:
    read = bytearray()
    while len(read) < length:
        more = asked.recv(min(65_536, length - len(read)))
        if not more:
            raise CompositorError("sway ended the connection")
        read += more
    return bytes(read)


def _windows(tree: Any) -> Iterator[Window]:
    waiting, looked_at = [tree], 0
    while waiting and looked_at < MOST_NODES:
        node, looked_at = waiting.pop(), looked_at + 1
        if not isinstance(node, dict):
            continue
        pid, number = node.get("pid"), node.get("id")
        if isinstance(pid, int) and isinstance(number, int):
            marks = node.get("marks") if isinstance(node.get("marks"), list) else []
            yield Window(number, pid, tuple(map(str, marks)), _spot(node.get("rect")))
        for key in ("nodes", "floating_nodes"):
            waiting += node[key] if isinstance(node.get(key), list) else []


def _spot(said: Any) -> Spot:
    rect = said if isinstance(said, dict) else {}
    sizes = [rect.get(key) for key in ("x", "y", "width", "height")]
    return Spot(*(size if isinstance(size, int) else 0 for size in sizes))
