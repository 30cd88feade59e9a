"""Kernel settings: what a process may learn and reach, and which packets a host believes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from deploy.area import Difference, Vantage, everywhere
from deploy.change import Change, RemovalChange, file_change
from deploy.hardening.kernel_settings import Wanted, settings_difference
from inventory.facts import sysctl as facts_of_sysctl
from inventory.facts.collect import HostFacts
from inventory.facts.sysctl import SysctlFacts
from inventory.model import Center, Device, Kind

FACTS = ("sysctl",)
AFTER = ("accounts",)
# A host whose answers take another way than its questions would not be reached any more.
RISKY = True
ADMIN_FIRST = False
applies = everywhere

DROP_IN = "/etc/sysctl.d/zz-watchfloor.conf"
"""Sorts behind the names that people and packages give."""
NO_IPV6 = """\
# Written by Watchfloor; changes made here are drift.
# systemd-networkd would switch IPv6 on again for a link-local address at each start.
[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
_IPV6_OFF = "net/ipv6/conf/*/disable_ipv6"
_FORWARDING = (Kind.ROUTER, Kind.FIREWALL)

_PROCESSES = {
    "kernel/randomize_va_space": Wanted("2"),
    "kernel/kptr_restrict": Wanted("2", also=frozenset({"1"})),
    "kernel/dmesg_restrict": Wanted("1"),
    "kernel/perf_event_paranoid": Wanted("3", also=frozenset({"4"})),
    "kernel/sysrq": Wanted("0", optional=True),
    "kernel/ctrl-alt-del": Wanted("0"),
    # 1 could not be taken back before the next restart.
    "kernel/unprivileged_bpf_disabled": Wanted("2", also=frozenset({"1"}), optional=True),
    "net/core/bpf_jit_harden": Wanted("2", optional=True),
    "vm/unprivileged_userfaultfd": Wanted("0", optional=True),
    "vm/mmap_min_addr": Wanted("65536"),
    "dev/tty/ldisc_autoload": Wanted("0", optional=True),
    "fs/protected_hardlinks": Wanted("1"),
    "fs/protected_symlinks": Wanted("1"),
    "fs/protected_fifos": Wanted("2", also=frozenset({"1"})),
    "fs/protected_regular": Wanted("2"),
}
_FORWARDED = {
    # Writing this one resets all of an interface's settings (ip-sysctl), so it is the first.
    "net/ipv4/ip_forward": Wanted("0"),
    "net/ipv6/conf/*/forwarding": Wanted("0", optional=True),
    "net/ipv4/conf/*/send_redirects": Wanted("0"),
}
_BELIEVED = {
    "net/ipv4/conf/*/accept_redirects": Wanted("0"),
    "net/ipv4/conf/*/secure_redirects": Wanted("0"),
    "net/ipv4/conf/*/accept_source_route": Wanted("0"),
    "net/ipv4/conf/*/bootp_relay": Wanted("0"),
    "net/ipv4/conf/*/proxy_arp": Wanted("0"),
    "net/ipv4/conf/*/log_martians": Wanted("1"),
    "net/ipv4/icmp_echo_ignore_broadcasts": Wanted("1"),
    "net/ipv4/icmp_ignore_bogus_error_responses": Wanted("1"),
    "net/ipv4/tcp_syncookies": Wanted("1"),
    "net/ipv4/tcp_rfc1337": Wanted("1"),
    "net/ipv6/conf/*/accept_redirects": Wanted("0", optional=True),
    "net/ipv6/conf/*/accept_source_route": Wanted("0", optional=True),
    "net/ipv6/conf/*/accept_ra": Wanted("0", optional=True),
}


def desired(center: Center, device: Device, client: str = "") -> dict[str, Wanted]:
    """From the device's kind, the baseline, and whether anything here speaks IPv6.

    `client` is our own address as the host sees it. Multicast is left as it is: walls live by it.
    """
    base = device.baseline or center.baseline
    wanted = {**_PROCESSES, "kernel/yama/ptrace_scope": _ptrace(base.ptrace_scope)}
    if device.kind in _FORWARDING:
        return wanted
    # Strict filtering drops a stream that comes in by another interface than answers would take.
    filters = "2" if device.kind is Kind.WALL_PROCESSOR else "1"
    return {
        **_FORWARDED,
        **({} if base.ipv6 == "on" or ":" in client else _without_ipv6(center)),
        **wanted,
        **_BELIEVED,
        "net/ipv4/conf/*/rp_filter": Wanted(filters),
    }


def _ptrace(scope: int) -> Wanted:
    stricter = frozenset(str(more) for more in range(scope + 1, 4))
    return Wanted(str(scope), also=stricter)


def _without_ipv6(center: Center) -> Mapping[str, Wanted]:
    if _speaks_ipv6(center):
        return {}
    return {
        _IPV6_OFF: Wanted("1", optional=True),
        # Programs of this host speak to each other at ::1.
        "net/ipv6/conf/lo/disable_ipv6": Wanted("0", optional=True),
    }


def _speaks_ipv6(center: Center) -> bool:
    addresses = (d.address for d in center.devices.values() if d.address is not None)
    return any(a.version == 6 for a in addresses) or any(
        network.cidr.version == 6 for network in center.networks.values()
    )


def difference(center: Center, device: Device, facts: HostFacts, vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    wanted = desired(center, device, vantage.client)
    now = facts.read(facts_of_sysctl)
    found = settings_difference(wanted, now, DROP_IN)
    return replace(found, changes=(*network_changes(wanted, now), *found.changes))


def network_changes(wanted: Mapping[str, Wanted], facts: SysctlFacts) -> Iterator[Change]:
    """What makes IPv6 stay off (or no longer so) where systemd-networkd sets up the links.

    It reads them at its next start: loaded again now, it would take the addresses away for a while.
    """
    for file in facts.networks:
        if _IPV6_OFF not in wanted:
            if file.exists:
                yield RemovalChange(path=file.path, reason="IPv6 is spoken here")
        elif change := file_change(file, NO_IPV6):
            yield change
