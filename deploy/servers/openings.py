"""Whether the firewall of a server lets in those who need what it serves."""

from collections.abc import Iterable, Iterator
from typing import Literal

from deploy.hardening import firewall
from inventory.model import Center, Device

_NAMED = 4
"""So many hosts are named; a longer list is counted."""


def missing(
    center: Center,
    device: Device,
    role: str,
    opening: tuple[Literal["tcp", "udp"], int],
    clients: Iterable[Device],
) -> Iterator[str]:
    """A note where the services of a server's roles leave out clients of its own."""
    protocol, port = opening
    wanted = firewall.desired(center, device)
    if not any((rule.protocol, rule.port) == opening for rule in wanted.openings):
        yield (
            f"no role of {device.name} opens {port}/{protocol}: add a service with that port to the"
            f" role {role}, and its sources"
        )
        return
    left_out = [
        client.name
        for client in clients
        if client.name != device.name
        and client.address is not None
        and not wanted.lets_in(str(client.address), port, protocol)
    ]
    if left_out:
        names = ", ".join(left_out[:_NAMED])
        more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        yield (
            f"{port}/{protocol} is not open for {names}{more}: add their networks to the sources of"
            f" the role {role}"
        )


def deployable(center: Center) -> list[Device]:
    """The center's Linux hosts."""
    return [device for device in center.devices.values() if device.is_deployable]
