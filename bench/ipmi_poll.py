"""CPU time of a steady IPMI poll, Watchfloor against pyghmi, on the same ipmi_sim.

Run from the checkout: `python bench/ipmi_poll.py [--sensors 41] [--rounds 100] [--json]`.
Each reader runs in a process of its own; each figure is the median of its repetitions. It takes
minutes of waiting, not of CPU: pyghmi's default session loses wake-ups and sleeps until its timers.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from monitors.ipmi.client import IpmiClient
from monitors.ipmi.probe import IpmiProbe
from monitors.ipmi.target import IpmiTarget
from tests.monitors.ipmi import ipmi_sim

WARM_UP = 10
READERS = ("watchfloor", "pyghmi", "pyghmi-simplesession")


async def measure_watchfloor(port: int, rounds: int) -> float:
    """CPU milliseconds per poll, states and readings included."""
    client = IpmiClient()
    secret = SecretStr(ipmi_sim.PASSWORD)
    target = IpmiTarget("bench", "127.0.0.1", ipmi_sim.USER, secret, port)
    probe = IpmiProbe(client, target)
    for _ in range(WARM_UP):
        await probe.poll()
    start = time.process_time()
    for _ in range(rounds):
        poll = await probe.poll()
        assert poll.problem is None, poll.problem
    used_s = time.process_time() - start
    await probe.close()
    await client.close()
    return 1000 * used_s / rounds


def measure_pyghmi(port: int, rounds: int, simple: bool) -> float:
    """CPU milliseconds per poll of all sensors, on a kept session."""
    from pyghmi.ipmi import command  # noqa: PLC0415 # the other readers are measured without it

    if simple:
        command.select_simplesession()
    bmc = command.Command(
        "127.0.0.1", ipmi_sim.USER, ipmi_sim.PASSWORD, port=port, privlevel=2, keepalive=False
    )
    for _ in range(WARM_UP):
        list(bmc.get_sensor_data())
    start = time.process_time()
    for _ in range(rounds):
        assert list(bmc.get_sensor_data())
    return 1000 * (time.process_time() - start) / rounds


def measure(reader: str, port: int, rounds: int) -> float:
    """CPU milliseconds per poll of one reader, in this process."""
    if reader == "watchfloor":
        return asyncio.run(measure_watchfloor(port, rounds))
    return measure_pyghmi(port, rounds, simple=reader.endswith("simplesession"))


def in_own_process(reader: str, port: int, rounds: int) -> float:
    """The same in a fresh process, so that no reader warms another's caches."""
    argv = [sys.executable, __file__, "--reader", reader, "--port", str(port)]
    argv += ["--rounds", str(rounds)]
    done = subprocess.run(argv, capture_output=True, check=True, text=True, timeout=300)
    return float(done.stdout)


def compare(sensors: int, rounds: int, repetitions: int) -> dict[str, float]:
    """Median CPU milliseconds per poll, by reader."""
    with (
        tempfile.TemporaryDirectory(prefix="wf-bench-") as folder,
        ipmi_sim.running(Path(folder), ipmi_sim.many_sensors(sensors)) as sim,
    ):
        found: dict[str, list[float]] = {reader: [] for reader in READERS}
        for _ in range(repetitions):
            for reader in READERS:
                found[reader].append(in_own_process(reader, sim.port, rounds))
    return {reader: statistics.median(each) for reader, each in found.items()}


def print_table(medians: dict[str, float], sensors: int) -> None:
    """One line per reader, with its ratio to Watchfloor."""
    ours = medians["watchfloor"]
    print(f"steady poll of {sensors} sensors, CPU ms per poll, median")
    for reader, each in medians.items():
        print(f"  {reader:<22}{each:8.2f}   {each / ours:5.1f}x")


def main(arguments: Sequence[str] | None = None) -> None:
    """Compares, or measures one reader when told which."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=41)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--reader", choices=READERS)
    parser.add_argument("--port", type=int)
    chosen = parser.parse_args(arguments)
    if chosen.reader:
        print(measure(chosen.reader, chosen.port, chosen.rounds))
        return
    medians = compare(chosen.sensors, chosen.rounds, chosen.repetitions)
    if chosen.json:
        print(json.dumps({"sensors": chosen.sensors, "cpu_ms_per_poll": medians}))
    else:
        print_table(medians, chosen.sensors)


if __name__ == "__main__":
    main()
