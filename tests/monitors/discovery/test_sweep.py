"""A sweep over real sockets: simulated gear of every protocol is found, and nothing else is."""

import json
from pathlib import Path

import pytest

import watchfloor.simulate
from monitors.alerts.definition import load_definitions
from monitors.discovery.found import Neighbour
from monitors.discovery.snmp_view import SnmpAsker
from monitors.discovery.sweep import MOST_ADDRESSES, Sweeper, SweepError, addresses_of
from monitors.events import parse_event
from monitors.profiles.library import shipped
from monitors.snapshot import Phase
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.target import Community
from tests.monitors.centers import at, small_center
from tests.monitors.test_watch import looked, watch
from watchfloor.simulate.bmc import SimulatedBmc
from watchfloor.simulate.pjlink import SimulatedDisplay
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

PDU = Path(watchfloor.simulate.__file__).parent / "recordings/pdu-apc-rpdu2-8.snmprec"
CREDENTIALS = {"wrong": Community("wrong"), "gear": Community("public")}
SWITCH = """\
1.0.8802.1.1.2.1.3.7.1.3.9|4|Gi1/0/9
1.0.8802.1.1.2.1.3.7.1.4.9|4|to the console
1.0.8802.1.1.2.1.3.7.1.4.10|4|uplink
1.0.8802.1.1.2.1.4.1.1.7.0.9.1|4|eth0
1.0.8802.1.1.2.1.4.1.1.9.0.9.1|4|con-1.example.org
1.0.8802.1.1.2.1.4.1.1.9.0.10.2|4x|73772d6200
1.0.8802.1.1.2.1.4.1.1.9.0.11.3|4|
1.3.6.1.2.1.1.1.0|4|A switch
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.32473.7
"""


async def test_gear_of_every_protocol_is_found() -> None:
    async with (
        SnmpAgent(Recording.load(PDU)) as agent,
        SimulatedBmc() as bmc,
        SimulatedDisplay() as display,
    ):
        ports = {"snmp": agent.address[1], "ipmi": bmc.address[1], "pjlink": display.address[1]}
        async with Sweeper(shipped(), CREDENTIALS, timeout_s=0.5, ports=ports) as sweeper:
            seen: list[tuple[int, int]] = []
            sweep = await sweeper.sweep(["127.0.0.1/32"], lambda *done: seen.append(done))
            by_address = await sweeper.sweep(["127.0.0.1/31"])
    assert by_address.networks == ("127.0.0.0/31",), "one network is one alert"
    (found,) = sweep.found
    assert found.protocols == ("snmp", "ipmi", "pjlink")
    assert found.snmp is not None
    assert (found.snmp.credential, found.snmp.identity.vendor) == ("gear", "APC")
    assert [outlet.number for outlet in found.snmp.outlets] == [f"1-{n}" for n in range(1, 9)]
    assert seen == [(1, 1)]


async def test_neighbours_are_those_with_a_name(tmp_path: Path) -> None:
    recording = tmp_path / "switch.snmprec"
    recording.write_text(SWITCH)
    async with SnmpAgent(Recording.load(recording)) as agent, SnmpEngine() as engine:
        asker = SnmpAsker(engine, shipped(), CREDENTIALS)
        view = await asker.ask(agent.address[0], 0.5, agent.address[1])
    assert view is not None
    assert view.neighbours == (
        Neighbour("Gi1/0/9", "con-1.example.org", "eth0"),
        Neighbour("uplink", "sw-b"),
    )


@pytest.mark.parametrize("network", ["10.0.0.0/8", "fd00::/64", "somewhere", "10.0.0.0/33"])
def test_what_cannot_be_swept_is_one_line(network: str) -> None:
    with pytest.raises(SweepError) as error:
        addresses_of([network])
    assert str(error.value).startswith(network)
    assert "\n" not in str(error.value)


def test_every_address_once_and_no_more_than_a_person_means() -> None:
    assert addresses_of(["10.0.0.0/30", "10.0.0.1/32"]) == ["10.0.0.1", "10.0.0.2"]
    assert len(addresses_of(["10.0.0.0/20"])) == MOST_ADDRESSES - 2
    with pytest.raises(SweepError):
        addresses_of(["10.0.0.0/20", "10.1.0.0/24"])


def discovery(number: int, scope: str, changes: int) -> bytes:
    payload = {"scope": scope, "changes": changes, "summary": f"{changes} unknown in {scope}"}
    event = {"id": f"d{number}", "kind": "discovery", "at": at(number).isoformat(), "actor": "x"}
    return json.dumps({**event, "payload": payload}).encode()


def test_an_unknown_device_is_an_alert_until_a_sweep_finds_none() -> None:
    one = watch(small_center())
    assert "unknown-device" in load_definitions()
    one.note(parse_event(discovery(1, "10.0.0.0/24", 2)))
    one.note(parse_event(discovery(2, "10.1.0.0/24", 0)))
    (alert,) = [a for a in looked(one, 3).active_alerts if a.alert == "unknown-device"]
    assert (alert.component, "2 unknown in 10.0.0.0/24" in alert.summary) == (
        "network:10.0.0.0/24",
        True,
    )
    one.note(parse_event(discovery(4, "10.0.0.0/24", 0)))
    (over,) = [a for a in looked(one, 5).alerts if a.alert == "unknown-device"]
    assert over.phase is Phase.RETURNED
