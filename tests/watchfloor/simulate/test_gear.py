"""Gear: every fault shows and goes away again, and power follows its paths."""

import socket
from collections.abc import Iterator

import pytest
from pyasn1.codec.ber import decoder
from pysnmp.proto.api import v2c

from watchfloor.simulate.announcing import Listeners
from watchfloor.simulate.device import (
    IpmiService,
    PjlinkService,
    RunningDevice,
    SimulatedDevice,
    SnmpService,
)
from watchfloor.simulate.errors import FaultError, GearError
from watchfloor.simulate.families import FAMILIES
from watchfloor.simulate.fault import Fault
from watchfloor.simulate.faults import FAULTS, faults_help
from watchfloor.simulate.gear import Gear
from watchfloor.simulate.services import Services

ON_BATTERY = "1.3.6.1.4.1.318.1.1.1.4.1.1.0"
"""upsBasicOutputStatus: 2 onLine, 3 onBattery."""


def device(
    name: str, kind: str, *feeds: str, family: str = "", bmc: bool = False
) -> SimulatedDevice:
    return SimulatedDevice(
        name,
        kind,
        feeds,
        snmp=SnmpService(family, community="public") if family else None,
        ipmi=IpmiService("watch", "bmc-password") if bmc else None,
    )


CENTER = (
    device("utility", "utility"),
    device("gen-1", "generator", family="generator"),
    device("ats-a", "ats", "utility", "gen-1", family="ats-apc"),
    device("ups-a", "ups", "ats-a", family="ups-apc"),
    device("ups-b", "ups", "utility", family="ups-rfc1628"),
    device("pdu-a", "pdu", "ups-a", family="pdu-apc-rpdu2"),
    device("pdu-b", "pdu", "ups-b", family="pdu-apc-rpdu2"),
    device("srv-1", "server", "pdu-a/1", "pdu-b/1", family="server-linux", bmc=True),
    device("sw-1", "switch", "pdu-a/2", "pdu-b/2", family="switch-access"),
    device("con-1", "console", "pdu-a/3", family="console-linux"),
    SimulatedDevice("display-1", "display", ("pdu-a/4",), pjlink=PjlinkService("wall-word")),
)


@pytest.fixture
def gear() -> Gear:
    """The center; faults need no open port."""
    return Gear(CENTER)


def looks(running: RunningDevice) -> list[object]:
    """Everything that a fault can change."""
    seen: list[object] = []
    if running.agent is not None:
        seen += [(row.name, row.value) for row in running.agent.recording]
        seen.append(repr(running.agent.faults))
    if running.bmc is not None:
        seen += [repr(running.bmc.state.sensors), repr(running.bmc.faults)]
    if running.display is not None:
        seen += [repr(running.display.state), repr(running.display.faults)]
    services = running.services
    for each in (services.circuit, services.clock, services.streams, services.web):
        seen.append(repr(each.faults) if each is not None else None)
    return [*seen, services.web.days if services.web is not None else None]


def one_of_each() -> list[SimulatedDevice]:
    every = [device(family, "thing", family=family) for family in FAMILIES]
    bare = SimulatedDevice("bmc", "server", ipmi=IpmiService("watch", "bmc-password"))
    asked = Services(echo=True, time=True, streams=("/live",), web=("tls-8443",))
    return [
        *every,
        bare,
        SimulatedDevice("display", "display", pjlink=PjlinkService()),
        SimulatedDevice("services", "camera", services=asked),
    ]


ARGUMENTS = {"outlet-off": "=3", "port-down": "=eno1"}
CASES = [
    (each.name, fault.name)
    for each in one_of_each()
    for fault in FAULTS.values()
    if fault.fits(RunningDevice(each)) and not fault.momentary
]


@pytest.mark.parametrize(("name", "fault"), CASES)
def test_each_fault_shows_on_each_family_and_goes_away(name: str, fault: str) -> None:
    gear = Gear(one_of_each())
    running = gear.devices[name]
    argument = ARGUMENTS.get(fault, "")
    if fault == "port-down" and running.agent is not None:
        last_port = running.agent.recording.under("1.3.6.1.2.1.31.1.1.1.1")[-1].value
        assert isinstance(last_port, bytes)
        argument = f"={last_port.decode()}"
        if name.startswith("switch"):
            argument = "=Gi1/0/7"
    well = looks(running)
    injection = gear.inject(f"{name}:{fault}{argument}")
    assert looks(running) != well, "the fault changes nothing"
    assert str(injection) in map(str, gear.injected)
    assert gear.clear(str(injection)) == (injection,)
    assert looks(running) == well
    assert gear.injected == ()


def test_every_fault_can_happen_to_something() -> None:
    momentary = {fault.name for fault in FAULTS.values() if fault.momentary}
    assert {fault for _, fault in CASES} == set(FAULTS) - momentary
    for fault in FAULTS.values():
        assert fault.name in faults_help()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ups-a", "write DEVICE:FAULT"),
        ("ups-z:on-battery", "no device 'ups-z': did you mean \"ups-"),
        ("ups-a:on-batery", 'did you mean "on-battery"'),
        ("sw-1:on-battery", "sw-1 cannot have 'on-battery'"),
        ("pdu-a:outlet-off", "needs the outlet"),
        ("pdu-a:outlet-off=three", "no outlet three"),
        ("pdu-a:outlet-off=99", "no outlet 99: they are 1 to 24"),
        ("sw-1:port-down=Gi9/9/9", "no port Gi9/9/9"),
        ("srv-1:psu-failed=7", "have 1 and 2"),
        ("ups-a:on-battery=now", "takes nothing after it"),
        ("ats-a:redundancy-lost=C", "sources A and B"),
    ],
)
def test_what_cannot_be_injected_is_refused_and_leaves_no_trace(
    gear: Gear, text: str, complaint: str
) -> None:
    before = {name: looks(running) for name, running in gear.devices.items()}
    with pytest.raises((FaultError, GearError), match=complaint) as caught:
        gear.inject(text)
    assert "\n" not in str(caught.value)
    assert gear.injected == ()
    assert {name: looks(running) for name, running in gear.devices.items()} == before


def silent(gear: Gear, name: str) -> bool:
    running = gear.devices[name]
    simulators = (running.agent, running.bmc, running.display)
    return all(each.faults.silence for each in simulators if each is not None)


def test_a_lost_feed_is_felt_by_what_hangs_there(gear: Gear) -> None:
    gear.inject("pdu-a:feed-lost")
    assert [name for name in gear.devices if silent(gear, name)] == [
        "utility",
        "pdu-a",
        "con-1",
        "display-1",
    ]
    bmc = gear.devices["srv-1"].bmc
    assert bmc is not None
    assert "states=frozenset({0, 3})" in repr(bmc.state.sensors["PS1 Status"])
    assert "states=frozenset({0})" in repr(bmc.state.sensors["PS2 Status"])
    switch = gear.devices["sw-1"].agent
    assert switch is not None
    assert switch.recording.value("1.3.6.1.4.1.9.9.117.1.1.2.1.2.1015") == 5
    gear.inject("pdu-b:feed-lost")
    assert silent(gear, "srv-1")
    gear.clear("pdu-a")
    assert not silent(gear, "con-1")
    assert "states=frozenset({0, 3})" in repr(bmc.state.sensors["PS2 Status"])
    gear.clear()
    assert "states=frozenset({0})" in repr(bmc.state.sensors["PS2 Status"])


def test_the_mains_away_moves_the_switch_and_empties_the_battery(gear: Gear) -> None:
    gear.inject("utility:down")
    ats, ups_a, ups_b = (gear.devices[name].agent for name in ("ats-a", "ups-a", "ups-b"))
    assert ats is not None
    assert ups_a is not None
    assert ups_b is not None
    assert ats.recording.value("1.3.6.1.4.1.318.1.1.8.5.1.2.0") == 2, "the generator's source"
    assert ups_a.recording.value(ON_BATTERY) == 2, "fed by the generator"
    assert ups_b.recording.value("1.3.6.1.2.1.33.1.4.1.0") == 5, "on battery"
    gear.inject("gen-1:down")
    assert ups_a.recording.value(ON_BATTERY) == 3
    assert not silent(gear, "ups-a")
    assert not silent(gear, "pdu-a")


def test_an_outlet_takes_down_only_what_hangs_on_it(gear: Gear) -> None:
    gear.inject("pdu-a:outlet-off=3")
    assert silent(gear, "con-1")
    assert not silent(gear, "display-1")
    assert not silent(gear, "pdu-a")


def test_a_countdown_goes_on_while_other_faults_come(gear: Gear) -> None:
    gear.inject("ups-a:on-battery")
    agent = gear.devices["ups-a"].agent
    assert agent is not None
    first = agent.recording.get((1, 3, 6, 1, 4, 1, 318, 1, 1, 1, 2, 2, 3, 0))
    gear.inject("sw-1:slow")
    gear.clear("sw-1")
    assert agent.recording.get((1, 3, 6, 1, 4, 1, 318, 1, 1, 1, 2, 2, 3, 0)) is first


def test_faults_of_one_device_add_up_and_end_one_by_one(gear: Gear) -> None:
    gear.inject("srv-1:psu-failed=2")
    gear.inject("srv-1:hot")
    gear.inject("srv-1:hot")
    assert [str(each) for each in gear.injected] == ["srv-1:psu-failed=2", "srv-1:hot"]
    gear.clear("srv-1:psu-failed=2")
    bmc = gear.devices["srv-1"].bmc
    assert bmc is not None
    assert "value=41" in repr(bmc.state.sensors["Inlet Temp"])
    assert "states=frozenset({0})" in repr(bmc.state.sensors["PS2 Status"])
    with pytest.raises(FaultError, match="srv-1:psu-failed=2 is not in force; in force: srv-1:hot"):
        gear.clear("srv-1:psu-failed=2")


def test_what_is_momentary_leaves_nothing_to_clear(gear: Gear) -> None:
    gear.inject("srv-1:rebooted")
    assert gear.injected == ()


async def test_all_run_on_ports_of_their_own() -> None:
    async with Gear(CENTER) as gear:
        addresses = gear.addresses()
        assert set(addresses) == {
            *(f"{each.name}/snmp" for each in CENTER if each.snmp),
            "srv-1/ipmi",
            "display-1/pjlink",
        }
        assert len({address for name, address in addresses.items() if "snmp" in name}) == 9


async def test_a_port_that_is_taken_ends_what_had_started() -> None:
    async with Gear(CENTER[3:4]) as first:
        _, port = first.addresses()["ups-a/snmp"]
        taken = SimulatedDevice("late", "ups", snmp=SnmpService("ups-apc", port=port))
        second = Gear((*CENTER[5:6], taken))
        with pytest.raises(GearError, match=f"port {port}"):
            await second.__aenter__()
        with pytest.raises(GearError, match="does not run"):
            second.addresses()


def test_names_are_unique_and_secrets_hidden() -> None:
    with pytest.raises(GearError, match="share a name"):
        Gear((CENTER[0], CENTER[0]))
    shown = repr(CENTER)
    assert "bmc-password" not in shown
    assert "wall-word" not in shown


def test_faults_that_cut_power_are_marked() -> None:
    def cuts(fault: Fault) -> bool:
        return fault.cuts_power

    assert {fault.name for fault in filter(cuts, FAULTS.values())} == {
        "down",
        "feed-lost",
        "output-off",
    }


def test_behind_a_dead_switch_nothing_answers_and_behind_one_of_two_all_does() -> None:
    def host(name: str, *above: str) -> SimulatedDevice:
        return SimulatedDevice(
            name, "server", uplinks=above, snmp=SnmpService("server-linux", community="public")
        )

    gear = Gear(
        [host("core"), host("a", "core"), host("b", "core"), host("x", "a", "b"), host("y", "a")]
    )
    gear.inject("a:down")
    silent = {n for n, d in gear.devices.items() if d.agent is not None and d.agent.faults.silence}
    assert silent == {"a", "y"}
    gear.inject("b:down")
    assert gear.devices["x"].agent is not None
    assert gear.devices["x"].agent.faults.silence
    gear.clear()
    assert not any(d.agent.faults.silence for d in gear.devices.values() if d.agent is not None)


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


async def test_gear_says_so_when_something_happens_to_it(ear: socket.socket) -> None:
    async with Gear(CENTER, Listeners(traps=ear.getsockname())) as gear:
        gear.inject("ups-b:on-battery")
        data, sender = ear.recvfrom(65535)
        agent = gear.devices["ups-b"].agent
        assert agent is not None
        assert sender == agent.address
        assert _trap_oid(data) == "1.3.6.1.2.1.33.2.1"
        gear.clear()
        assert _trap_oid(ear.recv(65535)) == "1.3.6.1.2.1.118.0.3"


def _trap_oid(data: bytes) -> str:
    message, _ = decoder.decode(data, asn1Spec=v2c.Message())
    varbinds = v2c.apiPDU.get_varbinds(v2c.apiMessage.get_pdu(message))
    return str(varbinds[1][1])


async def test_dead_gear_says_nothing(ear: socket.socket) -> None:
    async with Gear(CENTER, Listeners(traps=ear.getsockname())) as gear:
        gear.inject("sw-1:down")
        gear.inject("ups-b:rebooted")
        data, _ = ear.recvfrom(65535)
        assert _trap_oid(data) == "1.3.6.1.6.3.1.1.5.1", "coldStart, and nothing before it"


async def test_a_display_sends_notices(ear: socket.socket) -> None:
    async with Gear(CENTER, Listeners(notices=ear.getsockname())) as gear:
        gear.inject("display-1:lamp-failed")
        assert (ear.recv(200), ear.recv(200)) == (b"%2POWR=1\r", b"%2ERST=020000\r")
