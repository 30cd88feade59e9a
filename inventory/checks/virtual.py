"""Virtual addresses: nobody else's, in their members' network, and never all changed at once."""

from collections.abc import Iterator

from inventory.draft import Draft
from inventory.model import Device, Network
from inventory.virtual import VirtualAddress

Mistake = tuple[tuple[str | int, ...], str]


def check_virtual_addresses(draft: Draft) -> None:
    """Each against the devices and networks, and against those before it."""
    before: list[VirtualAddress] = []
    for virtual in draft.virtual_addresses.values():
        for path, message in (
            *_taken(draft, virtual, before),
            *_members(draft, virtual),
            *_together(draft, virtual),
        ):
            draft.report("virtual_addresses", virtual.name, path, message)
        before.append(virtual)


def _taken(
    draft: Draft, virtual: VirtualAddress, before: list[VirtualAddress]
) -> Iterator[Mistake]:
    address = virtual.address
    owners = [d.name for d in draft.devices.values() if address in (d.address, d.bmc)]
    owners += [n.name for n in draft.networks.values() if str(address) in _routed(n)]
    owners += [other.name for other in before if other.address == address]
    if owners:
        yield ("address",), f"{address} is already {owners[0]}'s: use a free one"
    for other in before:
        if other.router == virtual.router:
            yield ("router",), f"{virtual.router} is already {other.name}'s: use another"


def _routed(network: Network) -> set[str]:
    """The addresses of its routers, their own and those that they share."""
    own = {str(address) for address in network.routers.values()}
    return own | {str(network.gateway)} | set(network.more_gateways)


def _members(draft: Draft, virtual: VirtualAddress) -> Iterator[Mistake]:
    network = next((n for n in draft.networks.values() if virtual.address in n.cidr), None)
    for number, name in enumerate(virtual.of):
        device = draft.devices.get(name)
        if name in virtual.of[:number]:
            yield ("of", number), f"{name} stands there twice: name another member"
        elif device is not None:
            why = _unfit(draft, device, virtual, network)
            if why:
                yield ("of", number), why


def _unfit(draft: Draft, device: Device, virtual: VirtualAddress, network: Network | None) -> str:
    if not device.is_deployable or device.address is None:
        return f"{device.name} is no Linux host with an address: name one"
    if network is None or device.address not in network.cidr:
        where = f"{network.name} {network.cidr}" if network else "no network"
        return f"{device.name} is not in the network of {virtual.address} ({where}): move one"
    services = (
        s for r in device.roles if r in draft.roles for s in draft.roles[r].services.values()
    )
    if not any((s.protocol, s.port) == ("tcp", virtual.port) for s in services):
        return f"no role of {device.name} opens {virtual.port}/tcp: add that service to one"
    return ""


def _together(draft: Draft, virtual: VirtualAddress) -> Iterator[Mistake]:
    """A rollout spares the members of a group from each other, and nobody else."""
    wanted = set(virtual.of)
    members = [device for name in wanted if (device := draft.devices.get(name))]
    if len(members) < len(virtual.of):
        return
    groups = [set(group.of) for group in draft.groups.values()]
    groups += [{device.name, device.pair or ""} for device in members]
    if not any(wanted <= group for group in groups):
        names = " and ".join(virtual.of)
        yield ("of",), f"{names} are in no common group, so one wave could change all: add a group"
