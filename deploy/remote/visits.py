"""The visit of each way, for the worker: one line each.

Only SSH's is loaded ahead. The libraries of the others cost a sixth of a worker's start, and are
loaded when a job has a target of theirs.
"""

from collections.abc import Mapping
from pkgutil import resolve_name
from types import MappingProxyType
from typing import cast

from deploy.messages import WayName
from deploy.remote.ssh import SshVisit
from deploy.remote.visit import Visit

VISITS: Mapping[WayName, str] = MappingProxyType(
    {
        "ssh": f"{SshVisit.__module__}:{SshVisit.__name__}",
        "cli": "deploy.remote.cli:CliVisit",
        "netconf": "deploy.remote.netconf:NetconfVisit",
        "sis": "deploy.remote.sis:SisVisit",
        "pjlink": "deploy.remote.pjlink:PjlinkVisit",
        "ipmi": "deploy.remote.ipmi:IpmiVisit",
        "local": "deploy.remote.local:LocalVisit",
    }
)
"""Way -> the class that makes its visits."""


def visit_of(way: WayName) -> type[Visit]:
    """The class, loaded."""
    return cast(type[Visit], resolve_name(VISITS[way]))
