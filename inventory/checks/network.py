"""Network: addresses are unique and inside a network, uplinks lead upwards, one cable per port."""

from ipaddress import IPv4Address, IPv6Address

from inventory.checks.cycles import loops
from inventory.draft import Draft
from inventory.model import Device, Kind
from inventory.references import UplinkRef

CARRIERS = frozenset({Kind.SWITCH, Kind.FIREWALL, Kind.ROUTER, Kind.LINK})
"""The kinds that an uplink may lead to."""

Address = IPv4Address | IPv6Address
Path = tuple[str | int, ...]
Cables = dict[tuple[str, str], tuple[str, Path]]


def check_network(draft: Draft) -> None:
    """Networks, addresses, ids, uplinks, ports, loops."""
    _check_networks(draft)
    addresses: dict[Address, tuple[str, str]] = {}
    ids: dict[str, str] = {}
    cables: Cables = {}
    for device in draft.devices.values():
        for key, address in (("address", device.address), ("bmc", device.bmc)):
            if address is not None:
                _check_address(draft, device, key, address, addresses)
        _check_id(draft, device, ids)
        for number, uplink in enumerate(device.uplinks):
            _check_uplink(draft, device, ("uplinks", number), uplink, cables)
        if device.bmc_uplink is not None:
            _check_uplink(draft, device, ("bmc_uplink",), device.bmc_uplink, cables)
        if device.uplinks and device.uplinks_needed > len(device.uplinks):
            draft.report(
                "devices",
                device.name,
                ("uplinks_needed",),
                f"needs {device.uplinks_needed} uplinks but has {len(device.uplinks)}: add one",
            )
    _check_loops(draft)


def _check_networks(draft: Draft) -> None:
    networks = list(draft.networks.values())
    for number, network in enumerate(networks):
        for other in networks[:number]:
            same_version = network.cidr.version == other.cidr.version
            if same_version and network.cidr.overlaps(other.cidr):
                draft.report(
                    "networks",
                    network.name,
                    ("cidr",),
                    f"{network.cidr} overlaps {other.name} ({other.cidr}): keep them apart",
                )
            if network.vlan is not None and network.vlan == other.vlan:
                draft.report(
                    "networks",
                    network.name,
                    ("vlan",),
                    f"VLAN {network.vlan} is already {other.name}'s: use another",
                )


def _check_address(
    draft: Draft,
    device: Device,
    key: str,
    address: Address,
    addresses: dict[Address, tuple[str, str]],
) -> None:
    owner, owner_key = addresses.setdefault(address, (device.name, key))
    if (owner, owner_key) != (device.name, key):
        place = draft.at("devices", owner, owner_key)
        draft.report(
            "devices", device.name, (key,), f"{address} is already {owner}'s ({place}): change one"
        )
    network = next((n for n in draft.networks.values() if address in n.cidr), None)
    if network is None:
        if len(draft.networks) == len(draft.names("networks")):
            known = ", ".join(f"{n.name} {n.cidr}" for n in draft.networks.values()) or "none"
            draft.report(
                "devices",
                device.name,
                (key,),
                f"{address} lies in no declared network ({known}): correct it, or add a network",
            )
    elif network.cidr.num_addresses > 2 and address in {
        network.cidr.network_address,
        network.cidr.broadcast_address,
    }:
        draft.report(
            "devices",
            device.name,
            (key,),
            f"{address} is the network or broadcast address of {network.name}: use one between",
        )


def _check_id(draft: Draft, device: Device, ids: dict[str, str]) -> None:
    owner = ids.setdefault(device.id, device.name)
    if owner != device.name:
        place = draft.at("devices", owner, "id")
        draft.report(
            "devices",
            device.name,
            ("id",),
            f'the id "{device.id}" is already {owner}\'s ({place}): ids are never used again',
        )


def _check_uplink(
    draft: Draft, device: Device, path: Path, uplink: UplinkRef, cables: Cables
) -> None:
    above = draft.devices.get(uplink.device)
    if above is None:
        return
    if above.kind not in CARRIERS:
        draft.report(
            "devices",
            device.name,
            path,
            f"{above.name} is a {above.kind} and carries no traffic: "
            "name a switch, firewall, router or link",
        )
        return
    key = (uplink.device, uplink.port.lower() or f"by {device.name} {path[0]}")
    owner, first = cables.setdefault(key, (device.name, path))
    if (owner, first) != (device.name, path):
        place = draft.at("devices", owner, *first)
        draft.report(
            "devices",
            device.name,
            path,
            f"{uplink} is already taken by {owner} ({place}): use a free port",
        )


def _check_loops(draft: Draft) -> None:
    edges = {d.name: [uplink.device for uplink in d.uplinks] for d in draft.devices.values()}
    for loop in loops(edges):
        way = " -> ".join([*loop, loop[0]])
        draft.report(
            "devices",
            loop[0],
            ("uplinks",),
            f"uplinks run in a circle: {way}; they lead upwards only, so drop one",
        )
