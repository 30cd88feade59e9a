"""What sway says of its outputs and windows: the i3-compatible IPC of sway-ipc(7), bounded."""

import asyncio
import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lines import line
from patience import GoneError, HungError
from setup import MOST_OUTPUTS

I3_MAGIC, GET_OUTPUTS, GET_TREE = b"i3-ipc", 3, 4
LONGEST_ANSWER = 8_388_608
MOST_SOCKETS, MOST_NODES = 4, 10_000


@dataclass(frozen=True)
class Window:
    """A window of sway's tree."""

    pid: int
    visible: bool


@dataclass(frozen=True)
class Seen:
    """What sway said."""

    outputs: Mapping[str, Mapping[str, Any]]
    windows: Mapping[str, Window]


async def see_sway(runtime: Path) -> Seen:
    """Raises GoneError where no sway listens, HungError for what is no answer."""
    for path in _sockets(runtime):
        try:
            reader, writer = await asyncio.open_unix_connection(str(path))
        except OSError:
            continue  # left over from an earlier sway
        try:
            outputs = await _ask_sway(reader, writer, GET_OUTPUTS)
            tree = await _ask_sway(reader, writer, GET_TREE)
        finally:
            writer.close()
        return Seen(_by_name(outputs), dict(windows_of(tree)))
    raise GoneError("no sway listens")


def output_line(name: str, mode: str, seen: Seen) -> str:
    """Whether sway drives an output, and in which mode."""
    output = seen.outputs.get(name)
    if output is None:
        return line("output", name, "missing")
    if output.get("active") is not True:
        return line("output", name, "disabled")
    # sway says `power` since 1.8, and `dpms` before and beside it.
    if output.get("power", output.get("dpms")) is not True:
        return line("output", name, "off")
    is_mode = _mode(output.get("current_mode"))
    return line("output", name, "driven" if mode in ("", is_mode) else "wrong-mode", is_mode)


async def _ask_sway(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: int
) -> Any:
    writer.write(I3_MAGIC + struct.pack("=II", 0, question))
    head = await reader.readexactly(len(I3_MAGIC) + 8)
    length, _ = struct.unpack("=II", head[len(I3_MAGIC) :])
    if not head.startswith(I3_MAGIC) or length > LONGEST_ANSWER:
        raise HungError("not sway")
    return json.loads(await reader.readexactly(length))


def _mode(said: Any) -> str:
    sizes = [said.get(key) for key in ("width", "height")] if isinstance(said, dict) else []
    numbers = [size for size in sizes if isinstance(size, int)]
    return "x".join(f"{size:d}"[:6] for size in numbers) or "-"


def _by_name(outputs: Any) -> dict[str, Mapping[str, Any]]:
    listed = outputs if isinstance(outputs, list) else []
    return {str(o.get("name")): o for o in listed[:MOST_OUTPUTS] if isinstance(o, dict)}


def windows_of(tree: Any) -> Iterator[tuple[str, Window]]:
    """app_id (of X11 programs, the class) or mark -> window, of a sway tree."""
    waiting, looked_at = [tree], 0
    while waiting and looked_at < MOST_NODES:
        node, looked_at = waiting.pop(), looked_at + 1
        if not isinstance(node, dict):
            continue
        x11 = node.get("window_properties")
        name = node.get("app_id") or (x11.get("class") if isinstance(x11, dict) else None)
        if isinstance(node.get("pid"), int):
            marks = node["marks"] if isinstance(node.get("marks"), list) else []
            for known in (name, *marks):
                if isinstance(known, str):
                    yield known, Window(node["pid"], node.get("visible") is True)
        for key in ("nodes", "floating_nodes"):
            waiting += node[key] if isinstance(node.get(key), list) else []


def _sockets(runtime: Path) -> list[Path]:
    named = os.environ.get("SWAYSOCK")
    found = [Path(named)] if named else sorted(runtime.glob("sway-ipc.*.sock"), key=_age_of)
    return found[:MOST_SOCKETS]


def _age_of(path: Path) -> float:
    """Newest first; a path that is gone already comes last."""
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0
