"""BMCs over IPMI through the worker: planned, set, read back, found changed by hand, taken back."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.area import Difference
from deploy.bmc.differences import differences
from deploy.bmc_change import BmcSettingChange, BmcUserChange
from deploy.change import Change
from deploy.controller import run_job
from deploy.messages import AreaDone, AreaJob, Event, FactsRead, HostDone, HostJob, Job
from deploy.reading import facts_in
from deploy.ways import ipmi
from inventory.baseline import Baseline
from inventory.model import Credential, Device, Monitoring, Purpose
from tests.deploy.hosts import VANTAGE, center, server
from tests.monitors.ipmi import ipmi_sim
from tests.requirements import need
from watchfloor.simulate.bmc import SimulatedBmc
from watchfloor.simulate.bmc_state import SimulatedBmcUser

ADMIN, READER = "root", "monitor"
ADMIN_PASSWORD, READER_PASSWORD = "admin-secret", "reader-secret"
SECRETS = {"bmc-read.secret": SecretStr(READER_PASSWORD)}


def credential(name: str, purpose: Purpose, user: str) -> Credential:
    fields = {"name": name, "purpose": purpose, "protocol": "ipmi", "user": user}
    return Credential.model_validate({**fields, "secret": "env:UNUSED"})


def wanting(**baseline: bool) -> Device:
    return server(
        "web-1",
        "10.9.1.1",
        bmc="10.9.2.1",
        baseline=Baseline(**baseline),
        monitoring=Monitoring(ipmi="bmc-read"),
    )


MONITOR = server("mon-1", "10.9.1.9", roles=("monitor",))
CENTER = center(
    devices={"web-1": wanting(), "mon-1": MONITOR},
    credentials={
        "bmc-write": credential("bmc-write", Purpose.BMC_ADMIN, ADMIN),
        "bmc-read": credential("bmc-read", Purpose.MONITOR, READER),
    },
)


class Bmc:
    """One BMC as the controller sees it."""

    def __init__(self, port: int, device: Device, password: str = ADMIN_PASSWORD) -> None:
        self._port = port
        self._device = device
        self._password = password

    async def visit(
        self, changes: Mapping[str, Iterable[Change]] | None = None, only: Iterable[str] = ()
    ) -> list[Event]:
        """The worker's events."""
        areas = tuple(
            AreaJob(name=name, changes=tuple(each)) for name, each in (changes or {}).items()
        )
        target = HostJob(
            name="web-1/bmc",
            device="web-1",
            way="ipmi",
            address="127.0.0.1",
            port=self._port,
            user=ADMIN,
            admin=ADMIN,
            password=SecretStr(self._password),
            secrets=SECRETS,
            areas=areas,
        )
        reading = ipmi.reading(CENTER, self._device, tuple(only))
        mode = "apply" if changes else "read"
        job = Job(mode=mode, run="r", owner="t@here", readings=(reading,), hosts=(target,))
        events: list[Event] = []
        await asyncio.to_thread(run_job, job, events.append)
        return events

    async def plan(self) -> dict[str, Difference]:
        return self.found(await self.visit())

    def found(self, events: list[Event]) -> dict[str, Difference]:
        """What would change by the last reading."""
        read = [event for event in events if isinstance(event, FactsRead)]
        assert read, events
        assert READER_PASSWORD not in read[-1].output
        assert ADMIN_PASSWORD not in read[-1].output
        return differences(CENTER, self._device, facts_in(read[-1].output), VANTAGE, ())


def changes(found: Mapping[str, Difference]) -> dict[str, tuple[Change, ...]]:
    return {name: area.changes for name, area in found.items() if area.changes}


def done(events: list[Event]) -> dict[str, str]:
    """What came of each area."""
    return {event.area: event.message for event in events if isinstance(event, AreaDone)}


def last_word(events: list[Event]) -> HostDone:
    (word,) = (event for event in events if isinstance(event, HostDone))
    return word


def back(made: Mapping[str, Iterable[Change]]) -> dict[str, tuple[Change, ...]]:
    """What takes them back, the last one first."""
    undone = {
        name: tuple(
            taken
            for change in reversed(tuple(each))
            if isinstance(change, BmcUserChange | BmcSettingChange)
            and (taken := change.taken_back()) is not None
        )
        for name, each in made.items()
    }
    return {name: each for name, each in undone.items() if each}


@pytest.fixture
async def simulated() -> AsyncIterator[SimulatedBmc]:
    vendor = SimulatedBmcUser("ADMIN", "ADMIN")
    reader = SimulatedBmcUser(READER, "an-old-secret")
    async with SimulatedBmc(
        user=ADMIN,
        password=ADMIN_PASSWORD,
        cipher_suites=(0, 3, 17),
        users=(vendor, reader),
    ) as bmc:
        bmc.state.lan[2] = bytes((0x15, 0x15, 0x15, 0x15, 0))
        bmc.state.destinations[2] = (
            bytes((2, 0, 3, 3)),
            bytes((2, 0, 0, 192, 0, 2, 9, *bytes(6))),
        )
        yield bmc


async def test_a_bmc_as_it_was_delivered_becomes_as_wanted_and_stays_so(
    simulated: SimulatedBmc,
) -> None:
    bmc = Bmc(simulated.address[1], wanting())
    planned = changes(await bmc.plan())
    assert {name: len(each) for name, each in planned.items()} == {
        "bmc_users": 2,
        "bmc_ciphers": 1,
        "bmc_lan": 1,
        "bmc_alerts": 3,
    }
    events = await bmc.visit(planned)
    assert done(events) == dict.fromkeys(planned, "")
    assert changes(bmc.found(events)) == {}
    state = simulated.state
    assert state.suite_limits == {0: 0, 3: 0, 17: 4}
    assert state.lan[2] == bytes(5)
    assert state.destinations[1][1][3:7] == bytes((10, 9, 1, 9))
    assert not any(state.destinations[2][1][3:7])
    assert state.policies[1] == bytes((1, 0x18, 0x11, 0))
    by_name = {user.name: user for user in state.users}
    assert (by_name["ADMIN"].enabled, by_name["ADMIN"].messaging) == (False, False)
    assert (by_name[READER].privilege, by_name[READER].password) == (2, READER_PASSWORD)
    assert by_name[ADMIN] == SimulatedBmcUser(ADMIN, ADMIN_PASSWORD)


async def test_what_was_set_is_taken_back_but_for_the_password(simulated: SimulatedBmc) -> None:
    bmc = Bmc(simulated.address[1], wanting())
    before = (dict(simulated.state.lan), dict(simulated.state.destinations))
    planned = changes(await bmc.plan())
    await bmc.visit(planned)
    events = await bmc.visit(back(planned))
    assert set(done(events).values()) == {""}
    assert (simulated.state.lan, simulated.state.destinations) == before
    assert set(simulated.state.suite_limits.values()) == {4}
    by_name = {user.name: user for user in simulated.state.users}
    assert by_name["ADMIN"] == SimulatedBmcUser("ADMIN", "ADMIN")
    assert (by_name[READER].privilege, by_name[READER].password) == (4, READER_PASSWORD)


async def test_what_a_vendor_refuses_is_said_in_words(simulated: SimulatedBmc) -> None:
    bmc = Bmc(simulated.address[1], wanting())
    planned = changes(await bmc.plan())
    simulated.state.refused = {(0x0C, 0x01): 0xD6, (0x04, 0x13): 0xC1}
    events = await bmc.visit({"bmc_lan": planned["bmc_lan"], "bmc_users": planned["bmc_users"]})
    said = done(events)
    assert said["bmc_lan"].endswith("the command is switched off there (0xd6)")
    assert said["bmc_users"] == ""
    found = bmc.found(events)
    assert found["bmc_alerts"].unmet == (
        "its alert destinations: it does not know the command (0xc1)",
    )


async def test_what_is_taken_and_not_kept_is_not_proven(simulated: SimulatedBmc) -> None:
    bmc = Bmc(simulated.address[1], wanting())
    planned = changes(await bmc.plan())
    (limits,) = planned["bmc_ciphers"]
    assert isinstance(limits, BmcSettingChange)
    odd = limits.model_copy(update={"value": (1, *limits.value[1:])})
    said = done(await bmc.visit({"bmc_ciphers": (odd,)}))
    assert "done, and it still says 00" in said["bmc_ciphers"]


async def test_a_bmc_that_agrees_to_any_password_is_told_and_not_set_each_time(
    simulated: SimulatedBmc,
) -> None:
    simulated.state.agrees_to_any_password = True
    bmc = Bmc(simulated.address[1], wanting())
    planned = await bmc.plan()
    assert "agrees to any password" in planned["bmc_users"].notes[0]
    events = await bmc.visit(changes(planned))
    assert changes(bmc.found(events)) == {}


async def test_a_wrong_password_and_silence_cost_this_target_alone(
    simulated: SimulatedBmc,
) -> None:
    wrong = last_word(await Bmc(simulated.address[1], wanting(), "wrong").visit())
    assert wrong.reason == "credential"
    assert "bmc-admin" in wrong.message
    simulated.faults.silence = True
    silent = last_word(await Bmc(simulated.address[1], wanting()).visit())
    assert silent.reason == "unreachable", silent.message
    assert "no answer to IPMI" in silent.message


@pytest.mark.gear
async def test_openipmis_own_bmc_is_deployed_drifts_and_is_repaired(tmp_path: Path) -> None:
    device = wanting(bmc_suite_3=True)
    with ipmi_sim.running(tmp_path / "sim") as sim:
        bmc = Bmc(sim.port, device, ipmi_sim.ADMIN_PASSWORD)
        planned = await bmc.plan()
        assert "agrees to any password" in planned["bmc_users"].notes[0]
        assert planned["bmc_alerts"].notes == ("it has no place for alert destinations",)
        made = {"bmc_ciphers": planned["bmc_ciphers"].changes}
        events = await bmc.visit(made)
        assert done(events) == {"bmc_ciphers": ""}
        after = bmc.found(events)
        assert after["bmc_ciphers"].is_clean
        assert after["bmc_users"].is_clean
        _by_hand(sim.port, "user", "set", "name", "5", "intruder")
        _by_hand(sim.port, "channel", "setaccess", "1", "5", "ipmi=on", "privilege=4")
        drifted = (await bmc.plan())["bmc_users"]
        assert [change.title for change in drifted.changes] == [
            "shut user intruder in slot 5, whom the inventory does not name"
        ]
        repaired = await bmc.visit({"bmc_users": drifted.changes})
        assert done(repaired) == {"bmc_users": ""}
        assert bmc.found(repaired)["bmc_users"].is_clean
        undone = await bmc.visit(back({"bmc_users": drifted.changes, **made}))
        assert set(done(undone).values()) == {""}
        assert changes(bmc.found(undone)).keys() >= {"bmc_users", "bmc_ciphers"}


def _by_hand(port: int, *words: str) -> None:
    login = ["-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-p", str(port)]
    who = ["-U", ipmi_sim.ADMIN, "-P", ipmi_sim.ADMIN_PASSWORD]
    subprocess.run([need("ipmitool"), *login, *who, *words], check=True, timeout=30)


def test_the_way_tells_names_of_secrets_alone() -> None:
    told = json.loads(ipmi.reading(CENTER, wanting(), ()))
    assert told["passwords"] == {READER: "bmc-read.secret"}
    assert json.loads(ipmi.reading(CENTER, wanting(), ("bmc_lan",))) == {
        "areas": ["bmc_lan"],
        "passwords": {},
    }
