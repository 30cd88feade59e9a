"""Readings of real agents and controllers, and what comes of devices that cannot be read."""

import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inventory.endpoints import EndpointMap
from inventory.model import Center, Credential, Device, Kind, Monitoring, Purpose
from inventory.secrets import Secrets
from monitors.baseline import snmp_probing
from monitors.baseline.auditing import devices_in_scope
from monitors.baseline.catalogue import shipped
from monitors.baseline.collecting import PURPOSES, Means, collect, subjects_of
from monitors.baseline.errors import AuditError
from monitors.baseline.judge import Case, judge
from monitors.baseline.snmp_facts import Reply
from monitors.baseline.stored import BmcReading, FailedReading, SnmpReading
from monitors.baseline.verdict import Verdict
from tests.monitors.ipmi import ipmi_sim
from tests.monitors.snmp import agents
from tests.requirements import need
from watchfloor.simulate.bmc import SimulatedBmc

DAY = date(2026, 11, 22)
ENVIRONMENT = {"AUTH": "authpass1234", "PRIV": "privpass1234", "BMC": ipmi_sim.PASSWORD}
STRICT = """\
createUser reader SHA-256 authpass1234 AES privpass1234
rouser reader priv
"""
LOOSE = """\
createUser reader SHA-256 authpass1234 AES privpass1234
rouser reader noauth
rocommunity public
rocommunity private
"""


def credential(name: str, **more: Any) -> Credential:
    return Credential(name=name, **{"purpose": Purpose.MONITOR, **more})


CREDENTIALS = {
    "v3": credential(
        "v3", protocol="snmp-v3", user="reader", secret="env:AUTH", privacy_secret="env:PRIV"
    ),
    "v2c": credential("v2c", protocol="snmp-v2c", secret="env:AUTH"),
    "ipmi": credential("ipmi", protocol="ipmi", user=ipmi_sim.USER, secret="env:BMC"),
    "deploy": credential("deploy", protocol="ssh", user="d", secret="env:AUTH", purpose="deploy"),
    "audit": credential("audit", protocol="ssh", user="a", secret="env:KEY", purpose="audit"),
}


def device(name: str, **more: Any) -> Device:
    return Device(name=name, id=name, **{"kind": Kind.SERVER, "address": "127.0.0.1", **more})


def center(*devices: Device) -> Center:
    return Center(
        name="labtown",
        title="Lab",
        timezone="Etc/UTC",
        devices={each.name: each for each in devices},
        credentials=CREDENTIALS,
    )


async def read(
    subject: Device, tmp_path: Path, endpoints: dict[str, tuple[str, int]] | None = None
) -> tuple[Case, list[str]]:
    """The one case of a device, and the progress that was told."""
    told: list[str] = []
    means = Means(
        secrets=Secrets(PURPOSES, tmp_path, {**ENVIRONMENT, "KEY": str(tmp_path / "key")}),
        endpoints=EndpointMap(endpoints or {}),
        known_hosts=tmp_path / "known_hosts",
        areas=("system",),
        progress=told.append,
    )
    (case,) = await collect(center(subject), [subject], means)
    return case, told


def verdicts(case: Case) -> dict[str, str]:
    found = judge([case], shipped().controls, [], DAY)
    return {each.control: each.verdict.value for each in found}


@pytest.fixture
def snmpd(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    """net-snmp's agent with the configuration that the test is parametrised with."""
    monkeypatch.setattr(agents, "SNMPD_USERS", request.param)
    monkeypatch.setattr(snmp_probing, "PROBE_TIMEOUT_S", 0.3)  # loopback answers at once
    with agents.running_snmpd(need("snmpd"), tmp_path) as port:
        yield port


def agent(name: str = "v3") -> Device:
    return device("sw-1", kind=Kind.SWITCH, monitoring=Monitoring(snmp=name))


@pytest.mark.gear
@pytest.mark.parametrize("snmpd", [STRICT], indirect=True)
async def test_a_strict_agent_passes(snmpd: int, tmp_path: Path) -> None:
    case, told = await read(agent(), tmp_path, {"sw-1/snmp": ("127.0.0.1", snmpd)})
    assert isinstance(case.reading, SnmpReading)
    assert case.reading.facts.without_privacy is Reply.REFUSED
    assert case.reading.facts.without_authentication is Reply.REFUSED
    assert verdicts(case) == {"snmp-default-community": "PASS", "snmp-authpriv-only": "PASS"}
    assert told == ["sw-1: snmp: read"]


@pytest.mark.gear
@pytest.mark.parametrize("snmpd", [LOOSE], indirect=True)
async def test_a_loose_agent_fails(snmpd: int, tmp_path: Path) -> None:
    case, _ = await read(agent(), tmp_path, {"sw-1/snmp": ("127.0.0.1", snmpd)})
    assert isinstance(case.reading, SnmpReading)
    assert case.reading.facts.words_answered == ("public", "private")
    assert case.reading.facts.without_privacy is Reply.ANSWERED
    assert case.reading.facts.without_authentication is Reply.ANSWERED
    assert verdicts(case) == {"snmp-default-community": "FAIL", "snmp-authpriv-only": "FAIL"}


@pytest.mark.gear
@pytest.mark.parametrize("snmpd", ["rocommunity authpass1234\n"], indirect=True)
async def test_an_agent_that_is_read_in_the_clear_fails(snmpd: int, tmp_path: Path) -> None:
    case, _ = await read(agent("v2c"), tmp_path, {"sw-1/snmp": ("127.0.0.1", snmpd)})
    assert verdicts(case) == {"snmp-default-community": "PASS", "snmp-authpriv-only": "FAIL"}
    assert "authpass1234" not in case.reading.model_dump_json()


def server() -> Device:
    return device("srv-1", bmc="127.0.0.1", monitoring=Monitoring(ipmi="ipmi"))


@pytest.mark.gear
async def test_a_real_controller_is_judged(tmp_path: Path) -> None:
    with ipmi_sim.running(tmp_path / "sim") as sim:
        case, _ = await read(server(), tmp_path, {"srv-1/ipmi": ("127.0.0.1", sim.port)})
    assert isinstance(case.reading, BmcReading)
    found = verdicts(case)
    assert set(found) == {"bmc-cipher-zero", "bmc-null-user", "bmc-cipher-allow"}
    assert set(found.values()) <= {"PASS", "FAIL"}


@pytest.mark.parametrize(
    ("suites", "wanted"),
    [
        ((17,), {"bmc-cipher-zero": "PASS", "bmc-cipher-allow": "PASS"}),
        ((17, 3), {"bmc-cipher-zero": "PASS", "bmc-cipher-allow": "PASS"}),
        ((17, 3, 2), {"bmc-cipher-zero": "PASS", "bmc-cipher-allow": "FAIL"}),
        ((17, 0), {"bmc-cipher-zero": "FAIL", "bmc-cipher-allow": "FAIL"}),
    ],
)
async def test_cipher_suites_decide(
    suites: tuple[int, ...], wanted: dict[str, str], tmp_path: Path
) -> None:
    async with SimulatedBmc(
        user=ipmi_sim.USER, password=ipmi_sim.PASSWORD, cipher_suites=suites
    ) as bmc:
        case, _ = await read(server(), tmp_path, {"srv-1/ipmi": bmc.address})
    assert verdicts(case) == {"bmc-null-user": "PASS", **wanted}


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        (device("h", os="debian-12"), "names no credential to read it with; set `monitoring: {ssh"),
        (
            device("h", os="debian-12", monitoring=Monitoring(ssh="deploy")),
            'credential "deploy" is for deploy, and this process may use audit, monitor',
        ),
        (
            device("h", os="debian-12", monitoring=Monitoring(ssh="audit")),
            "put the secret there, mode 600",
        ),
        (device("h", bmc="127.0.0.1"), "set `monitoring: {ipmi"),
        (
            device("h", address=None, monitoring=Monitoring(snmp="v3")),
            "has no address in the inventory",
        ),
    ],
)
async def test_a_side_without_a_way_in_is_an_error(
    subject: Device, problem: str, tmp_path: Path
) -> None:
    case, told = await read(subject, tmp_path)
    assert isinstance(case.reading, FailedReading)
    assert problem in case.reading.problem
    assert set(verdicts(case).values()) == {"ERROR"}
    assert told == [f"h: {case.reading.subject}: {case.reading.problem}"]


async def test_an_agent_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()
    case, _ = await read(agent(), tmp_path, {"sw-1/snmp": closed})
    assert isinstance(case.reading, FailedReading)
    assert verdicts(case) == {"snmp-default-community": "ERROR", "snmp-authpriv-only": "ERROR"}


async def test_the_key_is_never_the_deploying_one(tmp_path: Path) -> None:
    assert Purpose.DEPLOY not in PURPOSES
    assert Purpose.BMC_ADMIN not in PURPOSES


def test_sides_of_devices() -> None:
    everything = device(
        "s", os="debian-12", bmc="127.0.0.2", monitoring=Monitoring(snmp="v3", ipmi="ipmi")
    )
    assert subjects_of(everything) == ("host", "bmc", "snmp")
    assert subjects_of(device("d", kind=Kind.DISPLAY)) == ()


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        ((), ["a-1", "a-2", "sw-1"]),
        (("a-*",), ["a-1", "a-2"]),
        (("kind:switch", "a-2"), ["a-2", "sw-1"]),
        (("role:app",), ["a-1"]),
    ],
)
def test_limits(limits: tuple[str, ...], names: list[str]) -> None:
    site = center(
        device("a-1", os="debian-12", roles=("app",)),
        device("a-2", os="debian-12"),
        device("screen", kind=Kind.DISPLAY),
        agent(),
    )
    assert [each.name for each in devices_in_scope(site, limits)] == names
    with pytest.raises(AuditError, match='did you mean "a-1"'):
        devices_in_scope(site, ["a-11"])
    with pytest.raises(AuditError, match="fits no device"):
        devices_in_scope(site, ["screen"])


def test_verdicts_have_all_their_words() -> None:
    assert len(Verdict) == 8
