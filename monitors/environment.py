"""What each process of the monitor gets of the environment: no more secrets than it needs."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the supervisor, which holds no inventory, imports this module as well
    from inventory.model import Center

PASSED_ON = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV"}
    | {"WATCHFLOOR_LOG", "PYTHONWARNINGS"}
)
"""What a process that needs no secret gets."""
_KEYS = {
    "age": frozenset({"WATCHFLOOR_AGE_IDENTITY"}),
    "vault": frozenset({"VAULT_ADDR", "VAULT_TOKEN"}),
}
"""Where the secrets behind a reference's scheme are to be had."""


_FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}
"""mallopt(3): what was needed for a moment is given back. Otherwise glibc keeps a heap for each
thread, and as much on top of it as the largest block that it ever freed."""


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without secrets, for the process that serves pages."""
    passed_on = {name: value for name, value in environment.items() if name in PASSED_ON}
    return {**_FRUGAL, **passed_on}


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """All of it, for the process that reads devices."""
    return {**_FRUGAL, **environment}


def names_for_snmp(center: "Center") -> frozenset[str]:
    """The variables that the receiver needs: what the credentials of SNMP refer to."""
    used = {device.monitoring.snmp for device in center.devices.values()}
    wanted: set[str] = set()
    for credential in center.credentials.values():
        if credential.name in used:
            for reference in (credential.secret, credential.privacy_secret):
                scheme, _, rest = reference.partition(":")
                wanted |= {rest} if scheme == "env" else _KEYS.get(scheme, frozenset())
    return frozenset(wanted)


def snmp_environment(environment: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The environment of the receiver: of secrets, those with these names and no other one."""
    given = {name: value for name, value in environment.items() if name in names}
    return {**plain_environment(environment), **given}
