"""Faults of services are seen from outside: every one of them, through real probes."""

from pathlib import Path

import pytest

from inventory.model import Device
from inventory.secrets import SecretText
from monitors.reach.build import AskerMaker
from monitors.reach.probe import ReachProbe, ReachTarget
from monitors.reach.rtsp import Login
from monitors.reading import State
from watchfloor.simulate.device import RunningDevice, SimulatedDevice
from watchfloor.simulate.faults import FAULTS
from watchfloor.simulate.gear import Gear
from watchfloor.simulate.service_faults import SERVICE_FAULTS
from watchfloor.simulate.services import Services

USER, PASSWORD = "wf-view", "simulated"
SERVICES = Services(
    echo=True,
    time=True,
    streams=("/live",),
    user=USER,
    password=PASSWORD,
    web=("http-8443", "tls-8443"),
)
CHECKS: list[dict[str, object]] = [
    {
        "icmp": "192.0.2.1",
        "requests": 10,
        "timeout_s": 0.6,
        "jitter_s": {"warning": 0.1},
    },
    {"ntp": True},
    {"rtsp": "/live", "credential": "streams"},
    {"http": "https://10.20.10.41:8443/healthz"},
    {"tls": 8443},
]
GEAR = SimulatedDevice("gear", "server", services=SERVICES)
COMMON = ("down", "silent", "garbage")
DEVICE = Device.model_validate(
    {
        "name": "gear",
        "id": "gear",
        "kind": "server",
        "address": "10.20.10.41",
        "monitoring": {"reach": [{"timeout_s": 1.0, **check} for check in CHECKS]},
    }
)


def probe_of(gear: Gear) -> ReachProbe:
    addresses = gear.addresses()
    maker = AskerMaker(
        DEVICE,
        Path(),
        lambda endpoint, host, port: addresses[f"gear/{endpoint}"],
        lambda _: Login(USER, SecretText(PASSWORD)),
    )
    askers = tuple(maker.make(check) for check in DEVICE.monitoring.reach)
    return ReachProbe(ReachTarget("gear", askers, 3.0))


@pytest.mark.parametrize("fault", [*(each.name for each in SERVICE_FAULTS), *COMMON])
async def test_a_fault_is_seen_and_its_end_too(fault: str) -> None:
    async with Gear([GEAR]) as gear:
        before = await probe_of(gear).poll()
        assert before.problem is None
        assert [r for r in before.readings if r.state is not State.OK] == []
        gear.inject(f"gear:{fault}")
        during = await probe_of(gear).poll()
        assert during.problem or any(r.state is not State.OK for r in during.readings)
        gear.clear()
        after = await probe_of(gear).poll()
    assert [r for r in after.readings if r.state is not State.OK] == []


def test_every_fault_of_services_can_be_asked_for() -> None:
    running = RunningDevice(GEAR)
    fitting = {name for name, fault in FAULTS.items() if fault.fits(running)}
    assert {fault.name for fault in SERVICE_FAULTS} <= fitting
