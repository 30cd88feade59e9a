"""ansible-core as somebody uses it who wants it fast: pipelining, a kept connection, no facts."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import BenchError
from tests.lab import LabHost

SERIES = "2.19"
PLAYS = Path(__file__).parent / "ansible"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "watchfloor-bench"
PATIENCE_S = 600.0
_CONFIG = """\
[defaults]
forks = {forks}
interpreter_python = /usr/bin/python3
nocows = True
[ssh_connection]
pipelining = True
control_path_dir = {folder}/cp
"""
_RECAP = re.compile(r"(?m)^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")


@dataclass(frozen=True, slots=True)
class Played:
    """One run of a play."""

    seconds: float
    changed: int
    """Tasks that changed something, over all hosts."""


def installed() -> Path:
    """ansible-playbook in an environment of its own, which later runs find again."""
    home = CACHE / f"ansible-core-{SERIES}"
    program = home / "bin/ansible-playbook"
    if not program.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(home)])
        pip = [str(home / "bin/pip"), "install", "-q", "--disable-pip-version-check"]
        _run([*pip, f"ansible-core=={SERIES}.*"])
    return program


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise BenchError(f"`{' '.join(argv)}` failed: {last}")


@dataclass(frozen=True, slots=True)
class AnsiblePlay:
    """A play with its inventory, ready to be run against lab hosts as often as wanted."""

    program: Path
    folder: Path
    play: str
    hosts: int

    @classmethod
    def write(
        cls, folder: Path, play: str, hosts: Sequence[LabHost], values: Mapping[str, Any]
    ) -> "AnsiblePlay":
        """Writes configuration, inventory and variables. Installs ansible-core if need be."""
        folder.mkdir(parents=True)
        (folder / "ansible.cfg").write_text(_CONFIG.format(forks=len(hosts), folder=folder))
        known = "".join(host.known_hosts.read_text() for host in hosts)
        (folder / "known_hosts").write_text(known)
        (folder / "inventory.json").write_text(json.dumps(_inventory(folder, hosts)))
        (folder / "values.json").write_text(json.dumps(dict(values)))
        return cls(installed(), folder, play, len(hosts))

    def run(self) -> Played:
        """Plays it. Raises `BenchError` when any host failed."""
        argv = [self.program, "-i", "inventory.json", "-e", "@values.json"]
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "LC_ALL": "C.UTF-8",
        }
        began = time.monotonic()
        done = subprocess.run(
            [*map(str, argv), str(PLAYS / f"{self.play}.yaml")],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        seconds = time.monotonic() - began
        changed = changed_tasks(done.stdout)
        if done.returncode or len(changed) != self.hosts:
            (self.folder / "output").write_text(done.stdout + done.stderr)
            raise BenchError(f"ansible-playbook failed: {_complaint(done.stdout + done.stderr)}")
        return Played(seconds, sum(changed.values()))


def changed_tasks(output: str) -> dict[str, int]:
    """Host -> how many tasks changed something, of the hosts on which all went well."""
    recap = _RECAP.findall(output)
    return {host: int(changed) for host, changed, *bad in recap if bad == ["0", "0"]}


def _complaint(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith(("fatal:", "[ERROR]"))]
    return (lines or output.strip().splitlines() or ["it said nothing"])[-1][:400]


def _inventory(folder: Path, hosts: Sequence[LabHost]) -> dict[str, Any]:
    options = f"-o UserKnownHostsFile={folder}/known_hosts -o IdentitiesOnly=yes"
    return {
        "lab": {
            "hosts": {host.name: {"ansible_host": host.address} for host in hosts},
            "vars": {
                "ansible_user": hosts[0].user,
                "ansible_ssh_private_key_file": str(hosts[0].key),
                "ansible_ssh_common_args": options,
            },
        }
    }
