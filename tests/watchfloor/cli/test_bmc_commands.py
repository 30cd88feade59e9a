"""A BMC from plan to undo by the commands alone: as they are typed, against a simulated one."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from inventory.endpoints import EndpointMap
from watchfloor.cli.root import root
from watchfloor.simulate.bmc import SimulatedBmc
from watchfloor.simulate.bmc_state import SimulatedBmcUser

ADMIN_PASSWORD, READER_PASSWORD = "admin-secret", "reader-secret"
CENTER = {
    "format": 1,
    "center": {"name": "tiny", "title": "Tiny", "timezone": "Etc/UTC"},
    "networks": {"all": {"cidr": "10.9.0.0/16"}},
    "devices": {
        "nvr": {
            "kind": "server",
            "address": "10.9.1.9",
            "bmc": "10.9.2.9",
            "monitoring": {"ipmi": "bmc-read"},
        }
    },
    "credentials": {
        "deploy": {
            "purpose": "deploy",
            "protocol": "ssh",
            "user": "deployer",
            "secret": "file:key",
        },
        "bmc-read": {
            "purpose": "monitor",
            "protocol": "ipmi",
            "user": "reader",
            "secret": "env:TINY_BMC_READ",
        },
        "bmc-write": {
            "purpose": "bmc-admin",
            "protocol": "ipmi",
            "user": "admin",
            "secret": "env:TINY_BMC_ADMIN",
        },
    },
}

Said = Callable[..., Any]


@pytest.fixture
async def bmc() -> AsyncIterator[SimulatedBmc]:
    users = (SimulatedBmcUser("ADMIN", "ADMIN"), SimulatedBmcUser("reader", READER_PASSWORD))
    async with SimulatedBmc(
        password=ADMIN_PASSWORD, cipher_suites=(3, 17), users=users
    ) as simulated:
        yield simulated


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bmc: SimulatedBmc) -> Said:
    (tmp_path / "center.yaml").write_text(yaml.safe_dump(CENTER))
    (tmp_path / "key").write_text("none is needed")
    (tmp_path / "key").chmod(0o600)
    EndpointMap({"nvr/ipmi": bmc.address}).save(tmp_path / "endpoints")
    for name, value in (
        ("WATCHFLOOR_STATE", tmp_path / "state"),
        ("WATCHFLOOR_RUNTIME", tmp_path / "run"),
        ("WATCHFLOOR_ENDPOINTS", tmp_path / "endpoints"),
        ("WATCHFLOOR_MONITOR_URL", "http://127.0.0.1:1"),
        ("TINY_BMC_READ", READER_PASSWORD),
        ("TINY_BMC_ADMIN", ADMIN_PASSWORD),
    ):
        monkeypatch.setenv(name, str(value))

    async def command(*words: str, code: int) -> Any:
        argv = [words[0], "--center", str(tmp_path), *words[1:], "--json"]
        done = await asyncio.to_thread(CliRunner().invoke, root, argv, standalone_mode=False)
        exit_code = done.exit_code or int(done.return_value or 0)
        assert exit_code == code, f"{exit_code}: {done.output}{done.exception!r}"
        assert ADMIN_PASSWORD not in done.output
        assert READER_PASSWORD not in done.output
        return json.loads(done.stdout)

    return command


async def test_a_bmc_is_planned_applied_found_drifted_and_undone(
    said: Said, bmc: SimulatedBmc, tmp_path: Path
) -> None:
    planned = await said("plan", code=2)
    (host,) = planned["hosts"]
    assert (host["name"], host["device"], host["way"]) == ("nvr/bmc", "nvr", "ipmi")
    first = await said("apply", "--yes", "--bootstrap", code=0)
    assert {area["area"] for area in first["hosts"][0]["areas"]} == {"bmc_users", "bmc_ciphers"}
    assert (await said("plan", code=0))["waves"] == []
    by_name = {user.name: user for user in bmc.state.users}
    assert (by_name["ADMIN"].enabled, by_name["reader"].privilege) == (False, 2)
    bmc.state.suite_limits = {3: 4, 17: 4}
    drifted = (await said("drift", "--report", code=2))["devices"][0]["areas"]
    assert drifted == {"bmc_ciphers": ["allow sessions with cipher suite 17 alone"]}
    latest = max((tmp_path / "state" / "spool").glob("*.json"))
    assert json.loads(latest.read_text())["device"] == "nvr", "the monitor knows no other name"
    undone = await said("undo", first["run"], "--yes", "--bootstrap", code=0)
    assert (undone["kind"], undone["state"]) == ("undo", "done")
    by_name = {user.name: user for user in bmc.state.users}
    assert by_name["ADMIN"] == SimulatedBmcUser("ADMIN", "ADMIN")
    assert by_name["reader"].privilege == 4
