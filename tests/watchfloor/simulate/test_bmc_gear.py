"""ipmitool and pyghmi as judges of the BMC."""

import json
import sys

import pytest

from tests.requirements import need
from tests.watchfloor.simulate.programs import Outcome, run
from watchfloor.simulate.bmc import SimulatedBmc
from watchfloor.simulate.fru import Fru

USER, PASSWORD = "watch", "bmc-password"


def make_bmc() -> SimulatedBmc:
    return SimulatedBmc(user=USER, password=PASSWORD, fru=Fru(serial="SN-42", asset_tag="srv-1"))


async def ipmitool(
    bmc: SimulatedBmc, suite: int, *command: str, password: str = PASSWORD
) -> Outcome:
    host, port = bmc.address
    where = ("-I", "lanplus", "-H", host, "-p", str(port), "-R", "1", "-N", "2")
    who = ("-U", USER, "-P", password, "-C", str(suite))
    return await run(need("ipmitool"), *where, *who, *command)


@pytest.mark.gear
@pytest.mark.parametrize("suite", [3, 17])
async def test_sensors(suite: int) -> None:
    async with make_bmc() as bmc:
        bmc.set_value("Inlet Temp", 41)
        bmc.set_states("PS2 Status", 0, 3)
        bmc.set_states("PS Redundancy", 1)
        listed = await ipmitool(bmc, suite, "sdr", "elist")
    lines = {line.split("|")[0].strip(): line for line in listed.output.splitlines()}
    assert len(lines) == 41
    assert "ucr" in lines["Inlet Temp"]
    assert "41 degrees C" in lines["Inlet Temp"]
    assert "Power Supply AC lost" in lines["PS2 Status"]
    assert "Redundancy Lost" in lines["PS Redundancy"]
    assert "5200 RPM" in lines["FAN1"]
    assert "3.30 Volts" in lines["3.3VCC"]


@pytest.mark.gear
async def test_log_plate_and_chassis() -> None:
    async with make_bmc() as bmc:
        bmc.set_states("PS1 Status", 0, 1)
        log = await ipmitool(bmc, 17, "sel", "elist")
        plate = await ipmitool(bmc, 17, "fru")
        chassis = await ipmitool(bmc, 17, "chassis", "status")
    assert "PS1 Status | Failure detected | Asserted" in log.output
    assert "SN-42" in plate.output
    assert "srv-1" in plate.output
    assert "System Power         : on" in chassis.output


@pytest.mark.gear
async def test_users_and_cipher_suites_can_be_audited() -> None:
    async with make_bmc() as bmc:
        users = await ipmitool(bmc, 17, "user", "list", "1")
        lan = await ipmitool(bmc, 17, "lan", "print", "1")
        suites = await ipmitool(bmc, 17, "channel", "getciphers", "ipmi", "1")
    assert "ADMINISTRATOR" in next(line for line in users.output.splitlines() if USER in line)
    assert "RMCP+ Cipher Suites     : 3,17" in lan.output
    assert [line.split()[0] for line in suites.output.splitlines()[1:]] == ["3", "17"]


@pytest.mark.gear
async def test_wrong_password_and_cipher_zero_get_no_session() -> None:
    async with make_bmc() as bmc:
        wrong = await ipmitool(bmc, 17, "mc", "info", password="another")
        zero = await ipmitool(bmc, 0, "mc", "info")
        assert wrong.code != 0
        assert zero.code != 0
        assert "no matching cipher suite" in zero.errors
        assert len(bmc.sessions) == 0


PYGHMI = """
import json, sys
from pyghmi.ipmi import command
host, port, user, password = sys.argv[1:]
try:
    console = command.Command(bmc=host, port=int(port), userid=user, password=password)
except Exception as error:
    print(json.dumps({"error": str(error)}))
    raise SystemExit
readings = list(console.get_sensor_data())
print(json.dumps({
    "sensors": len(readings),
    "bad": sorted(each.name for each in readings if each.health),
    "power": console.get_power()["powerstate"],
    "serial": dict(console.get_inventory())["System"]["Serial Number"],
    "events": [each["component"] for each in console.get_event_log()],
}))
console.ipmi_session.logout()
"""
"""In a process of its own: pyghmi keeps threads and sockets for as long as its process lives."""


async def pyghmi(bmc: SimulatedBmc, password: str) -> dict[str, object]:
    host, port = bmc.address
    outcome = await run(sys.executable, "-c", PYGHMI, host, str(port), USER, password)
    answer: dict[str, object] = json.loads(outcome.output)
    return answer


async def test_pyghmi_sees_what_was_set() -> None:
    async with make_bmc() as bmc:
        bmc.set_value("Inlet Temp", 41)
        bmc.set_states("PS2 Status", 0, 3)
        seen = await pyghmi(bmc, PASSWORD)
        assert seen["sensors"] == 41
        assert seen["bad"] == ["Inlet Temp", "PS2 Status"]
        assert seen["power"] == "on"
        assert seen["serial"] == "SN-42"
        assert seen["events"] == ["Inlet Temp", "Inlet Temp", "PS2 Status"]
        assert len(bmc.sessions) == 0, "it has logged out"


async def test_pyghmi_is_refused_with_a_wrong_password() -> None:
    async with make_bmc() as bmc:
        assert "password" in str((await pyghmi(bmc, "another"))["error"])
