"""Every recording at hand, the project's own and shared ones, through the real engine."""

import json
import math
import re
from pathlib import Path

import pytest

import watchfloor.simulate
from monitors.probe import Poll
from monitors.profiles.library import shipped
from monitors.reading import UNITS, SensorClass, State
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

OWN = sorted((Path(watchfloor.simulate.__file__).parent / "recordings").glob("*.snmprec"))
WRITTEN = sorted((Path(__file__).parents[2] / "recordings").glob("*.snmprec"))
SHARED = Path(__file__).parents[4] / "shared" / "recordings"
FAMILIES = ("ups", "apc", "pdu", "ats", "env", "switch", "cisco", "firewall", "server", "storage")


async def poll_of(path: Path) -> Poll:
    async with SnmpAgent(Recording.load(path)) as agent, SnmpEngine() as engine:
        host, port = agent.address
        target = SnmpTarget(path.stem, host, port, Community("public"), deadline_s=20)
        return await SnmpProbe(engine, target, shipped()).poll()


TWICE = re.compile(r"(.+) #\d+")
"""A name as it is when another reading of the poll has it, too."""


def named_twice(poll: Poll) -> list[tuple[str, str]]:
    """Names that two readings of one part share: nobody could tell which is which."""
    named = {(r.sensor_class, r.component, r.name) for r in poll.readings}
    return [
        (reading.component, reading.name)
        for reading in poll.readings
        for twice in (TWICE.fullmatch(reading.name),)
        if twice and (reading.sensor_class, reading.component, twice[1]) in named
    ]


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
    assert named_twice(poll) == []
    assert [r for r in poll.readings if r.state in (State.WARNING, State.CRITICAL)] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
async def test_each_reading_of_a_part_has_its_own_name(path: Path) -> None:
    assert named_twice(await poll_of(path)) == []


@pytest.mark.parametrize("family", FAMILIES)
async def test_shared_recordings_are_read_without_a_problem(family: str) -> None:
    paths = sorted((SHARED / family).glob("*.snmprec"))
    if not paths:
        pytest.skip("no shared recordings beside the checkout")
    for path in paths:
        poll = await poll_of(path)
        assert poll.problem is None, path.name
        check_readings(poll)


PLAUSIBLE = {
    SensorClass.TEMPERATURE: (-60, 150),
    SensorClass.HUMIDITY: (0, 1),
    SensorClass.CHARGE: (0, 1),
    SensorClass.LOAD: (0, 2),
    SensorClass.POWER_FACTOR: (-1, 1),
    SensorClass.RUNTIME: (0, 366 * 86400),
    SensorClass.VOLTAGE: (-1000, 1000),
    SensorClass.CURRENT: (-2000, 2000),
}
"""What a center's gear may read at most, in base units; beyond is a wrong factor or no value."""

UNITS_OF_THEIR_OWN = {
    # Both answer in thousandths or tenths where they say, or the standard says, whole units.
    *("iosxe_c8500-20x6c", "deltaups_rfc1628string"),
}


@pytest.mark.parametrize("family", FAMILIES)
async def test_shared_recordings_measure_what_can_be(family: str) -> None:
    paths = sorted((SHARED / family).glob("*.snmprec"))
    if not paths:
        pytest.skip("no shared recordings beside the checkout")
    absurd = [
        (path.stem, reading.oid, reading.value)
        for path in paths
        if path.stem not in UNITS_OF_THEIR_OWN
        for reading in (await poll_of(path)).readings
        for low, high in (PLAUSIBLE.get(reading.sensor_class, (-math.inf, math.inf)),)
        if not low <= reading.value <= high
    ]
    assert absurd == []


COVERED = (
    "ups/netmanplus_mct20",
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
