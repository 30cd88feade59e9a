"""Checks of what a host lets in, listens on and passes on."""

from inventory.facts import kernel, nftables, sockets
from inventory.facts.nftables import BaseChain, NftablesFacts, base_chains
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome, failed, met, not_proven, passed


def default_deny(host: Host) -> Outcome:
    """Drops by default now, and after the next boot as well (CJIS SC-7(5))."""
    facts = host.facts.read(nftables)
    if not facts.installed:
        return failed("nftables is not installed")
    cited = tuple(
        f"nftables: {chain.family} {chain.table} {chain.name} policy {chain.policy}"
        for chain in facts.base_chains
        if chain.hook == "input"
    )
    if not facts.drops_by_default:
        return failed("what no rule accepts is let in", *cited)
    if not _survives_boot(facts):
        return failed("the running rules drop by default, but would not after a boot", *cited)
    return passed("what no rule accepts is dropped, now and after a boot", *cited)


def _survives_boot(facts: NftablesFacts) -> bool:
    return facts.unit.is_enabled and any(_drops(chain) for chain in base_chains(facts.filed))


def _drops(chain: BaseChain) -> bool:
    return chain.hook == "input" and chain.family == "inet" and chain.policy == "drop"


def open_ports(host: Host) -> Outcome:
    """Only what the roles of the host open listens for other machines."""
    exposed = host.facts.read(sockets).exposed
    extra = sorted(
        {
            str(socket)
            for socket in exposed
            if f"{socket.protocol}/{socket.port}" not in _ports(host)
        }
    )
    return met(
        not extra,
        f"all {len(exposed)} open ports are ones that the inventory opens",
        f"listening without being in the inventory: {', '.join(extra)}",
        *(f"sockets: {socket}" for socket in extra),
    )


def _ports(host: Host) -> frozenset[str]:
    return frozenset(host.scope.ports)


def no_routing(host: Host) -> Outcome:
    """A host that is no router passes nothing on."""
    return _kernel(host, {"net.ipv4.ip_forward": 0, "net.ipv6.conf.all.forwarding": 0})


def syn_cookies(host: Host) -> Outcome:
    """A flood of half-open connections shuts nobody out."""
    return _kernel(host, {"net.ipv4.tcp_syncookies": 1})


def _kernel(host: Host, wanted: dict[str, int]) -> Outcome:
    values = host.facts.read(kernel).values
    known = {key: values[key] for key in wanted if key in values}
    cited = tuple(f"kernel: {key} = {value}" for key, value in known.items())
    if not known:
        return not_proven(f"this kernel does not say {', '.join(wanted)}")
    wrong = [
        f"{key} is {known[key]}, not {wanted[key]}" for key in known if known[key] != wanted[key]
    ]
    return met(not wrong, f"{' and '.join(known)} as wanted", "; ".join(wrong), *cited)
