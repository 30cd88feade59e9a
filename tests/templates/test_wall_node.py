"""A wall node tells of itself: real sway, real players, the real agent, the real SNMP probe."""

import shlex
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitors.probe import Probe
from monitors.profiles.library import shipped
from monitors.reading import State
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import SnmpTarget
from monitors.snmp.usm import Auth, Priv, UsmUser
from tests.monitors.snmp.agents import running_snmpd
from tests.requirements import need
from tests.templates.wall_node import TESTSRC, Camera, WallNode, wall_node
from tests.wait import until_async

pytestmark = [pytest.mark.gear, pytest.mark.xdist_group("wall")]

WAIT_S = 30.0
MONITOR = UsmUser("sha2user", Auth.SHA256, "authpass1234", Priv.AES128, "privpass1234")


@pytest.fixture
def node() -> Iterator[WallNode]:
    with wall_node() as running:
        yield running


@pytest.fixture
def camera() -> Iterator[Camera]:
    serving = Camera()
    yield serving
    serving.end()


@asynccontextmanager
async def polled(node: WallNode, folder: Path) -> AsyncIterator[Probe]:
    """The node's own snmpd, read as the monitor reads it: over SNMPv3."""
    extend = f"extend -cacheTime 1 wall {shlex.join(node.report)}\n"
    with running_snmpd(need("snmpd"), folder, more=extend) as port:
        async with SnmpEngine() as engine:
            target = SnmpTarget("wp-1", "127.0.0.1", port, MONITOR, timeout_s=2.0, deadline_s=20.0)
            yield SnmpProbe(engine, target, shipped())


async def parts(probe: Probe) -> dict[str, tuple[State, str]]:
    """What the wall profile reads: component -> state and word."""
    poll = await probe.poll()
    return {r.component: (r.state, r.text) for r in poll.readings if r.profile == "wall-node"}


async def become(probe: Probe, expected: Mapping[str, tuple[State, str]]) -> None:
    """Polls until these parts are as expected."""
    seen: dict[str, tuple[State, str]] = {}

    async def so() -> bool:
        seen.clear()
        seen.update(await parts(probe))
        return expected.items() <= seen.items()

    try:
        await until_async(so, WAIT_S, f"{expected}")
    except AssertionError as error:
        raise AssertionError(f"{error}; the node says {seen}") from error


async def test_what_fails_on_a_wall_is_seen(node: WallNode, camera: Camera, tmp_path: Path) -> None:
    sway = node.start_sway()
    stalling = node.start_player("stalling", camera.url)
    stopped = node.start_player("stopped", TESTSRC)
    node.start_player("paused", TESTSRC)
    node.write(
        {"HEADLESS-1": {"mode": "640x360"}, "HEADLESS-2": {}, "HEADLESS-7": {}},
        {
            "stalling": {"mpv": node.player_socket("stalling"), "vital": True},
            "stopped": {"mpv": node.player_socket("stopped"), "window": "tile-stopped"},
            "paused": {"mpv": node.player_socket("paused"), "window": "tile-paused"},
            "never": {"mpv": node.player_socket("never")},
            "page": {"window": "tile-paused"},
        },
    )
    node.start_watcher()
    async with polled(node, tmp_path) as probe:
        await become(
            probe,
            {
                "reporter:wall-status": (State.OK, "running"),
                "compositor:sway": (State.OK, "running"),
                "output:HEADLESS-1": (State.OK, "driven"),
                "output:HEADLESS-2": (State.CRITICAL, "disabled"),
                "output:HEADLESS-7": (State.CRITICAL, "not connected"),
                "vital_tile:stalling": (State.OK, "playing"),
                "tile:stopped": (State.OK, "playing"),
                "tile:paused": (State.OK, "playing"),
                "tile:page": (State.OK, "showing"),
                "tile:never": (State.CRITICAL, "no process"),
            },
        )
        camera.stalled.set()
        stopped.signal_group(signal.SIGSTOP)
        node.tell_player("paused", "set_property", "pause", True)
        await become(
            probe,
            {
                "vital_tile:stalling": (State.CRITICAL, "frozen"),
                "tile:stopped": (State.CRITICAL, "its player hangs"),
                "tile:paused": (State.CRITICAL, "paused"),
            },
        )
        camera.stalled.clear()
        stopped.signal_group(signal.SIGCONT)
        node.tell_player("paused", "set_property", "pause", False)
        await become(
            probe,
            {
                "vital_tile:stalling": (State.OK, "playing"),
                "tile:stopped": (State.OK, "playing"),
                "tile:paused": (State.OK, "playing"),
            },
        )
        stalling.end()
        await become(probe, {"vital_tile:stalling": (State.CRITICAL, "no process")})
        sway.signal_group(signal.SIGSTOP)
        await become(probe, {"compositor:sway": (State.CRITICAL, "hangs")})
        sway.signal_group(signal.SIGKILL)
        await become(
            probe,
            {
                "compositor:sway": (State.CRITICAL, "not running"),
                "output:HEADLESS-1": (State.UNKNOWN, "not looked at"),
                "tile:stopped": (State.UNKNOWN, "not looked at"),
            },
        )
