"""Small devices written from their MIBs: well as recorded, and each failure seen for what it is."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from monitors.health import DeviceHealth
from monitors.probe import Poll
from monitors.profiles.library import shipped
from monitors.reading import Reading, State
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

FOLDER = Path(__file__).parents[2] / "recordings"
NAMES = sorted(path.stem for path in FOLDER.glob("*.snmprec"))


async def poll(name: str, oid: str = "", value: int | str | bytes | None = "") -> Poll:
    recording = Recording.load(FOLDER / f"{name}.snmprec")
    if value is None:
        recording.remove(oid)
    elif oid:
        recording.edit(oid, value)
    async with SnmpAgent(recording) as agent, SnmpEngine() as engine:
        host, port = agent.address
        probe = SnmpProbe(engine, SnmpTarget(name, host, port, Community("public")), shipped())
        found = await probe.poll()
        assert name in probe.profiles
        return found


def failures() -> Iterator[tuple[str, str, int | str | bytes | None, State]]:
    for name in NAMES:
        for case in yaml.safe_load((FOLDER / f"{name}.yaml").read_text()):
            yield name, case["oid"], case["value"], State(case["state"])


_WELL: dict[str, Poll] = {}


async def watched(name: str, *polls: Poll) -> Sequence[Reading]:
    """The last readings of a device that was well before, as its health takes them."""
    if name not in _WELL:
        _WELL[name] = await poll(name)
    health = DeviceHealth(name, {"snmp": 30.0})
    for each in (_WELL[name], *polls):
        health.absorb(each)
    return health.readings


@pytest.mark.parametrize("name", NAMES)
async def test_a_device_without_a_fault_is_well(name: str) -> None:
    readings = await watched(name)
    assert any(reading.profile == name for reading in readings)
    assert [r for r in readings if r.state is not State.OK] == []


@pytest.mark.parametrize(("name", "oid", "value", "state"), list(failures()), ids=str)
async def test_a_failure_has_its_state(
    name: str, oid: str, value: int | str | bytes | None, state: State
) -> None:
    readings = await watched(name, await poll(name, oid, value))
    bad = [r for r in readings if r.state is not State.OK]
    assert state in {reading.state for reading in bad}
    assert all(reading.component for reading in bad), "a bad part must have a name"
