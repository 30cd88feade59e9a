"""Every recording at hand, the project's own and shared ones, through the real engine."""

import json
from pathlib import Path

import pytest

import watchfloor.simulate
from monitors.probe import Poll
from monitors.profiles.library import shipped
from monitors.reading import UNITS, State
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

OWN = sorted((Path(watchfloor.simulate.__file__).parent / "recordings").glob("*.snmprec"))
SHARED = Path(__file__).parents[4] / "shared" / "recordings"
FAMILIES = ("ups", "apc", "pdu", "ats", "env", "switch", "cisco", "firewall", "server", "storage")


async def poll_of(path: Path) -> Poll:
    async with SnmpAgent(Recording.load(path)) as agent, SnmpEngine() as engine:
        host, port = agent.address
        target = SnmpTarget(path.stem, host, port, Community("public"), deadline_s=20)
        return await SnmpProbe(engine, target, shipped()).poll()


def check_readings(poll: Poll) -> None:
    assert len({(r.sensor_class, r.name) for r in poll.readings}) == len(poll.readings)
    for reading in poll.readings:
        assert reading.unit == UNITS[reading.sensor_class]
        assert reading.name == reading.name.strip() != ""
        assert isinstance(reading.value, int | float)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
async def test_own_gear_is_read_and_in_order(path: Path) -> None:
    poll = await poll_of(path)
    assert poll.problem is None
    assert poll.readings
    check_readings(poll)
    assert [r for r in poll.readings if r.state in (State.WARNING, State.CRITICAL)] == []


@pytest.mark.parametrize("family", FAMILIES)
async def test_shared_recordings_are_read_without_a_problem(family: str) -> None:
    paths = sorted((SHARED / family).glob("*.snmprec"))
    if not paths:
        pytest.skip("no shared recordings beside the checkout")
    for path in paths:
        poll = await poll_of(path)
        assert poll.problem is None, path.name
        check_readings(poll)


COVERED = (
    "ups/netmanplus_mct20",
    "ups/huaweiups_ups2000",
    "ups/generex-ups_cs141-v22036",
    "apc/apc_symmetralx",
    "apc/apc_sua1500rmi2u",
    "switch/dell-sonic",
)


@pytest.mark.parametrize("name", COVERED)
async def test_covered_families_bring_every_sensor_that_others_find(name: str) -> None:
    path = SHARED / f"{name}.snmprec"
    if not path.exists():
        pytest.skip("no shared recordings beside the checkout")
    found = {(r.oid, r.sensor_class) for r in (await poll_of(path)).readings}
    rows = json.loads(path.with_suffix(".json").read_text())["sensors"]["discovery"]["sensors"]
    wanted = {(row["sensor_oid"].lstrip("."), row["sensor_class"]) for row in rows}
    assert wanted - found == set()
