"""CPU time for one poll of one device, from the first request to the readings, beside pysnmp.

    python bench/snmp_poll.py [--devices 50] [--rounds 5] [--recording FILE.snmprec]

The agent runs in a process of its own, so only the manager's CPU time counts. pysnmp does the same
walks without making readings of them.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path

from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    UdpTransportTarget,
    bulk_walk_cmd,
)
from pysnmp.hlapi.v3arch.asyncio import (
    SnmpEngine as PysnmpEngine,
)

from monitors.profiles.library import shipped
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

RECORDING = Path(__file__).parents[1] / "watchfloor/simulate/recordings/ups-apc.snmprec"
SUBTREES = ("1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2", "1.3.6.1.2.1.31.1.1", "1.3.6.1.4.1.318.1.1.1")
IN_FLIGHT = 50


def serve(recording: Path, ready: Connection) -> None:
    """Runs the agent until the process is ended."""

    async def run() -> None:
        async with SnmpAgent(Recording.load(recording)) as agent:
            ready.send(agent.address[1])
            await asyncio.Event().wait()

    asyncio.run(run())


async def measure(poll: Callable[[], Awaitable[int]], rounds: int) -> list[float]:
    """CPU seconds of each round after a first one that warms up."""
    await poll()
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        await poll()
        spent.append(time.process_time() - begun)
    return spent


async def ours(port: int, devices: int, rounds: int) -> tuple[list[float], str]:
    """Polls as the monitor does, readings included."""
    async with SnmpEngine(max_in_flight=IN_FLIGHT) as engine:
        probes = [
            SnmpProbe(
                engine, SnmpTarget(f"d{n}", "127.0.0.1", port, Community("public")), shipped()
            )
            for n in range(devices)
        ]
        readings = 0

        async def poll() -> int:
            nonlocal readings
            polls = await asyncio.gather(*(probe.poll() for probe in probes))
            assert all(result.problem is None for result in polls)
            readings = len(polls[0].readings)
            return readings

        spent = await measure(poll, rounds)
        exchanges = engine.counters.sent / devices / (rounds + 1)
        return spent, f"{readings} readings, {exchanges:.1f} exchanges"


async def theirs(port: int, devices: int, rounds: int) -> tuple[list[float], str]:
    """pysnmp walks the subtrees in which those readings are."""
    engine = PysnmpEngine()
    target = await UdpTransportTarget.create(("127.0.0.1", port), timeout=5)

    async def one() -> int:
        count = 0
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
            async for _, _, _, varbinds in walk:
                count += len(varbinds)
        return count

    values = 0

    async def poll() -> int:
        nonlocal values
        for _ in range(devices):
            values = await one()
        return values

    spent = await measure(poll, rounds)
    engine.close_dispatcher()
    return spent, f"{values} values, no readings"


def main() -> None:
    """Prints a line for each manager and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--recording", type=Path, default=RECORDING)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    agent = multiprocessing.Process(target=serve, args=(options.recording, there), daemon=True)
    agent.start()
    there.close()  # so that an agent that fails to start ends the wait
    port = here.recv()
    medians = {}
    for name, manager, devices in (
        ("watchfloor", ours, options.devices),
        ("pysnmp", theirs, max(1, options.devices // 10)),
    ):
        spent, what = asyncio.run(manager(port, devices, options.rounds))
        medians[name] = statistics.median(spent) / devices * 1000
        print(f"{name:12} {medians[name]:8.3f} ms CPU a device   {what}")
    print(f"pysnmp needs {medians['pysnmp'] / medians['watchfloor']:.0f} times as much")
    agent.terminate()
    agent.join()


if __name__ == "__main__":
    main()
