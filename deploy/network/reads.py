"""What is read from each platform, and which answers of a command line mean that it refused."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from inventory.gear import Platform

RUNNING, SNMP_USERS, VLANS = "running", "snmp_users", "vlans"


@dataclass(frozen=True, slots=True)
class Read:
    """One command, and the section of facts that its answer becomes."""

    section: str
    command: str
    optional: bool = False
    """Whether the command may be unknown: then its section is empty."""


_IOS = (
    Read(RUNNING, "show running-config"),
    # IOS keeps SNMPv3 users out of its configuration, and VLANs too when VTP distributes them.
    Read(SNMP_USERS, "show snmp user", optional=True),
    Read(VLANS, "show vlan brief", optional=True),
)
_READS: Mapping[Platform, tuple[Read, ...]] = {
    Platform.IOS: _IOS,
    Platform.IOSXE: _IOS,
    Platform.NXOS: (Read(RUNNING, "show running-config"),),
    Platform.EOS: (Read(RUNNING, "show running-config"),),
    Platform.JUNOS: (Read(RUNNING, "show configuration | display set"),),
    Platform.FORTIOS: (Read(RUNNING, "show"),),
    Platform.FRR: (Read(RUNNING, "show running-config"),),
}

REFUSED = re.compile(
    r"^\s*(?:% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Authorization|Error|Bad|Configuration|"
    r"Not |Cannot|Can't|Access|Permission|Command)|%[A-Z0-9_]+-[0-3]-|ERROR:|Error:|error:|"
    r"syntax error|unknown command|Command (?:rejected|fail|parse error))",
    re.IGNORECASE,
)
"""A line of an answer that says that the command was not taken."""


def reads(platform: Platform) -> tuple[Read, ...]:
    """What is read, in this order."""
    return _READS[platform]


def told(platform: Platform) -> str:
    """The same as text, for the visit's job."""
    return json.dumps([[r.section, r.command, r.optional] for r in reads(platform)])


def untold(text: str) -> tuple[Read, ...]:
    """What a visit is told to read."""
    return tuple(
        Read(section, command, optional) for section, command, optional in json.loads(text)
    )


def refusal(platform: Platform, answer: str) -> str:
    """The first line of an answer that says that the command was not taken; empty if none does."""
    # FRR begins all its complaints so, and nothing else.
    pattern = _COMPLAINT if platform is Platform.FRR else REFUSED
    return next((line.strip() for line in answer.splitlines() if pattern.match(line)), "")


_COMPLAINT = re.compile("% ")
