"""The load agents: compiled and started from the folder that holds them, never copied from it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers import free_port
from bench.processes import BenchError, running

SHARED = Path(os.environ.get("WATCHFLOOR_BENCH", Path(__file__).parents[2] / "shared/bench"))
"""Where the load agents and generators are."""
V3_USER, V3_AUTH, V3_PRIV = "shaaes", "authpass123", "privpass123"
"""As the generated snmp.yml has them."""
DEVICE = (
    "1.3.6.1.2.1.1",
    "1.3.6.1.2.1.2",
    "1.3.6.1.2.1.31",
    "1.3.6.1.2.1.33",
    "1.3.6.1.6.3.10.2.1",
)
"""What the device has; snmpd would show the host's own tables besides."""
SAMPLES = 332
"""Varbinds of the device in one poll."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """A folder with the compiled agent, its table and the exporter's modules."""

    folder: Path

    @property
    def exporter_config(self) -> Path:
        """snmp_exporter's modules for the device."""
        return self.folder / "snmp.yml"


def prepare(folder: Path) -> Workshop:
    """Compiles the agent and generates the device. Raises `BenchError`."""
    sources = ("snmp_agent.c", "gen_agent_table.py", "gen_snmp_exporter_module.py")
    for name in sources:
        if not (SHARED / name).is_file():
            raise BenchError(f"{SHARED / name} is not there; WATCHFLOOR_BENCH names its folder")
    _do(["gcc", "-O2", "-w", "-o", folder / "agent", SHARED / sources[0]], folder)
    for name in sources[1:]:
        _do([sys.executable, SHARED / name], folder)
    return Workshop(folder)


def _do(argv: list[str | Path], folder: Path) -> None:
    done = subprocess.run(
        list(map(str, argv)), cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{argv[0]} {argv[-1]}: {done.stderr.strip()[-300:]}")


@contextmanager
def snmp_agent(workshop: Workshop, *, changing: bool = True) -> Iterator[int]:
    """The v2c agent at every address of 127/8; yields its port.

    Where it is `changing`, every counter has moved on whenever it is read.
    """
    port = free_port()
    more = ["1400", "1"] if changing else []
    argv: list[str | Path] = [
        workshop.folder / "agent",
        str(port),
        workshop.folder / "table.ber",
        *more,
    ]
    with running(argv):
        time.sleep(0.2)
        yield port


def _narrow(overrides: str) -> str:
    """Without 64-bit counters, which snmpd cannot override and would leave out: with their low
    half instead, so that the device has all of its varbinds."""
    return re.sub(r" counter64 (\d+)", lambda found: f" counter {int(found[1]) % 2**32}", overrides)


@contextmanager
def snmpd(workshop: Workshop) -> Iterator[int]:
    """net-snmp's snmpd with the device's values, for SNMPv3; yields its port.

    Without the modules that would add this host's own interfaces to the device's.
    """
    port = free_port()
    state = workshop.folder / "snmpd"
    state.mkdir(exist_ok=True)
    config = workshop.folder / "snmpd.conf"
    config.write_text(
        f"createUser {V3_USER} SHA {V3_AUTH} AES {V3_PRIV}\nrouser {V3_USER} priv -V device\n"
        + "".join(f"view device included .{subtree}\n" for subtree in DEVICE)
        + _narrow((workshop.folder / "overrides.conf").read_text())
    )
    argv: list[str | Path] = [
        "/usr/sbin/snmpd",
        "-f",
        "-Lo",
        "-I-interface,ifTable,ifXTable",
        "-C",
        "-c",
        config,
        f"udp:0.0.0.0:{port}",
    ]
    with running(argv, env={"SNMP_PERSISTENT_DIR": str(state)}):
        time.sleep(1.0)
        yield port
