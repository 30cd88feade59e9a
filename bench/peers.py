"""The programs that Watchfloor is compared with: Debian's exporters, installed and started."""

import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import BenchError, precise_cpu_s, running, wait_for

PACKAGES = {
    "prometheus-snmp-exporter": "prometheus-snmp-exporter",
    "prometheus-ipmi-exporter": "prometheus-ipmi-exporter",
    "ipmi-sensors": "freeipmi-tools",
    "snmpd": "snmpd",
    "ipmi_sim": "openipmi",
    "gcc": "gcc",
}
"""Program -> the Debian package that brings it."""


def install() -> None:
    """Installs what is missing with the host's own apt. Raises `BenchError` when it cannot."""
    missing = sorted({package for name, package in PACKAGES.items() if not _found(name)})
    if not missing:
        return
    wanted = f"apt-get install {' '.join(missing)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BenchError(f"missing: {', '.join(missing)}; run `{wanted}` as root on Debian")
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise BenchError(f"`{wanted}` failed: {last}")


def _found(name: str) -> bool:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of loopback that nothing uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Exporter:
    """A running exporter that polls a device whenever it is asked."""

    pid: int
    port: int

    def scrape(self, query: str, path: str = "/snmp") -> bytes:
        """One answer. Raises `BenchError`."""
        address = f"http://127.0.0.1:{self.port}{path}?{query}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return bytes(answer.read())
        except OSError as error:
            raise BenchError(f"{address}: {error}") from error

    @property
    def cpu_s(self) -> float:
        """What it has used so far, without its children."""
        return precise_cpu_s(self.pid)


@contextmanager
def snmp_exporter(config: Path) -> Iterator[Exporter]:
    """Debian's snmp_exporter with a generated `snmp.yml`."""
    port = free_port()
    argv = [
        "prometheus-snmp-exporter",
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(argv) as process:
        wait_for(lambda: _listens(port), "snmp_exporter's start")
        yield Exporter(process.pid, port)


@contextmanager
def ipmi_exporter(config: Path) -> Iterator[Exporter]:
    """Debian's ipmi_exporter; it starts freeipmi's programs for every scrape."""
    port = free_port()
    argv = [
        "prometheus-ipmi-exporter",
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(argv) as process:
        wait_for(lambda: _listens(port), "ipmi_exporter's start")
        yield Exporter(process.pid, port)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
