"""A small center whose devices are lab hosts, and `watchfloor` run against it as a user would."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol

import yaml
from typing_extensions import TypeVar

from inventory.endpoints import EndpointMap
from inventory.settings import READ_TIMEOUT_S
from tests.lab.command import Finished, attempt
from tests.lab.host import LabHost
from tests.process import Child, start

TIME_SERVERS = {"ntp-1": "198.18.254.1", "ntp-2": "198.18.254.2"}
"""Nobody answers there: chronyd asks, and that is what hosts are told to do."""


class SiteHost(Protocol):
    """What a center needs to know of a host, whatever kind of machine it is."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def subnet(self) -> str: ...
    @property
    def endpoint(self) -> tuple[str, int]: ...
    @property
    def user(self) -> str: ...
    @property
    def key(self) -> Path: ...
    def console_host_keys(self) -> tuple[str, ...]: ...
    def run(self, argv: Sequence[str | Path], *, stdin: str = "", timeout_s: float = 60) -> str: ...


Machine = TypeVar("Machine", bound=SiteHost, default=LabHost)


@dataclass(frozen=True, slots=True)
class LabSite(Generic[Machine]):
    """A center's folder and an administrator's own state, apart from any other's."""

    folder: Path
    hosts: tuple[Machine, ...]
    monitor_url: str = ""
    """Of the monitor that watches it; empty while there is none."""
    read_timeout_s: int = READ_TIMEOUT_S
    """How long a host may take to be read."""

    @classmethod
    def create(
        cls, folder: Path, hosts: Sequence[Machine], **sections: Mapping[str, Any]
    ) -> "LabSite[Machine]":
        """Writes the center and enrolls the hosts by their consoles' fingerprints.

        `sections` are further sections of the inventory, or more entries of one that is there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        site = cls(folder, tuple(hosts))
        site.write(**sections)
        site.enroll()
        return site

    def write(self, **sections: Mapping[str, Any]) -> None:
        """Writes the inventory anew."""
        center = _center(self.hosts)
        for name, entries in sections.items():
            center[name] = {**center.get(name, {}), **entries}
        (self.folder / "center.yaml").write_text(yaml.safe_dump(center, sort_keys=False))
        moved = {f"{h.name}/ssh": h.endpoint for h in self.hosts if h.endpoint[0] != h.address}
        EndpointMap(moved).save(self.folder / "endpoints")

    def read(self) -> dict[str, Any]:
        """The inventory as it is written."""
        center: dict[str, Any] = yaml.safe_load((self.folder / "center.yaml").read_text())
        return center

    def enroll(self, *options: str) -> Finished:
        """Puts the hosts' keys on record as an engineer at their consoles would."""
        lines = (
            f"{host.name} {line}\n" for host in self.hosts for line in host.console_host_keys()
        )
        (self.folder / "fingerprints").write_text("".join(lines))
        names = [host.name for host in self.hosts]
        return self.watchfloor("enroll", *names, "--from-file", "fingerprints", *options)

    def watchfloor(self, *words: str, timeout_s: float = 180) -> Finished:
        """`watchfloor …` in the center's folder, run to its end."""
        argv = [*_PROGRAM, *self._without_monitor(words)]
        command = ["env", "-C", str(self.folder), *argv]
        return attempt(command, env={**os.environ, **self.environment}, timeout_s=timeout_s)

    def _without_monitor(self, words: Sequence[str]) -> Sequence[str]:
        """What changes hosts asks a monitor first, unless it is told that there is none."""
        if self.monitor_url or words[:1] not in [("apply",), ("undo",)] or "--bootstrap" in words:
            return words
        return [*words, "--bootstrap"]

    def start(self, *words: str) -> Child:
        """`watchfloor …` in the background; end it."""
        words = tuple(self._without_monitor(words))
        return start([*_PROGRAM, *words], env=self.environment, cwd=self.folder)

    def json(self, *words: str, code: int) -> Any:
        """What `watchfloor … --json` prints, once its exit code is as expected."""
        done = self.watchfloor(*words, "--json")
        assert done.exit_code == code, f"{done.exit_code}, not {code}:\n{done.stderr}{done.stdout}"
        return json.loads(done.stdout)

    def drifted(self) -> dict[str, dict[str, list[str]]]:
        """Device -> area -> what `drift` finds; empty when nothing has drifted."""
        done = self.watchfloor("drift", "--json", timeout_s=600)
        found = json.loads(done.stdout)["devices"]
        areas = {device["device"]: device["areas"] for device in found if device["areas"]}
        assert done.exit_code == (2 if areas else 0), done.stderr
        return areas

    @property
    def environment(self) -> dict[str, str]:
        return {
            "WATCHFLOOR_ENDPOINTS": str(self.folder / "endpoints"),
            "WATCHFLOOR_STATE": str(self.folder / "state"),
            "WATCHFLOOR_RUNTIME": str(self.folder / "run"),
            "WATCHFLOOR_READ_TIMEOUT": str(self.read_timeout_s),
            # Nobody listens on port 1: a monitor of somebody else's is never asked.
            "WATCHFLOOR_MONITOR_URL": self.monitor_url or "http://127.0.0.1:1",
            "WATCHFLOOR_LISTEN_WEB": self.monitor_url.removeprefix("http://") or "127.0.0.1:1",
        }


_PROGRAM = (sys.executable, "-m", "watchfloor")


def _center(hosts: Sequence[SiteHost]) -> dict[str, Any]:
    key = hosts[0].key
    subnet = hosts[0].subnet
    devices: dict[str, Any] = {
        name: {"kind": "clock", "address": address} for name, address in TIME_SERVERS.items()
    }
    for host in hosts:
        system = host.run(["sh", "-c", '. /etc/os-release; echo "$ID-$VERSION_ID"']).strip()
        devices[host.name] = {
            "kind": "server",
            "address": host.address,
            "os": system,
            "roles": ["web"],
        }
    return {
        "format": 1,
        "center": {
            "name": "labtown",
            "title": "Lab",
            "timezone": "Etc/UTC",
            "admin_sources": ["admin"],
            "time_servers": list(TIME_SERVERS),
        },
        "networks": {"admin": {"cidr": subnet}, "time": {"cidr": "198.18.254.0/24"}},
        "devices": devices,
        "roles": {"web": {"services": {"http": {"port": 80, "sources": ["admin"]}}}},
        "accounts": {
            hosts[0].user: {"sudo": "nopasswd", "keys": [f"file:{key}.pub"], "purpose": "deploy"},
            "analyst": {"sudo": "none", "keys": [f"file:{key}.pub"]},
        },
        "credentials": {
            "deploy": {
                "purpose": "deploy",
                "protocol": "ssh",
                "user": hosts[0].user,
                "secret": f"file:{key}",
            }
        },
    }
