"""Centers in folders, and a real `watchfloor monitor` that watches one of them."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from inventory.endpoints import EndpointMap
from tests.process import Child, child
from tests.wait import until_async

DEADLINE_S = 60
"""Generous: the machine may be busy with real hosts and browsers."""
COMMUNITY = "a-community-nobody-should-see"

CENTER = """\
format: 1
center: {name: tiny, title: Tiny center, timezone: UTC, interval_s: 1, on_delay_s: 1}
networks: {mgmt: {cidr: 10.0.0.0/24}}
credentials:
  gear: {purpose: monitor, protocol: snmp-v2c, secret: "env:TINY_COMMUNITY"}
  host: {purpose: monitor, protocol: snmp-v3, user: sha2user,
         secret: "env:TINY_AUTH", privacy_secret: "env:TINY_PRIV"}
  bmc: {purpose: monitor, protocol: ipmi, user: monitor, secret: "env:TINY_BMC"}
racks: {r1: {units: 42}}
devices:
  utility: {kind: utility}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """One center's folder, and how the monitor of it is started and asked."""

    folder: Path
    endpoints: dict[str, tuple[str, int]]
    secrets: Mapping[str, str]
    port: int = field(default_factory=free_port)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def runtime(self) -> Path:
        # A socket's path is short, and pytest's folders are not.
        return Path("/tmp") / f"wf-{os.getpid()}-{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {**self.secrets, "WATCHFLOOR_RUNTIME": str(self.runtime)}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def monitor(self, *more: str) -> Iterator[Child]:
        """The monitor as users start it."""
        EndpointMap(self.endpoints).save(self.folder / "map" / "endpoints.yaml")
        words = [
            *("monitor", "--center", self.folder, "--listen", f"127.0.0.1:{self.port}"),
            *("--state-dir", self.state, "--runtime-dir", self.runtime),
            *("--endpoints", self.folder / "map" / "endpoints.yaml", *more),
        ]
        command = [sys.executable, "-m", "watchfloor", *map(str, words)]
        with child(command, env=self.environment) as process:
            yield process

    async def run(self, *words: str) -> tuple[int, str]:
        """Exit status and stdout of another command of Watchfloor."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "watchfloor",
            *words,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment},
        )
        printed, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, printed.decode()

    async def fresh(self) -> dict[str, Any]:
        """Waits until /healthz says that data is fresh."""
        return await until_async(self._healthy, DEADLINE_S, "fresh data")

    async def get(self, path: str) -> httpx2.Response:
        async with httpx2.AsyncClient() as client:
            return await client.get(self.url + path)

    async def metrics(self) -> str:
        """Its metrics; empty while the web process is away."""
        try:
            return (await self.get("/metrics")).text
        except httpx2.TransportError:
            return ""

    async def alerts(self) -> list[dict[str, Any]]:
        try:
            answer = await self.get("/api/v1/alerts")
        except httpx2.TransportError:
            return []  # the web process is not there yet
        found: list[dict[str, Any]] = answer.json() if answer.status_code == 200 else []
        return found

    async def alert(self, name: str, phase: str) -> dict[str, Any]:
        """Waits for an alert to be in a phase."""

        async def find() -> dict[str, Any] | None:
            alerts = await self.alerts()
            return next((a for a in alerts if (a["alert"], a["phase"]) == (name, phase)), None)

        found: dict[str, Any] | None = await until_async(
            find, 30, f"the alert {name} to be {phase}"
        )
        assert found is not None
        return found

    async def _healthy(self) -> dict[str, Any]:
        try:
            answer = await self.get("/healthz")
        except httpx2.TransportError:
            return {}
        return dict(json.loads(answer.text)) if answer.status_code == 200 else {}


def make_site(folder: Path, devices: str, endpoints: dict[str, tuple[str, int]]) -> Site:
    """A center with these devices, written as its owner would."""
    (folder / "center.yaml").write_text(CENTER + devices)
    secrets = {
        "TINY_COMMUNITY": COMMUNITY,
        "TINY_AUTH": "authpass1234",
        "TINY_PRIV": "privpass1234",
        "TINY_BMC": "monitor-secret",
    }
    return Site(folder, endpoints, secrets)


async def ended(monitor: Child) -> int:
    """The exit status; the loop goes on meanwhile, and with it the simulated gear."""
    return await asyncio.to_thread(monitor.process.wait, DEADLINE_S)


def children_of(pid: int) -> dict[str, int]:
    """Module -> process of the monitor's children."""
    found: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        words = Path(f"/proc/{line}/cmdline").read_bytes().decode().split("\0")
        if "-m" in words:
            found[words[words.index("-m") + 1]] = int(line)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def secrets_in(pid: int, secret: str) -> list[str]:
    """Where a process shows a secret to others: its environment, its command line."""
    return [
        place
        for place in ("environ", "cmdline")
        if secret.encode() in Path(f"/proc/{pid}/{place}").read_bytes()
    ]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
