"""What a visit read of a piece of gear, made fit to leave it: one text, no secrets, no counters."""

import re
from collections.abc import Iterator, Mapping

from deploy.network.reads import RUNNING, SNMP_USERS, VLANS
from deploy.network.secrets import Masked, mask
from inventory.gear import Platform

_PRIVACY = {"AES128": "aes 128", "AES192": "aes 192", "AES256": "aes 256", "3DES": "3des"}
_VOLATILE = re.compile(
    r"Building configuration|Current configuration|ntp clock-period |#conf_file_ver=|#buildno=|"
    r"[!#]+ ?(?:Last (?:configuration change|commit)|NVRAM config last|Time:|Running configuration)"
)
"""Lines that differ from one reading to the next, though nobody has changed anything."""
_EVERY_SWITCH = {"1", "1002", "1003", "1004", "1005"}
"""VLANs that a Catalyst has and nobody made."""


def gathered(platform: Platform, answers: Mapping[str, str]) -> Masked:
    """The configuration to compare, from the answers by their `Read.section`.

    `Masked.values` stays in the worker; the text is the target's section `running`.
    """
    masked = mask(platform, answers.get(RUNNING, ""))
    kept = [line for line in masked.text.splitlines() if not _VOLATILE.match(line)]
    more = [*_users(answers.get(SNMP_USERS, "")), *_vlans(answers.get(VLANS, ""), kept)]
    return Masked("\n".join([*kept, *more]) + "\n", masked.values)


def _users(answer: str) -> Iterator[str]:
    """IOS keeps SNMPv3 users out of its configuration; `show snmp user` names them."""
    for block in re.split(r"(?m)^\s*User name: ", answer)[1:]:
        name = block.split("\n", 1)[0].strip()
        group = _value(block, "Group-name")
        authentication = _hash(_value(block, "Authentication Protocol").lower())
        privacy = _value(block, "Privacy Protocol").upper().replace("-", "")
        if name and group and authentication not in {"", "none"}:
            private = f" priv {_PRIVACY[privacy]} <secret>" if privacy in _PRIVACY else ""
            yield f"snmp-server user {name} {group} v3 auth {authentication} <secret>{private}"


def _vlans(answer: str, configuration: list[str]) -> Iterator[str]:
    """VLANs that VTP distributes stand in no configuration."""
    known = {line for line in configuration if line.startswith("vlan ")}
    for found in re.finditer(r"(?m)^(\d{1,4})\s+(\S+)\s+(?:active|act/|sus)", answer):
        if found[1] not in _EVERY_SWITCH and f"vlan {found[1]}" not in known:
            yield f"vlan {found[1]}"
            yield f" name {found[2]}"


def _hash(protocol: str) -> str:
    """`SHA-256` of `show snmp user` as it is typed: `sha-2 256`."""
    found = re.fullmatch(r"sha-?2?-?(224|256|384|512)", protocol)
    return f"sha-2 {found[1]}" if found else protocol


def _value(block: str, title: str) -> str:
    found = re.search(rf"(?m)^\s*{title}: *(\S+)", block)
    return found[1] if found else ""
