"""pyinfra's inventory and state for one job: strict host keys, one private key, no agent."""

import io
import logging
from pathlib import Path
from typing import Any

from paramiko import ECDSAKey, Ed25519Key, PKey, RSAKey, SSHException
from pyinfra.api.config import Config
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import State, StateStage

from deploy.failure import HostFailure, Reason
from deploy.messages import HostJob, Job
from deploy.network.dialects import DIALECTS
from inventory.gear import Platform


def silence() -> None:
    """Keeps the libraries' log lines off stderr: every failure is told as an event instead."""
    for name in ("pyinfra", "paramiko", "netmiko", "ncclient"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


def fleet(job: Job, folder: Path) -> State:
    """A fresh state whose hosts are the job's. `folder` is private and lives as long as the job."""
    known_hosts = folder / "known_hosts"
    known_hosts.write_text("".join(_known(host) for host in job.hosts))
    # Read in place of the user's own ssh_config, which could redirect us.
    (folder / "ssh_config").touch()
    hosts = [
        (f"@netcli/{host.name}", _netcli(host, known_hosts, job.connect_timeout_s))
        if host.way == "cli"
        else (host.name, _data(host, known_hosts, folder / "ssh_config"))
        for host in job.hosts
    ]
    state = State(
        Inventory((hosts, {})),  # type: ignore[no-untyped-call] # pyinfra's own signature
        Config(  # type: ignore[no-untyped-call] # pyinfra's own signature
            CONNECT_TIMEOUT=int(job.connect_timeout_s), PARALLEL=job.parallel
        ),
        check_for_changes=False,
    )
    state.cwd = str(folder)
    state.set_stage(StateStage.Connect)
    return state


def remember_key(state: State, host: HostJob) -> None:
    """Gives pyinfra the host's private key. Raises `HostFailure` when it is none."""
    name = _key_name(host)
    if name not in state.private_keys:
        state.private_keys[name] = _private_key(host)


def _data(host: HostJob, known_hosts: Path, config: Path) -> dict[str, Any]:
    """What pyinfra's SSH connector is told (`pyinfra.connectors.ssh.ConnectorData`)."""
    return {
        "ssh_hostname": host.address,
        "ssh_port": host.port,
        "ssh_user": host.user,
        "ssh_key": _key_name(host),
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
        "ssh_forward_agent": False,
        "ssh_config_file": str(config),
        "ssh_known_hosts_file": str(known_hosts),
        "ssh_strict_host_key_checking": "yes",
        "ssh_paramiko_connect_kwargs": {"banner_timeout": 10, "auth_timeout": 20},
    }


def _netcli(host: HostJob, known_hosts: Path, connect_s: float) -> dict[str, Any]:
    """What `deploy.remote.netcli` is told."""
    return {
        "netcli_address": host.address,
        "netcli_port": host.port,
        "netcli_device_type": DIALECTS[Platform(host.platform)].device_type,
        "netcli_user": host.user,
        "netcli_password": host.password,
        "netcli_known_hosts": str(known_hosts),
        "netcli_connect_s": float(connect_s),
    }


def _key_name(host: HostJob) -> str:
    return host.key_file or f"the key of {host.name}"


def _known(host: HostJob) -> str:
    place = host.address if host.port == 22 else f"[{host.address}]:{host.port}"
    return "".join(f"{place} {key}\n" for key in host.host_keys)


def _private_key(host: HostJob) -> PKey:
    try:
        text = host.key_text.get_secret_value() or Path(host.key_file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise HostFailure(
            Reason.KEY_FILE, f"{host.key_file}: the private key cannot be read: {why}"
        ) from error
    kinds: tuple[type[Ed25519Key] | type[ECDSAKey] | type[RSAKey], ...] = (
        Ed25519Key,
        ECDSAKey,
        RSAKey,
    )
    for kind in kinds:
        try:
            return kind.from_private_key(io.StringIO(text))
        except (SSHException, ValueError, IndexError):
            continue
    # What the key's text was must not be part of the message.
    raise HostFailure(
        Reason.KEY_FILE,
        f"{host.key_file or 'the deploy credential'}: not a private key without a passphrase",
    )
