"""What each process of the monitor gets of the environment: no more secrets than it needs."""

from collections.abc import Mapping

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


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without secrets, for the process that serves pages."""
    return {name: value for name, value in environment.items() if name in PASSED_ON}


def snmp_environment(environment: Mapping[str, str], center: Center) -> dict[str, str]:
    """The environment of the receiver: what the credentials of SNMP refer to, and no other one."""
    used = {device.monitoring.snmp for device in center.devices.values()}
    wanted: set[str] = set()
    for credential in center.credentials.values():
        if credential.name in used:
            for reference in (credential.secret, credential.privacy_secret):
                scheme, _, rest = reference.partition(":")
                wanted |= {rest} if scheme == "env" else _KEYS.get(scheme, frozenset())
    given = {name: value for name, value in environment.items() if name in wanted}
    return {**plain_environment(environment), **given}
