"""A real Prometheus scrapes the readings of real agents and simulated gear from a real monitor."""

import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

import watchfloor.simulate
from tests.monitors.ipmi import ipmi_sim
from tests.monitors.sites import COMMUNITY, free_port, make_site
from tests.monitors.snmp.agents import running_snmpd
from tests.process import child
from tests.requirements import need
from tests.wait import until_async
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

pytestmark = [pytest.mark.gear, pytest.mark.xdist_group("prometheus")]

RECORDINGS = Path(watchfloor.simulate.__file__).parent / "recordings"
DEVICES = """\
  ups-a: {kind: ups, feeds: [utility], address: 10.0.0.3, rack: r1, at: u1-2,
          monitoring: {snmp: gear}}
  srv-1: {kind: server, feeds: [ups-a], address: 10.0.0.5, bmc: 10.0.0.6, rack: r1, at: u5,
          monitoring: {snmp: host, ipmi: bmc}}
functions:
  cad: {title: CAD, needs: [srv-1]}
"""
PROMETHEUS = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: watchfloor
    http_sd_configs: [{{url: "{url}/api/v1/sd", refresh_interval: 1s}}]
"""


class Prometheus:
    """A running one, asked over its API."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def query(self, expression: str) -> list[dict[str, Any]]:
        try:
            async with httpx2.AsyncClient() as client:
                answer = await client.get(f"{self._url}/api/v1/query", params={"query": expression})
        except httpx2.TransportError:
            return []  # it has not begun to listen
        if answer.status_code != 200:
            return []
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    async def expect(self, expression: str) -> dict[str, Any]:
        """The first series of an expression that has any."""
        found: list[dict[str, Any]] = await until_async(
            lambda: self.query(expression), 40, f"{expression} to be scraped"
        )
        return found[0]


async def test_real_and_simulated_gear_reach_prometheus(tmp_path: Path) -> None:
    snmpd, prometheus = need("snmpd"), need("prometheus")
    need("ipmi_sim")
    recording = Recording.load(RECORDINGS / "ups-apc.snmprec")
    async with AsyncExitStack() as stack:
        ups = await stack.enter_async_context(SnmpAgent(recording, community=COMMUNITY))
        (tmp_path / "snmpd").mkdir()
        agent_port = stack.enter_context(running_snmpd(snmpd, tmp_path / "snmpd"))
        bmc = stack.enter_context(ipmi_sim.running(tmp_path / "bmc"))
        center = make_site(
            tmp_path,
            DEVICES,
            {
                "ups-a/snmp": ups.address,
                "srv-1/snmp": ("127.0.0.1", agent_port),
                "srv-1/ipmi": ("127.0.0.1", bmc.port),
            },
        )
        monitor = stack.enter_context(center.monitor())
        await center.fresh()
        port = free_port()
        config = tmp_path / "prometheus.yml"
        config.write_text(PROMETHEUS.format(url=center.url))
        stack.enter_context(
            child(
                [
                    prometheus,
                    f"--config.file={config}",
                    f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                cwd=tmp_path,
            )
        )
        scraped = Prometheus(f"http://127.0.0.1:{port}")
        await scraped.expect('up{job="watchfloor"} == 1')
        charge = await scraped.expect('watchfloor_charge_ratio{device="ups-a"}')
        assert float(charge["value"][1]) == 1.0
        # net-snmp's own machine: its memory, load or file systems; the BMC: its fans.
        host = await scraped.expect('watchfloor_poll_up{device="srv-1",protocol="snmp"} == 1')
        assert host["metric"]["center"] == "tiny"
        await scraped.expect('{__name__=~"watchfloor_.+_ratio",device="srv-1"}')
        await scraped.expect('watchfloor_poll_up{device="srv-1",protocol="ipmi"} == 1')
        await scraped.expect('watchfloor_fan_speed_rpm{device="srv-1"} > 0')
        await scraped.expect('watchfloor_temperature_celsius{device="srv-1"} > 0')
        await scraped.expect('watchfloor_function_margin{function="cad"}')
        _judge((await center.metrics()).encode())
        await _goes_when_the_bmc_hangs(scraped, bmc)
        assert "Traceback" not in monitor.output


def _judge(text: bytes) -> None:
    """Prometheus' own linter has nothing to say."""
    checked = subprocess.run(
        [need("promtool"), "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


async def _goes_when_the_bmc_hangs(scraped: Prometheus, bmc: ipmi_sim.IpmiSim) -> None:
    """Its series end, the host's own go on, and the reason is counted."""
    bmc.freeze()
    await scraped.expect('watchfloor_device_fresh{device="srv-1"} == 0')

    async def gone() -> bool:
        return not await scraped.query('watchfloor_fan_speed_rpm{device="srv-1"}')

    await until_async(gone, 40, "the readings of the dead BMC to go")
    assert await scraped.query('{__name__=~"watchfloor_.+_ratio",device="srv-1"}')
    await scraped.expect('watchfloor_poll_failures_total{reason="silent"} > 0')
    await scraped.expect('watchfloor_alert_active{alert="device-unreadable",component="ipmi"}')
