"""The receiver as its users have it: real programs send, the monitor looks, keeps and shows."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import watchfloor.simulate
from tests.monitors.sites import (
    COMMUNITY,
    DEADLINE_S,
    Site,
    children_of,
    ended,
    free_port,
    kill,
    make_site,
)
from tests.process import Child
from tests.requirements import need
from tests.wait import until_async
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

RECORDINGS = Path(watchfloor.simulate.__file__).parent / "recordings"
UPS, SWITCH = "127.0.0.31", "127.0.0.32"
OUTPUT_SOURCE, ON_BATTERY = "1.3.6.1.2.1.33.1.4.1.0", 5
UPS_TRAP, LINK_DOWN = "1.3.6.1.2.1.33.2.1", "1.3.6.1.6.3.1.1.5.3"
INTERVAL_S = 60
"""Longer than any test: what is seen sooner was seen because of a trap."""
DEVICES = f"""\
  ups-a: {{kind: ups, feeds: [utility], address: 10.0.0.3, rack: r1, at: u1-2,
          monitoring: {{snmp: gear, interval_s: {INTERVAL_S}}}}}
  sw-1: {{kind: switch, feeds: [ups-a], address: 10.0.0.4, rack: r1, at: u3,
         monitoring: {{snmp: host, interval_s: {INTERVAL_S}}}}}
"""


@dataclass
class Room:
    """A watched center with a simulated UPS."""

    site: Site
    ups: SnmpAgent
    monitor: Child
    traps: int
    syslog: int

    @property
    def receiver(self) -> int:
        return children_of(self.monitor.pid).get("monitors.receiver", 0)

    async def events(self, **asked: str) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        answer = await self.site.get(f"/api/v1/events?{query}")
        found: list[dict[str, Any]] = answer.json() if answer.status_code == 200 else []
        return found

    async def told(self, summary: str) -> dict[str, Any]:
        async def told() -> list[dict[str, Any]]:
            return [e for e in await self.events() if summary in e["payload"]["summary"]]

        events: list[dict[str, Any]] = await until_async(
            told, DEADLINE_S, f"an event with {summary!r}"
        )
        return events[0]

    async def counted(self, sample: str) -> None:
        async def shown() -> bool:
            return sample in await self.site.metrics()

        await until_async(shown, DEADLINE_S, sample)


@asynccontextmanager
async def room(folder: Path) -> AsyncIterator[Room]:
    recording = Recording.load(RECORDINGS / "ups-rfc1628.snmprec")
    async with SnmpAgent(recording, host=UPS, community=COMMUNITY) as ups:
        site = make_site(folder, DEVICES, {"ups-a/snmp": ups.address, "sw-1/snmp": (SWITCH, 161)})
        traps, syslog = free_port(), free_port()
        listening = "--traps", f"127.0.0.1:{traps}", "--syslog", f"127.0.0.1:{syslog}"
        with site.monitor(*listening) as monitor:
            await site.fresh()
            yield Room(site, ups, monitor, traps, syslog)


async def run(*words: str) -> int:
    process = await asyncio.create_subprocess_exec(*words, stderr=subprocess.DEVNULL)
    return await process.wait()


def v2c(address: str, community: str = COMMUNITY) -> list[str]:
    return ["-v2c", "-c", community, "-r", "0", "-t", "2", f"--clientaddr={address}"]


@pytest.mark.gear
async def test_a_trap_has_the_device_polled_at_once_and_is_kept(tmp_path: Path) -> None:
    snmptrap, snmpinform = need("snmptrap"), need("snmpinform")
    async with room(tmp_path) as here:
        here.ups.edit(OUTPUT_SOURCE, ON_BATTERY)
        to = f"127.0.0.1:{here.traps}"
        await run(snmptrap, *v2c(UPS), to, "", UPS_TRAP, "1.3.6.1.2.1.33.1.2.3.0", "i", "9")
        assert (await here.site.alert("ups-on-battery", "unacked"))["device"] == "ups-a"
        event = await here.told("on battery, 9 min left (upsTrapOnBattery)")
        assert (event["device"], event["kind"]) == ("ups-a", "trap")
        assert event["payload"]["state"] == "critical"

        assert await run(snmpinform, *v2c(UPS), to, "", LINK_DOWN) == 0
        await here.told("a port went down (linkDown)")
        assert await run(snmpinform, *v2c(UPS, "public"), to, "", LINK_DOWN) == 1
        assert await run(snmpinform, *v2c("127.0.0.39"), to, "", LINK_DOWN) == 1
        await here.counted('receiver_dropped_total{port="traps",reason="community"} 1')
        await here.counted('receiver_dropped_total{port="traps",reason="unknown_sender"} 1')
        await here.counted('received_messages_total{kind="inform"} 1')

        page = (await here.site.get("/devices/ups-a")).text
        assert "on battery, 9 min left (upsTrapOnBattery)" in page
        status, printed = await here.site.run(
            *("events", "--device", "ups-a", "--kind", "trap", "--json"),
            *("--runtime-dir", str(here.site.runtime)),
        )
        assert status == 0
        assert [e["payload"]["name"] for e in json.loads(printed)] == [
            "linkDown",
            "upsTrapOnBattery",
        ]
        assert len(await here.events(kind="trap", limit="1")) == 1
        status, printed = await here.site.run(
            *("events", "--device", "sw-1", "--runtime-dir", str(here.site.runtime))
        )
        assert (status, printed) == (0, "No events of sw-1 are kept.\n")
        assert (await here.site.get("/api/v1/events?kind=party")).status_code == 400
        missing = await here.site.get("/api/v1/events?device=ups-aa")
        assert (missing.status_code, 'mean "ups-a"' in missing.json()["error"]) == (404, True)


@pytest.mark.gear
async def test_no_trap_decides_a_state(tmp_path: Path) -> None:
    snmptrap = need("snmptrap")
    async with room(tmp_path) as here:
        before = _polled_at(await here.site.get("/api/v1/devices"))
        await run(snmptrap, *v2c(UPS), f"127.0.0.1:{here.traps}", "", UPS_TRAP)

        async def polled_again() -> bool:
            return _polled_at(await here.site.get("/api/v1/devices")) != before

        await until_async(polled_again, DEADLINE_S, "the poll that the trap asked for")
        assert await here.site.alerts() == []


def _polled_at(answer: Any) -> str:
    ups = next(device for device in answer.json() if device["name"] == "ups-a")
    return str(ups["polls"][0]["at"])


async def test_syslog_over_udp_and_tcp_becomes_events(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((SWITCH, 0))
            to = ("127.0.0.1", here.syslog)
            udp.sendto(b"<187>%LINK-3-UPDOWN: <b>Gi1/0/4</b> changed", to)
            with socket.create_connection(to, source_address=(SWITCH, 0)) as tcp:
                tcp.sendall(b"<13>Feb  5 17:32:18 sw-1 sshd[4]: over tcp\n")
                tcp.sendall(b"41 <13>1 - sw-1 sshd - - - counted\nin octets")
                await here.told("sshd: over tcp")
                await here.told("sshd: counted in octets")
        event = await here.told("%LINK-3-UPDOWN: <b>Gi1/0/4</b> changed")
        assert (event["device"], event["payload"]["state"]) == ("sw-1", "warning")
        page = (await here.site.get("/devices/sw-1")).text
        assert "&lt;b&gt;Gi1/0/4&lt;/b&gt;" in page


@pytest.mark.gear
async def test_it_starts_again_after_a_kill_and_garbage_does_not_end_it(tmp_path: Path) -> None:
    snmpinform = need("snmpinform")
    async with room(tmp_path) as here:

        async def answered() -> bool:
            to = f"127.0.0.1:{here.traps}"
            return await run(snmpinform, *v2c(UPS), to, "", UPS_TRAP) == 0

        first = here.receiver
        _throw_garbage(here)
        assert here.receiver == first
        await until_async(answered, 30, "an answer after the garbage")
        kill(first)
        await until_async(lambda: here.receiver not in (0, first), 30, "another receiver")

        await until_async(answered, 30, "an answer of the new one")
        await here.told("on battery (upsTrapOnBattery)")
        assert "Traceback" not in here.monitor.output


def _throw_garbage(here: Room) -> None:
    chance = random.Random(4711)
    for address in (UPS, SWITCH, "127.0.0.39"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((address, 0))
            for port in (here.traps, here.syslog):
                for _ in range(300):
                    udp.sendto(chance.randbytes(chance.randrange(1500)), ("127.0.0.1", port))


async def test_a_receiver_that_says_nothing_is_named(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        os.kill(here.receiver, signal.SIGSTOP)

        async def named() -> bool:
            problems = (await here.site.get("/healthz")).json()["problems"]
            return any("receiver of traps and syslog has said nothing" in each for each in problems)

        await until_async(named, 40, "the silence to be named")


@pytest.mark.gear
async def test_what_comes_while_the_engine_is_away_is_kept(tmp_path: Path) -> None:
    snmptrap = need("snmptrap")
    async with room(tmp_path) as here:
        engine = children_of(here.monitor.pid)["monitors.engine_process"]
        os.kill(engine, signal.SIGSTOP)
        await run(snmptrap, *v2c(UPS), f"127.0.0.1:{here.traps}", "", UPS_TRAP)
        kill(engine)
        await here.site.fresh()
        await here.told("on battery (upsTrapOnBattery)")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        yield udp.getsockname()[1]


async def test_a_port_in_use_is_one_line_and_no_restart(tmp_path: Path, taken: int) -> None:
    site = make_site(tmp_path, DEVICES, {})
    with site.monitor("--traps", f"127.0.0.1:{taken}") as monitor:
        assert await ended(monitor) == 1
        assert f"127.0.0.1:{taken} cannot be listened on (address already in use)" in monitor.output
        assert "name another with --traps ADDRESS:PORT" in monitor.output
        assert "Traceback" not in monitor.output


async def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    site = make_site(tmp_path, DEVICES, {})
    with site.monitor("--syslog", "everywhere") as monitor:
        assert await ended(monitor) == 2
        assert "--syslog" in monitor.output
