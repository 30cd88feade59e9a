"""The monitor as its users have it: real processes, a simulated UPS, faults, kills and restarts."""

import json
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

import watchfloor.simulate
from tests.monitors.sites import (
    COMMUNITY,
    Site,
    children_of,
    ended,
    is_alive,
    kill,
    make_site,
    secrets_in,
)
from tests.wait import until_async
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

RECORDINGS = Path(watchfloor.simulate.__file__).parent / "recordings"
OUTPUT_SOURCE = "1.3.6.1.2.1.33.1.4.1.0"
ON_BATTERY = 5
BATTERY_TEMPERATURE = "1.3.6.1.2.1.33.1.2.7.0"
DEVICES = """\
  ups-a: {kind: ups, feeds: [utility], address: 10.0.0.3, rack: r1, at: u1-2,
          monitoring: {snmp: gear}}
  ups-b: {kind: ups, feeds: [utility], address: 10.0.0.4, rack: r1, at: u3-4,
          monitoring: {snmp: gear}}
  srv-1: {kind: server, feeds: [ups-a, ups-b], rack: r1, at: u5}
functions:
  cad: {title: CAD, needs: [srv-1]}
"""


@asynccontextmanager
async def site(folder: Path) -> AsyncIterator[tuple[Site, SnmpAgent, SnmpAgent]]:
    """A center whose two UPS are simulated."""

    def ups() -> SnmpAgent:
        return SnmpAgent(Recording.load(RECORDINGS / "ups-rfc1628.snmprec"), community=COMMUNITY)

    async with ups() as a, ups() as b:
        yield make_site(folder, DEVICES, {"ups-a/snmp": a.address, "ups-b/snmp": b.address}), a, b


async def test_from_a_fault_to_an_alert_to_its_end(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, ups, _):
        with center.monitor():
            await center.fresh()
            await until_async(
                lambda: _shown(center, 'charge_ratio{center="tiny",device="ups-a"'), 20, "a charge"
            )
            assert await center.alerts() == []
            ups.edit(OUTPUT_SOURCE, ON_BATTERY)
            alert = await center.alert("ups-on-battery", "unacked")
            assert (alert["device"], alert["cause"]) == ("ups-a", "feed:ups-a/utility")
            assert alert["runbook"] == "power/ups-on-battery"
            assert 'alert_active{center="tiny",alert="ups-on-battery"' in await center.metrics()

            status, printed = await center.run(
                *("alerts", "--runtime-dir", str(center.runtime), "ack", alert["id"]),
                *("--by", "Sam", "--comment", "generator started"),
            )
            assert (status, "acknowledged by Sam" in printed) == (0, True)
            assert (await center.alert("ups-on-battery", "acked"))["comment"] == "generator started"
            lines = json.loads((await center.get("/api/v1/journal")).text)
            assert [line["change"] for line in lines] == ["acked", "fired", "began"]


async def test_a_part_that_was_taken_out_is_retired_for_good(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, ups, _):
        with center.monitor():
            await center.fresh()
            await until_async(lambda: _missing(center, 0), 20, "readings")
            ups.remove(BATTERY_TEMPERATURE)
            await center.alert("sensor-vanished", "unacked")
            await until_async(lambda: _missing(center, 1), 20, "a missing sensor")
            retire = ("sensors", "--runtime-dir", str(center.runtime), "retire", "ups-a")
            status, printed = await center.run(*retire, "--by", "Sam", "--reason", "no probe")
            assert (status, "ups-a: retired" in printed) == (0, True)
            status, _ = await center.run(*retire, "--by", "Sam")
            assert status == 1, "nothing is missing any more"
        with center.monitor():  # it was written down
            await center.fresh()
            assert await _missing(center, 0)


async def _missing(center: Site, count: int) -> bool:
    command = ("sensors", "--runtime-dir", str(center.runtime), "--json")
    return len(json.loads((await center.run(*command))[1])) == count


async def test_the_cut_of_one_process_loses_no_alert(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, ups, _):
        with center.monitor() as monitor:
            await center.fresh()
            ups.edit(OUTPUT_SOURCE, ON_BATTERY)
            before = await center.alert("ups-on-battery", "unacked")
            engine = children_of(monitor.pid)["monitors.engine_process"]
            kill(engine)
            await until_async(
                lambda: (
                    children_of(monitor.pid).get("monitors.engine_process") not in (None, engine)
                ),
                60,
                "the engine to be started again",
            )
            await center.fresh()
            after = await center.alert("ups-on-battery", "unacked")
            assert (after["id"], after["since"]) == (before["id"], before["since"])
            web = children_of(monitor.pid)["monitors.web"]
            kill(web)
            await until_async(lambda: not is_alive(web), 10, "the web process to be gone")
            await center.fresh()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_cleanly_and_remembers(tmp_path: Path, number: signal.Signals) -> None:
    async with site(tmp_path) as (center, ups, _):
        with center.monitor() as monitor:
            await center.fresh()
            ups.edit(OUTPUT_SOURCE, ON_BATTERY)
            before = await center.alert("ups-on-battery", "unacked")
            children = children_of(monitor.pid).values()
            monitor.process.send_signal(number)
            assert await ended(monitor) == 0
            assert "Traceback" not in monitor.output
            assert not any(is_alive(pid) for pid in children)
        assert not (center.runtime / "engine.sock").exists()
        with center.monitor():
            await center.fresh()
            assert (await center.alert("ups-on-battery", "unacked"))["id"] == before["id"]


async def test_when_the_supervisor_is_killed_its_processes_end(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, _, _):
        with center.monitor() as monitor:
            await center.fresh()
            children = list(children_of(monitor.pid).values())
            assert len(children) == 2, "nothing is received: no receiver"
            kill(monitor.pid)
            await until_async(
                lambda: not any(is_alive(pid) for pid in children), 15, "its children to end"
            )


async def test_the_web_process_has_no_secret(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, _, _):
        with center.monitor() as monitor:
            await center.fresh()
            children = children_of(monitor.pid)
            assert secrets_in(children["monitors.web"], COMMUNITY) == []
            # The engine has to have it; no command line may.
            assert secrets_in(children["monitors.engine_process"], COMMUNITY) == ["environ"]
            for path in ("/metrics", "/api/v1/snapshot", "/healthz", "/"):
                assert COMMUNITY not in (await center.get(path)).text
        assert COMMUNITY not in monitor_log(center)


async def test_events_count_once_and_drift_becomes_an_alert(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, _, _):
        with center.monitor():
            await center.fresh()
            bearer = {"authorization": f"Bearer {(center.state / 'api-token').read_text().strip()}"}
            event = {
                "id": "run-1",
                "kind": "drift",
                "at": "2026-03-01T12:00:00-06:00",
                "actor": "drift",
                "device": "srv-1",
                "payload": {"changes": 1, "summary": "sshd: PermitRootLogin yes"},
            }
            async with httpx2.AsyncClient(base_url=center.url, headers=bearer) as client:
                for changes, status in ((1, 200), (1, 200), (2, 409)):
                    event["payload"] = {"changes": changes, "summary": "sshd"}
                    answer = await client.post("/api/v1/events", json=event)
                    assert answer.status_code == status, answer.text
                unknown = await client.post("/api/v1/events", json={**event, "device": "nobody"})
                assert unknown.status_code == 404
                bad = await client.post("/api/v1/events", json={**event, "kind": "party"})
                assert bad.status_code == 400
            assert (await center.alert("host-drifted", "unacked"))["device"] == "srv-1"


async def test_a_new_device_is_watched_after_a_reload(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, _, _):
        inventory = tmp_path / "center.yaml"
        whole = inventory.read_text()
        inventory.write_text(whole.partition("  srv-1:")[0])
        with center.monitor() as monitor:
            await center.fresh()
            inventory.write_text("format: 1\nnonsense: [")
            monitor.process.send_signal(signal.SIGHUP)
            await until_async(lambda: _problem(center), 20, "the mistake to be named")
            inventory.write_text(whole)
            monitor.process.send_signal(signal.SIGHUP)
            await until_async(
                lambda: _shown(center, 'device_state{center="tiny",device="srv-1"'), 20, "srv-1"
            )


async def test_an_unusable_store_is_one_line_and_no_restart(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, _, _):
        center.state.mkdir()
        with sqlite3.connect(center.state / "monitor.sqlite") as db:
            db.execute("CREATE TABLE bookmarks (url TEXT)")
        db.close()
        with center.monitor() as monitor:
            assert await ended(monitor) == 1
            assert "another program's database; move it away" in monitor.output
            assert "engine cannot run" in monitor.output
            assert "Traceback" not in monitor.output


async def test_two_monitors_do_not_share_a_state(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, _, _):
        with center.monitor():
            await center.fresh()
            second = Site(center.folder, center.endpoints, center.secrets)
            with second.monitor() as monitor:
                assert await ended(monitor) == 1
                assert "another monitor runs with this state" in monitor.output


@pytest.mark.parametrize("listen", ["0.0.0.0:8720", "10.0.0.1:8720", "[::]:8720"])
async def test_it_listens_on_loopback_unless_told_twice(tmp_path: Path, listen: str) -> None:
    async with site(tmp_path) as (center, _, _):
        with center.monitor("--listen", listen) as monitor:
            assert await ended(monitor) == 1
            assert "--allow-remote" in monitor.output


async def test_poll_shows_a_table_and_fails_with_a_reason(tmp_path: Path) -> None:
    async with site(tmp_path) as (center, ups, _):
        with center.monitor():
            pass  # writes the endpoint map
        words = ["--center", str(tmp_path), "--endpoints", str(tmp_path / "map/endpoints.yaml")]
        status, printed = await center.run("poll", "ups-a", *words)
        assert status == 0
        assert "Battery charge" in printed
        status, printed = await center.run("poll", "ups-a", "--json", *words)
        (poll,) = json.loads(printed)
        assert (status, poll["device"], poll["problem"]) == (0, "ups-a", None)
        ups.faults.silence = True
        status, printed = await center.run("poll", "ups-a", "--json", *words)
        (poll,) = json.loads(printed)
        assert (status, poll["problem"]["kind"]) == (1, "silent")
        assert (await center.run("poll", "ups-z", *words))[0] == 1


def monitor_log(center: Site) -> str:
    """Everything under the state folder that could have been written in clear."""
    return "".join(
        path.read_bytes().decode(errors="replace")
        for path in center.state.rglob("*")
        if path.is_file()
    )


async def _shown(center: Site, text: str) -> bool:
    return text in await center.metrics()


async def _problem(center: Site) -> bool:
    health = await center.fresh()
    return any("former inventory stays in use" in line for line in health["problems"])
