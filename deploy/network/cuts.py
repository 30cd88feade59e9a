"""Lines that would cut the path by which gear is managed: sent only with a second approval.

What counts: the account, the login rules and SSH that we come in by; the interface, VLAN and ports
that we come in over; the way back to us.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from deploy.network.intent import GearIntent, Port
from deploy.network.secrets import shown


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
    management = intent.management

    def guard(pattern: str, reason: str) -> Guard:
        return Guard(re.compile(pattern, re.MULTILINE), reason)

    for name in {management.user, login} - {""}:
        user = re.escape(name)
        yield guard(rf"^no username {user}\b", "our account")
        yield guard(rf"^delete system login user {user}$", "our account")
    yield guard(r"^no aaa (?:new-model|authentication login)", "the login rules")
    yield guard(
        r"^no ip ssh version|^crypto key zeroize|^delete system services ssh$|^no feature ssh",
        "our SSH",
    )
    yield guard(
        r"^line vty.*\n(?:no transport input|transport input (?!.*\b(?:ssh|all)\b))", "our SSH"
    )
    yield guard(r"^(?:no ip (?:route|default-gateway) )(?:0\.0\.0\.0|\d)", "the way back to us")
    yield guard(r"^delete routing-options static route 0\.0\.0\.0/0", "the way back to us")
    if management.interface:
        own = re.escape(management.interface)
        address = re.escape(str(management.address))
        yield guard(rf"^(?:no|delete|default) interfaces? {own}(?:$| )", "the management interface")
        yield guard(
            rf"^interface {own}\n(?:shutdown|no ip address|ip address (?!.*\b{address}\b))",
            "the management interface",
        )
    for interface in intent.interfaces:
        if interface.management and interface.vlan:
            yield guard(rf"^no vlan {interface.vlan}$", "the management VLAN")
            yield from _uplinks(intent, interface.vlan)


def _uplinks(intent: GearIntent, vlan: int) -> Iterator[Guard]:
    """The ports over which the management VLAN may come in."""
    for port in (*intent.channels, *intent.ports):
        if not port.uplink and not _carries(port, vlan):
            continue
        if not port.uplink and port.edge:
            continue
        own = re.escape(port.name)
        reason = "a port that leads to us" if port.uplink else "a port that may lead to us"
        changes = (
            r"shutdown|no switchport(?:$| trunk| mode)|switchport mode|switchport trunk native|"
            r"(?:no )?channel-group|switchport access"
        )
        yield Guard(re.compile(rf"^interface {own}\n(?:{changes})", re.MULTILINE), reason)
        if port.mode == "trunk" and vlan not in port.tagged and vlan != port.vlan:
            allowed = re.compile(rf"^interface {own}\nswitchport trunk allowed", re.MULTILINE)
            yield Guard(allowed, reason)


def _carries(port: Port, vlan: int) -> bool:
    return vlan == port.vlan or vlan in port.tagged
