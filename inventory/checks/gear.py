"""Network gear: every port that is used is known, and leads into a network that has a VLAN."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network

from inventory.checks.network import CARRIERS, Address
from inventory.draft import Draft
from inventory.model import Credential, Device, Kind, Network, Purpose
from inventory.references import UplinkRef

PORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9/:._-]{0,62}")
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}")
Mistake = tuple[tuple[str, ...], str]
SERVERS = frozenset({"tacacs", "radius"})


def check_gear(draft: Draft) -> None:
    """Devices with a platform, the routers of networks, and who authenticates."""
    for device in draft.devices.values():
        if device.platform is not None:
            _check_device(draft, device)
        elif device.gear != type(device.gear)():
            _report(draft, device, ("gear",), "has no `platform`: add one, such as iosxe")
        _check_cables(draft, device)
    for network in draft.networks.values():
        _check_routers(draft, network)
    _check_authentication(draft)


def _report(draft: Draft, device: Device, path: Iterable[str | int], message: str) -> None:
    draft.report("devices", device.name, path, f"{device.name} {message}")


def _check_device(draft: Draft, device: Device) -> None:
    gear = device.gear
    if device.kind not in CARRIERS - {Kind.LINK}:
        message = f"is a {device.kind}: `platform` is for switches, routers and firewalls"
        _report(draft, device, ("platform",), message)
    if device.address is None:
        _report(draft, device, ("platform",), "has a platform but no `address` to deploy it at")
    credential = draft.credentials.get(gear.login or "")
    if credential is not None:
        _check_credential(draft, device, credential)
    ports = gear.all_ports
    known = {port.lower() for port in ports}
    if len(known) < len(ports):
        _report(draft, device, ("gear", "ports"), "has a port twice in `ports`: keep one")
    for number, port in enumerate(gear.uplink_ports):
        if known and port.lower() not in known:
            path = ("gear", "uplink_ports", number)
            _report(draft, device, path, f"has no port {port} in `ports`: correct one of them")
    above, ours = len(device.uplinks), len(gear.uplink_ports)
    if ours > above or (known and ours < above):
        cables = "1 uplink" if above == 1 else f"{above} uplinks"
        message = f"has {cables}: name as many `uplink_ports`, in their order"
        _report(draft, device, ("gear", "uplink_ports" if ours else "ports"), message)
    _check_special_ports(draft, device, known)
    for destination in gear.routes:
        if not _is_network(destination):
            where = ("gear", "routes", destination)
            _report(draft, device, where, f"cannot route {destination}: write 10.30.0.0/16")


def _check_credential(draft: Draft, device: Device, credential: Credential) -> None:
    if credential.protocol != "cli" or credential.purpose is not Purpose.DEPLOY:
        message = f'logs in with "{credential.name}": name a credential for cli, purpose deploy'
        _report(draft, device, ("gear", "login"), message)
    elif not USER.fullmatch(credential.user):
        message = (
            f'"{credential.name}" has a user that no gear takes: letters, digits, - and _ only'
        )
        draft.report("credentials", credential.name, ("user",), message)


def _check_special_ports(draft: Draft, device: Device, known: set[str]) -> None:
    for port, special in device.gear.special_ports.items():
        path = ("gear", "special_ports", port)
        if known and port.lower() not in known:
            _report(draft, device, path, f"has no port {port} in `ports`: correct one of them")
        if special.address is not None and (special.network or special.networks):
            message = f"routes on {port}: an `address`, or a `network`, not both"
            _report(draft, device, path, message)
        for name in (special.network, *special.networks):
            network = draft.networks.get(name or "")
            if network is not None and network.vlan is None and device.kind is Kind.SWITCH:
                message = f"needs a VLAN for {network.name} on {port}: give the network a `vlan`"
                _report(draft, device, path, message)


def _is_network(destination: str) -> bool:
    if destination == "default":
        return True
    try:
        ip_network(destination)
    except ValueError:
        return False
    return True


def _check_cables(draft: Draft, device: Device) -> None:
    """The ports of managed switches that this device is plugged into."""
    if device.bmc_uplink is not None and device.bmc is None:
        _report(draft, device, ("bmc_uplink",), "has no `bmc`: add its address, or drop this")
    for path, uplink, address in _cables(device):
        above = draft.devices.get(uplink.device)
        if above is None or above.platform is None:
            continue
        if not uplink.port:
            message = f"must say which port: {above.name} is deployed, write {above.name}/Gi1/0/1"
            _report(draft, device, path, message)
            continue
        ports = {port.lower() for port in above.gear.all_ports}
        if not PORT.fullmatch(uplink.port):
            _report(draft, device, path, f"is at a port that cannot be: write {above.name}/Gi1/0/1")
        elif ports and uplink.port.lower() not in ports:
            message = f"is at {uplink}, which is none of its `ports`: correct one of them"
            _report(draft, device, path, message)
        elif above.kind is Kind.SWITCH and not _has_vlan(
            draft, device, above, uplink.port, address
        ):
            message = (
                f"has no address in a network with a `vlan`, so {uplink} would lead nowhere: add "
                f"one, or say it under {above.name}'s gear: special_ports"
            )
            _report(draft, device, path, message)


def _cables(device: Device) -> Iterator[tuple[tuple[str | int, ...], UplinkRef, Address | None]]:
    for number, uplink in enumerate(device.uplinks):
        yield ("uplinks", number), uplink, device.address
    if device.bmc_uplink is not None:
        yield ("bmc_uplink",), device.bmc_uplink, device.bmc


def _has_vlan(
    draft: Draft, device: Device, above: Device, port: str, address: Address | None
) -> bool:
    special = {name.lower(): each for name, each in above.gear.special_ports.items()}
    declared = special.get(port.lower())
    if device.kind in CARRIERS or (declared and (declared.network or declared.networks)):
        return True
    if declared is not None and (declared.shut or declared.address is not None):
        return True
    vlans = [n for n in draft.networks.values() if address is not None and address in n.cidr]
    # An address in no network is reported as such already.
    return address is not None and (not vlans or vlans[0].vlan is not None)


def _check_routers(draft: Draft, network: Network) -> None:
    mistakes = (
        *_router_mistakes(draft, network),
        *_gateway_mistakes(network),
        *_shared_mistakes(network),
    )
    for path, message in mistakes:
        draft.report("networks", network.name, path, message)


def _router_mistakes(draft: Draft, network: Network) -> Iterator[Mistake]:
    taken = {a: d.name for d in draft.devices.values() for a in (d.address, d.bmc) if a}
    for name, address in network.routers.items():
        path = ("routers", name)
        device = draft.devices.get(name)
        if name not in draft.names("devices"):
            yield path, f'no device is called "{name}": name a switch or a router'
        elif device is not None and device.kind not in CARRIERS - {Kind.LINK}:
            yield path, f"{name} is a {device.kind}: it routes nothing"
        if address not in network.cidr:
            yield path, f"{address} is not in {network.cidr}: correct it"
        if taken.get(address, name) != name:
            yield path, f"{address} is {taken[address]}'s: change one"
    own = list(network.routers.values())
    if len(set(own)) < len(own):
        yield ("routers",), "two routers have one address: each needs its own"


def _gateway_mistakes(network: Network) -> Iterator[Mistake]:
    path, own = ("gateway",), list(network.routers.values())
    if network.gateway is not None and network.gateway not in network.cidr:
        yield path, f"{network.gateway} is not in {network.cidr}: correct it"
    if len(own) > 1 and network.gateway is not None and network.gateway in own:
        yield (
            path,
            (f"{network.gateway} is one router's own: give the shared gateway another address"),
        )
    if len(own) == 1 and network.gateway not in {None, own[0]}:
        yield path, f"its only router has {own[0]}: write that one, or a second router"
    if network.igmp_querier and not own:
        yield ("igmp_querier",), "nobody routes it, so nobody would ask: add `routers`"


def _shared_mistakes(network: Network) -> Iterator[Mistake]:
    own = {str(address) for address in network.routers.values()}
    for address, names in network.more_gateways.items():
        path = ("more_gateways", address)
        if not _is_inside(address, network) or address in own:
            yield path, f"{address} is no free address of {network.cidr}: choose another"
        for unknown in [name for name in names if name not in network.routers]:
            yield path, f"{unknown} has no address here: add it to `routers`"


def _is_inside(address: str, network: Network) -> bool:
    try:
        return ip_address(address) in network.cidr
    except ValueError:
        return False


def _check_authentication(draft: Draft) -> None:
    """Of the `center:` section, whose text is looked at, because it is built last."""
    center = draft.sections.center
    node = center.get("gear_authentication") if center is not None else None
    named = getattr(node, "get", lambda _key: None)("credential")
    credential = draft.credentials.get(str(getattr(named, "value", "")))
    if named is not None and credential is not None:
        fits = credential.protocol in SERVERS and credential.purpose is Purpose.DEPLOY
        if not fits:
            draft.problems.add(
                named.mark,
                f'"{credential.name}" is for {credential.protocol} ({credential.purpose}): '
                "name one for tacacs or radius, purpose deploy",
            )
