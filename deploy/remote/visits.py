"""The visit of each way, for the worker: one line each."""

from collections.abc import Mapping
from types import MappingProxyType

from deploy.messages import WayName
from deploy.remote.cli import CliVisit
from deploy.remote.ipmi import IpmiVisit
from deploy.remote.local import LocalVisit
from deploy.remote.netconf import NetconfVisit
from deploy.remote.pjlink import PjlinkVisit
from deploy.remote.sis import SisVisit
from deploy.remote.ssh import SshVisit
from deploy.remote.visit import Visit

VISITS: Mapping[WayName, type[Visit]] = MappingProxyType(
    {
        "ssh": SshVisit,
        "cli": CliVisit,
        "netconf": NetconfVisit,
        "sis": SisVisit,
        "pjlink": PjlinkVisit,
        "ipmi": IpmiVisit,
        "local": LocalVisit,
    }
)
