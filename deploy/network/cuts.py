"""Lines that would cut the path by which gear is managed: sent only with a second approval.

What counts: the account, the login rules and SSH that we come in by; the interface, VLAN and ports
that we come in over; the way back to us.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from deploy.change import Change, LinesChange
from deploy.network.intent import GearIntent, Port
from deploy.network.secrets import shown
from inventory.gear import Platform

ACCOUNT, LOGIN, SSH = "our account", "the login rules", "our SSH"
INTERFACE, VLAN = "the management interface", "the management VLAN"
UPLINK, PERHAPS, BACK = (
    "a port that leads to us",
    "a port that may lead to us",
    "the way back to us",
)


@dataclass(frozen=True, slots=True)
class Guard:
    """Lines (with those they stand in, parted by a line break) that must not be sent unasked."""

    pattern: re.Pattern[str]
    reason: str


def cuts(intent: GearIntent, lines: Iterable[str], login: str = "") -> tuple[str, ...]:
    """The dangerous ones of the lines to send, each with its reason. `login` is who sends them."""
    guards = tuple(_guards(intent, login))
    return tuple(
        f"{shown(path[-1].strip())}{_within(path)}: {guard.reason}"
        for path in _lineages(lines)
        if (guard := next((g for g in guards if g.pattern.search("\n".join(path))), None))
    )


def cuts_of(intent: GearIntent, changes: Iterable[Change], login: str = "") -> tuple[str, ...]:
    """The dangerous lines of these changes; what is no change of lines has none."""
    return tuple(
        cut
        for change in changes
        if isinstance(change, LinesChange)
        for cut in cuts(intent, change.lines, login)
    )


def lets_in(intent: GearIntent, client: str) -> bool:
    """Whether the wanted sources let our own address in; an unknown one counts as let in."""
    try:
        address = ip_address(client)
    except ValueError:
        return True
    if not isinstance(address, IPv4Address) or not intent.management.sources:
        return True
    return any(address in network for network in intent.management.sources)


def _within(path: tuple[str, ...]) -> str:
    return f" (in {path[0]})" if len(path) > 1 else ""


def _lineages(lines: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Each line with those that it stands in, by its indentation."""
    path: list[tuple[int, str]] = []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        while path and path[-1][0] >= indent:
            path.pop()
        path.append((indent, line.strip()))
        yield tuple(text for _, text in path)


def _guards(intent: GearIntent, login: str) -> Iterator[Guard]:
    names = [re.escape(name) for name in {intent.management.user, login} - {""}]
    if intent.platform is Platform.JUNOS:
        return _junos(intent, names)
    if intent.platform is Platform.FORTIOS:
        return _fortios(intent, names)
    return _indented(intent, names)


def _guard(pattern: str, reason: str) -> Guard:
    return Guard(re.compile(pattern, re.MULTILINE), reason)


def _indented(intent: GearIntent, names: Iterable[str]) -> Iterator[Guard]:
    """IOS, NX-OS, EOS and FRR: sections, and `no`."""
    management = intent.management
    for name in names:
        yield _guard(rf"^no username {name}\b", ACCOUNT)
    yield _guard(r"^no aaa (?:new-model|authentication login)", LOGIN)
    yield _guard(r"^(?:no ip ssh version|crypto key zeroize|no feature ssh|no management ssh)", SSH)
    yield _guard(r"^management ssh\nshutdown", SSH)
    yield _guard(r"^line vty.*\n(?:no transport input|transport input (?!.*\b(?:ssh|all)\b))", SSH)
    yield _guard(r"^no ip (?:route|default-gateway) (?:0\.0\.0\.0|\d)", BACK)
    if management.interface:
        own = re.escape(management.interface)
        yield _guard(rf"^(?:no|default) interface {own}$", INTERFACE)
        yield _guard(
            # The address that is wanted, too: it is sent because we came in by another one.
            rf"^interface {own}\n(?:shutdown|(?:no )?ip address)",
            INTERFACE,
        )
    changes = (
        r"shutdown|no switchport(?:$| trunk| mode)|switchport mode|switchport trunk native|"
        r"(?:no )?channel-group|switchport access"
    )
    for vlan in _management_vlans(intent):
        yield _guard(rf"^no vlan {vlan}$", VLAN)
        for port, reason in _ways(intent, vlan):
            yield _guard(rf"^interface {re.escape(port.name)}\n(?:{changes})", reason)
            if port.mode == "trunk" and not _carries(port, vlan):
                yield _guard(
                    rf"^interface {re.escape(port.name)}\nswitchport trunk allowed", reason
                )


def _junos(intent: GearIntent, names: Iterable[str]) -> Iterator[Guard]:
    for name in names:
        yield _guard(rf"^delete system login user {name}(?: class.*| authentication.*)?$", ACCOUNT)
    yield _guard(r"^delete system services ssh$", SSH)
    yield _guard(r"^delete routing-options static route", BACK)
    own = intent.management.interface.replace(".", " unit ")
    if own:
        yield _guard(rf"^delete interfaces {re.escape(own)}(?:$| family)", INTERFACE)
    for vlan in _management_vlans(intent):
        named = [re.escape(each.name) for each in intent.vlans if each.id == vlan]
        for name in named:
            yield _guard(rf"^delete vlans {name}(?:$| vlan-id| l3-interface)", VLAN)
        for port, reason in _ways(intent, vlan):
            start = rf"interfaces {re.escape(port.name)}"
            yield _guard(rf"^set {start} disable$|^delete {start}$", reason)
            yield _guard(
                rf"^delete {start} (?:native-vlan-id|ether-options|aggregated|unit 0 family "
                rf"ethernet-switching(?:$| interface-mode| vlan members (?:{'|'.join(named)})$))",
                reason,
            )


def _fortios(intent: GearIntent, names: Iterable[str]) -> Iterator[Guard]:
    for name in names:
        yield _guard(rf'^config system admin\ndelete "{name}"$', ACCOUNT)
        yield _guard(rf'^config system admin\nedit "{name}"\nunset password', ACCOUNT)
    yield _guard(r"^config router static\ndelete ", BACK)
    own = re.escape(intent.management.interface)
    start = rf'^config system interface\nedit "{own}"\n'
    yield _guard(rf"{start}(?:unset allowaccess|set allowaccess (?!.*\bssh\b))", SSH)
    yield _guard(rf"{start}(?:unset ip|set ip |set status down)", INTERFACE)
    yield _guard(rf'^config system interface\ndelete "{own}"$', INTERFACE)
    for port in (*intent.channels, *intent.ports):
        if port.uplink:
            start = rf'^config system interface\nedit "{re.escape(port.name)}"\n'
            yield _guard(rf"{start}(?:set status down|unset member|set type)", UPLINK)


def _management_vlans(intent: GearIntent) -> list[int]:
    return [each.vlan for each in intent.interfaces if each.management and each.vlan]


def _ways(intent: GearIntent, vlan: int) -> Iterator[tuple[Port, str]]:
    """The ports over which the management VLAN may come in."""
    for port in (*intent.channels, *intent.ports):
        if port.uplink:
            yield port, UPLINK
        elif _carries(port, vlan) and not port.edge:
            yield port, PERHAPS


def _carries(port: Port, vlan: int) -> bool:
    return vlan == port.vlan or vlan in port.tagged
