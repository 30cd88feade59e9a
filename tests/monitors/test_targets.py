"""From the inventory to polls: what is asked from outside, and BMCs over Redfish, end to end."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from inventory.endpoints import EndpointMap
from inventory.loader import load
from inventory.model import Center, Purpose
from inventory.secrets import Secrets
from inventory.topology import Health, Topology
from monitors.elements import ElementReader
from monitors.health import DeviceHealth
from monitors.probe import Poll, ProblemKind
from monitors.profiles.library import Library
from monitors.targets import Clients, Targets, build_targets
from tests.certificates import Authority, Signed
from tests.monitors.centers import poll, reading
from watchfloor.simulate.circuit import SimulatedCircuit
from watchfloor.simulate.redfish import SimulatedRedfish
from watchfloor.simulate.streams import SimulatedStreams
from watchfloor.simulate.time_server import SimulatedTimeServer

INVENTORY = """\
format: 1
center: {name: small, title: Small, timezone: UTC}
devices:
  srv-1:
    kind: server
    bmc: 10.20.9.112
    monitoring: {redfish: bmc, redfish_tls: {ca: ca.pem, name: srv-1-bmc.example}}
  srv-2: {kind: server, bmc: 10.20.9.113, monitoring: {redfish: bmc}}
  rec-1:
    kind: recorder
    address: 10.20.9.20
    monitoring:
      reach:
        - {rtsp: /live/1, credential: streams, vital: true, timeout_s: 0.5}
        - {icmp: true, timeout_s: 0.5}
  rec-2: {kind: recorder, address: 10.20.9.21}
  wan-a: {kind: link, monitoring: {reach: [{icmp: 192.0.2.1, timeout_s: 0.3}]}}
  wan-b: {kind: link}
  clk-1: {kind: clock, address: 10.20.9.23, monitoring: {reach: [{ntp: true}]}}
  clk-2: {kind: clock}
networks: {mgmt: {cidr: 10.20.9.0/24}}
groups:
  recorders: {needs: 1, of: [rec-1, rec-2]}
  circuits: {needs: 1, of: [wan-a, wan-b]}
  clocks: {needs: 1, of: [clk-1, clk-2]}
functions:
  recording: {title: Recording, needs: [recorders]}
  records: {title: Records, needs: [circuits]}
  time: {title: Time, needs: [clocks]}
credentials:
  bmc: {purpose: monitor, protocol: redfish, user: wf-monitor, secret: env:BMC}
  streams: {purpose: monitor, protocol: rtsp, user: wf-view, secret: env:STREAMS}
"""
ENVIRONMENT = {"BMC": "bmc-secret", "STREAMS": "stream-secret"}


@pytest.fixture
def center(tmp_path: Path) -> Center:
    (tmp_path / "center.yaml").write_text(INVENTORY)
    return load(tmp_path)


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    return Authority(tmp_path).sign("srv-1-bmc.example")


class Site:
    """The center, its probes, and what becomes of their polls."""

    def __init__(self, center: Center, targets: Targets) -> None:
        self.center = center
        self.targets = {(target.device, target.protocol): target for target in targets.targets}
        self.healths = {
            name: DeviceHealth(name, spoken) for name, spoken in targets.protocols.items()
        }
        self._reader = ElementReader(Topology(center), None)

    async def poll(self, device: str, protocol: str) -> Poll:
        poll = await self.targets[device, protocol].probe.poll()
        self.healths[device].absorb(poll)
        return poll

    def margins(self) -> Mapping[str, int]:
        states = self._reader.states(self.healths)
        known = {element: health for element, health in states.items() if health is Health.DOWN}
        functions = Topology(self.center).assess(known).functions
        return {name: margin.margin for name, margin in functions.items()}


def site_of(
    center: Center, folder: Path, clients: Clients, **endpoints: tuple[str, int]
) -> tuple[Site, Targets]:
    secrets = Secrets([Purpose.MONITOR], folder, ENVIRONMENT)
    named = {name.replace("__", "/").replace("_", "-"): at for name, at in endpoints.items()}
    none = Library(())  # nothing is read over SNMP here
    targets = build_targets(center, secrets, EndpointMap(named), clients, profiles=none)
    return Site(center, targets), targets


async def test_what_fails_outside_lowers_the_margin_of_its_function(
    center: Center, tmp_path: Path
) -> None:
    async with (
        SimulatedStreams(("/live/1",), user="wf-view", password="stream-secret") as streams,
        SimulatedCircuit() as circuit,
        SimulatedCircuit() as echo,
        SimulatedTimeServer() as clock,
        Clients() as clients,
    ):
        site, targets = site_of(
            center,
            tmp_path,
            clients,
            rec_1__rtsp_554=streams.address,
            rec_1__icmp=echo.address,
            wan_a__icmp=circuit.address,
            clk_1__ntp=clock.address,
        )
        assert targets.problems == ()
        names = ("rec-1", "wan-a", "clk-1")
        for _ in range(2):
            for name in names:
                assert (await site.poll(name, "reach")).problem is None
        assert site.margins() == {"recording": 1, "records": 1, "time": 1}
        streams.faults.gone = circuit.faults.silence = clock.faults.unset = True
        polls = [await site.poll(name, "reach") for _ in range(2) for name in names]
        assert site.margins() == {"recording": 0, "records": 0, "time": 0}
        assert {each.device for each in polls if each.problem} == {"wan-a"}
        streams.faults.gone = circuit.faults.silence = clock.faults.unset = False
        for _ in range(2):
            for name in names:
                await site.poll(name, "reach")
        assert site.margins() == {"recording": 1, "records": 1, "time": 1}


async def test_a_bmc_is_read_over_redfish_if_something_vouches_for_it(
    center: Center, tmp_path: Path, signed: Signed
) -> None:
    how: dict[str, Any] = {"tls": signed.server(), "user": "wf-monitor", "password": "bmc-secret"}
    async with SimulatedRedfish("ilo", **how) as bmc, Clients() as clients:
        site, _ = site_of(
            center, tmp_path, clients, srv_1__redfish=bmc.address, srv_2__redfish=bmc.address
        )
        vouched = await site.poll("srv-1", "redfish")
        refused = await site.poll("srv-2", "redfish")
        await site.targets["srv-1", "redfish"].probe.close()
    assert vouched.problem is None
    assert any(reading.component == "power_supply:2" for reading in vouched.readings)
    assert refused.problem is not None
    assert refused.problem.kind is ProblemKind.FAILED
    assert signed.sha256 in refused.problem.message


def test_a_bmc_that_answers_does_not_speak_for_its_host() -> None:
    health = DeviceHealth("srv-1", {"snmp": 30.0, "redfish": 30.0})
    for second in (0, 30):
        health.absorb(poll("srv-1", seconds=second, problem=ProblemKind.SILENT))
        health.absorb(poll("srv-1", reading(), seconds=second, protocol="redfish"))
    assert health.silent


def test_an_engine_loads_a_protocol_with_the_first_device_that_speaks_it() -> None:
    script = "import sys, monitors.engine_process; print(*sys.modules)"
    argv = [sys.executable, "-P", "-c", script]
    loaded = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    spoken_by_few = ("cryptography", "monitors.ipmi.", "monitors.redfish.", "monitors.snmp.usm_s")
    assert "monitors.snmp.usm" in loaded
    assert not [name for name in loaded if name.startswith(spoken_by_few)]
