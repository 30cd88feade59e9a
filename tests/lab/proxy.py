"""The apt proxy of a lab: its hosts' only way out, and to Debian's archives alone."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.lab.cgroups import ControlGroup
from tests.lab.command import launch
from tests.lab.network import LabNetwork
from tests.lab.ports import wait_for_port

PORT = 8888


def proxy_url(network: LabNetwork) -> str:
    return f"http://{network.gateway}:{PORT}"


def start_proxy(
    network: LabNetwork,
    group: ControlGroup,
    folder: Path,
    allowed_hosts: Iterable[str],
    upstream: str | None,
) -> None:
    """Starts tinyproxy on the bridge address, in `group`, with its files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (re.escape(host) for host in sorted(set(allowed_hosts)))
    (folder / "filter").write_text("".join(f"^{name}$\n" for name in names))
    configuration = folder / "tinyproxy.conf"
    # The upstream proxy's address may carry a password.
    configuration.touch(mode=0o600)
    configuration.write_text(_configuration(network, folder / "filter", upstream))
    group.create()
    launch(group.launcher(["tinyproxy", "-d", "-c", configuration]), folder / "log")
    wait_for_port(network.gateway, PORT, 10, f"the apt proxy; its log is {folder / 'log'}")


def _configuration(network: LabNetwork, filter_file: Path, upstream: str | None) -> str:
    lines = [
        f"Listen {network.gateway}",
        f"Port {PORT}",
        f"Allow {network.subnet}",
        f"Allow {network.gateway}",
        "ConnectPort 443",
        f'Filter "{filter_file}"',
        "FilterDefaultDeny Yes",
        "FilterType ere",
        "User nobody",
        "Group nogroup",
        "Timeout 60",
        "LogLevel Warning",
        "DisableViaHeader Yes",
    ]
    if upstream:
        lines.append(f"Upstream http {upstream}")
    return "".join(f"{line}\n" for line in lines)
