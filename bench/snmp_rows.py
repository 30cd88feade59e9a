"""The rows about SNMP: CPU for each device, devices a second, sockets, memory, a scrape."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    bulk_walk_cmd,
)

from bench.agreement import differences, ours, theirs
from bench.center import address, snmp_center
from bench.exporting import ExporterCost, exporter_cost
from bench.gear import SAMPLES, prepare, snmp_agent, snmpd
from bench.monitor import Cost, Monitor, watching
from bench.peers import Exporter, snmp_exporter
from bench.processes import BenchError
from bench.spans import Spans, details, spans_of
from bench.table import Outcome, Row, share, spread

SUBTREES = ("1.3.6.1.2.1.2.2", "1.3.6.1.2.1.31.1.1", "1.3.6.1.2.1.33.1")
SCRAPES = 5
V3_INTERVAL_S = 0.6
"""snmpd manages no more; a poll that outlasts its interval would be cut short."""
SAMPLES_SCRAPED = 100_000


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the measurement is."""

    devices: int = 1000
    runs: int = 3
    seconds: float = 5.0
    interval_s: float = 0.45
    """So short that the engine is never done: both sides are measured at full load."""
    warm_up_rounds: int = 20


def v2c_rows(folder: Path, scale: Scale) -> Iterator[Outcome]:
    """All rows that are measured on the agent of SNMPv2c."""
    workshop = prepare(folder)
    with snmp_agent(workshop) as port, snmp_exporter(workshop.exporter_config) as exporter:
        queries = [f"module=v2&target={address(n)}:{port}" for n in range(scale.devices)]
        other = _exporter_spans(exporter, queries, scale)
        bench = snmp_center(folder / "center", scale.devices, port)
        first = scale.devices * scale.warm_up_rounds
        with watching(bench, interval_s=scale.interval_s, first_polls=first) as monitor:
            own = _own_spans(monitor, scale)
            memory, sockets = monitor.resident_bytes(), monitor.udp_sockets()
    with snmp_agent(workshop, changing=False) as port:  # whose counters pysnmp refuses at 2**7
        pysnmp_ms = [asyncio.run(_pysnmp(port)) for _ in range(scale.runs)]
    yield _cpu_row("SNMP v2c, poll to exposition text, CPU per device", 1 / 4, own, other)
    own_ms = [cost.all_ms_per_poll for cost in own.good]
    yield Row(
        "the same, against pysnmp doing the same walks",
        share(own_ms, pysnmp_ms),
        1 / 45,
        "of pysnmp",
        detail=f"{spread(own_ms)} ms against {spread(pysnmp_ms)} ms",
    )
    yield _throughput(own.good, [cost.per_second for cost in other.good])
    yield Row("UDP sockets for 1000 targets", sockets, 4, "sockets")
    yield Row("memory for 1000 targets, all processes", memory / 1e6, 200, "MB")


def _exporter_spans(
    exporter: Exporter, queries: Sequence[str], scale: Scale
) -> Spans[ExporterCost]:
    return spans_of(
        "snmp_exporter", lambda: exporter_cost(exporter, queries, scale.seconds), scale.runs
    )


def _own_spans(monitor: Monitor, scale: Scale) -> Spans[Cost]:
    return spans_of("watchfloor", lambda: monitor.cost_of(scale.seconds), scale.runs)


def _cpu_row(
    measure: str, target: float, own: Spans[Cost], other: Spans[ExporterCost], more: str = ""
) -> Row:
    own_ms = [cost.all_ms_per_poll for cost in own.good]
    other_ms = [cost.ms_per_device for cost in other.good]
    return Row(
        measure,
        share(own_ms, other_ms),
        target,
        "of snmp_exporter",
        detail=details(
            f"{spread(own_ms)} ms, all processes, against {spread(other_ms)} ms",
            more,
            own.note and f"here, {own.note}",
            other.note and f"there, {other.note}",
        ),
    )


def _throughput(costs: list[Cost], others: list[float]) -> Row:
    own = [cost.polls / cost.wall_s for cost in costs]
    return Row(
        "devices per second, one process",
        statistics.median(own) / statistics.median(others),
        3,
        "x snmp_exporter on both cores",
        at_most=False,
        detail=f"{spread(own)} devices/s against {spread(others)}",
    )


def agreement_row(folder: Path) -> Outcome:
    """Compares the samples of one device, whose values stand still, with snmp_exporter's."""
    workshop = prepare(folder)
    with (
        snmp_agent(workshop, changing=False) as port,
        snmp_exporter(workshop.exporter_config) as exporter,
    ):
        bench = snmp_center(folder / "center", 1, port)
        with watching(bench, interval_s=1, first_polls=6) as monitor:
            own = ours(monitor.metrics(), "d0000")
        text = exporter.scrape(f"module=v2&target={address(0)}:{port}").decode()
    other = theirs(text)
    found = differences(own, other)
    return Row(
        "samples that differ from snmp_exporter's",
        len(found),
        0,
        f"of {len(other)}",
        detail="; ".join(found[:5])
        or f"{SAMPLES} varbinds are polled; those that are texts become labels and identity",
    )


async def _pysnmp(port: int, polls: int = 5) -> float:
    """CPU milliseconds of one poll by pysnmp."""
    engine = SnmpEngine()
    target = await UdpTransportTarget.create((address(0), port), timeout=5)
    await _walk(engine, target)
    begun = time.process_time()
    for _ in range(polls):
        await _walk(engine, target)
    spent = time.process_time() - begun
    engine.close_dispatcher()
    return 1000 * spent / polls


async def _walk(engine: SnmpEngine, target: UdpTransportTarget) -> None:
    for subtree in SUBTREES:
        walk = bulk_walk_cmd(
            engine,
            CommunityData("public"),
            target,
            ContextData(),
            0,
            25,
            ObjectType(ObjectIdentity(subtree)),
            lexicographicMode=False,
            lookupMib=False,
        )
        async for error, status, _, _ in walk:
            if error or status:
                raise BenchError(f"pysnmp: {error or status}")


def v3_row(folder: Path, scale: Scale) -> Outcome:
    """SNMPv3 authPriv: snmpd is the agent and sets the pace, so only CPU is compared."""
    workshop = prepare(folder)
    with snmpd(workshop) as port, snmp_exporter(workshop.exporter_config) as exporter:
        devices = min(scale.devices, 200)
        queries = [f"module=v3&target={address(n)}:{port}" for n in range(devices)]
        other = _exporter_spans(exporter, queries, scale)
        bench = snmp_center(folder / "center", devices, port, version="v3")
        with watching(bench, interval_s=V3_INTERVAL_S, first_polls=devices * 12) as monitor:
            own = _own_spans(monitor, scale)
    more = "snmpd, SHA-1, AES-128"
    return _cpu_row("SNMP v3 authPriv, CPU per device", 1 / 3, own, other, more)


def scrape_row(folder: Path, scale: Scale) -> Outcome:
    """What one scrape costs the monitor, over what it uses when nobody scrapes."""
    workshop = prepare(folder)
    devices = SAMPLES_SCRAPED // SAMPLES
    with snmp_agent(workshop) as port:
        bench = snmp_center(folder / "center", devices, port)
        with watching(bench, interval_s=600, first_polls=devices) as monitor:
            time.sleep(2)
            found = [_scrape_ms(monitor) for _ in range(scale.runs)]
            samples = sum(1 for line in monitor.metrics().splitlines() if line[:1] != "#")
    per_target = [ms * SAMPLES_SCRAPED / samples for ms in found]
    return Row(
        "scrape of 100,000 samples, CPU",
        statistics.median(per_target),
        10,
        "ms",
        detail=f"{samples:,} samples in one scrape, engine and web: {spread(found)} ms",
    )


def _scrape_ms(monitor: Monitor) -> float:
    before = monitor.cpu_s()
    time.sleep(1)
    idle = monitor.cpu_s()
    begun = time.monotonic()
    for _ in range(SCRAPES):
        monitor.get("/metrics")
    took = time.monotonic() - begun
    after = monitor.cpu_s()
    return 1000 * max(0.0, after - idle - (idle - before) * took) / SCRAPES
