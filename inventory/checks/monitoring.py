"""Monitoring and hosts: every device can be read the way it says, with a credential that fits."""

from inventory.draft import Draft
from inventory.model import Credential, Device, Purpose

PROTOCOLS = {
    "snmp": ({"snmp-v2c", "snmp-v3"}, Purpose.MONITOR),
    "ipmi": ({"ipmi"}, Purpose.MONITOR),
    "redfish": ({"redfish"}, Purpose.MONITOR),
    "pjlink": ({"pjlink"}, Purpose.MONITOR),
    "sis": ({"sis"}, Purpose.MONITOR),
    "ssh": ({"ssh"}, Purpose.AUDIT),
}
"""How a device is read -> the credential's protocols that fit, and its purpose."""
AT_BMC = frozenset({"ipmi", "redfish"})


def check_monitoring(draft: Draft) -> None:
    """Credentials, addresses to read at, and addresses to deploy to."""
    for device in draft.devices.values():
        for key in PROTOCOLS:
            name = getattr(device.monitoring, key)
            if name is not None:
                _check_protocol(draft, device, key, name)
        if device.is_deployable and device.address is None:
            draft.report(
                "devices", device.name, ("os",), f"a {device.os} host needs an address: add one"
            )


def _check_protocol(draft: Draft, device: Device, key: str, name: str) -> None:
    path = ("monitoring", key)
    at = "bmc" if key in AT_BMC else "address"
    if getattr(device, at) is None:
        draft.problems.add(
            draft.entry("devices", device.name).mark,
            f"{device.name} is read by {key} but has no `{at}`: add it, "
            f"or write monitoring: {{{key}: null}}",
        )
    credential = draft.credentials.get(name)
    if credential is not None and (problem := _misfit(key, credential)):
        draft.report("devices", device.name, path, problem)


def _misfit(key: str, credential: Credential) -> str:
    protocols, purpose = PROTOCOLS[key]
    if credential.protocol not in protocols:
        wanted = " or ".join(sorted(protocols))
        return f'"{credential.name}" is for {credential.protocol}: name one for {wanted}'
    if credential.purpose is not purpose:
        return (
            f'"{credential.name}" is for the purpose {credential.purpose}: '
            f"{key} is read with one for {purpose}"
        )
    return ""
