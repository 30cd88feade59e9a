"""What goes wrong on a video wall's own machines: dark outputs, frozen tiles, no compositor.

The lines are those that a Linux wall node tells of itself through net-snmp's `extend`.
"""

from collections.abc import Callable, Iterator

from watchfloor.simulate.device import RunningDevice
from watchfloor.simulate.errors import FaultError
from watchfloor.simulate.fault import Fault, agent_of

_LINES = "1.3.6.1.4.1.8072.1.3.2.4.1.2.4.119.97.108.108"
"""nsExtendOutLine of the token `wall`."""
_WALL_NODES = frozenset({"wall-processor"})
_TILES = ("vital_tile", "tile")


def _output_dark(device: RunningDevice, what: str) -> None:
    _say(device, lambda kind, name: kind == "output" and what in ("", name), "off", what)


def _tile_frozen(device: RunningDevice, what: str) -> None:
    _say(device, lambda kind, name: kind in _TILES and _is_meant(kind, name, what), "frozen", what)


def _is_meant(kind: str, name: str, what: str) -> bool:
    return what == name or (not what and kind == "vital_tile")


def _compositor_gone(device: RunningDevice, _what: str) -> None:
    for number, kind, name in _parts(device):
        if kind != "watcher":
            _edit(device, number, kind, name, "gone" if kind == "compositor" else "unwatched")


def _say(device: RunningDevice, meant: Callable[[str, str], bool], word: str, what: str) -> None:
    """The first part that is meant says the word."""
    parts = list(_parts(device))
    found = next((part for part in parts if meant(part[1], part[2])), None)
    if found is None:
        names = ", ".join(name for _, kind, name in parts if kind in ("output", *_TILES))
        raise FaultError(f"{device.device.name} has no {what!r}: it shows {names}")
    _edit(device, *found, word)


def _parts(device: RunningDevice) -> Iterator[tuple[int, str, str]]:
    """Line number, kind and name of each part."""
    for row in agent_of(device).recording.under(_LINES):
        assert isinstance(row.value, bytes)
        _, kind, name, *_ = row.value.decode().split(" ")
        yield row.name[-1], kind, name


def _edit(device: RunningDevice, number: int, kind: str, name: str, word: str) -> None:
    agent_of(device).edit(f"{_LINES}.{number}", f"wall1 {kind} {name} {word} -")


WALL_FAULTS = (
    Fault(
        name="dark-output",
        help="one of its outputs is powered off",
        apply=_output_dark,
        families=_WALL_NODES,
        argument="output",
    ),
    Fault(
        name="frozen-tile",
        help="the picture of one tile stands still",
        apply=_tile_frozen,
        families=_WALL_NODES,
        argument="tile",
    ),
    Fault(
        name="compositor-gone",
        help="nothing drives its outputs any more",
        apply=_compositor_gone,
        families=_WALL_NODES,
    ),
)
