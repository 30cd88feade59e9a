"""What a person gets to work with a kept lab: endpoints, SSH configuration, key, fingerprints."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from inventory.endpoints import EndpointMap
from tests.lab.host import LabHost

ENDPOINTS = "endpoints.yaml"
SSH_CONFIG = "ssh_config"
FINGERPRINTS = "fingerprints"


def write_handover(folder: Path, hosts: Sequence[LabHost]) -> None:
    """Writes these files into `folder`, which only their owner may read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    endpoints(hosts).save(folder / ENDPOINTS)
    (folder / SSH_CONFIG).write_text("\n".join(_ssh_block(folder, host) for host in hosts))
    (folder / FINGERPRINTS).write_text("".join(_fingerprint_lines(host) for host in hosts))
    (folder / "known_hosts").write_text(
        "".join(f"{line}\n" for host in hosts for line in host.known_host_lines())
    )
    shutil.copy(hosts[0].key, folder / "key")


def endpoints(hosts: Sequence[LabHost]) -> EndpointMap:
    """Where each host's SSH answers, in place of its device's own address."""
    return EndpointMap({f"{host.name}/ssh": (host.address, host.port) for host in hosts})


def _fingerprint_lines(host: LabHost) -> str:
    return "".join(f"{host.name} {line}\n" for line in host.console_host_keys())


def _ssh_block(folder: Path, host: LabHost) -> str:
    settings = {
        "HostName": host.address,
        "Port": host.port,
        "User": host.user,
        "IdentityFile": folder / "key",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": folder / "known_hosts",
        "StrictHostKeyChecking": "yes",
    }
    return f"Host {host.name}\n" + "".join(f"    {k} {v}\n" for k, v in settings.items())
