"""Checks of what is installed and started on a host, and where it comes from."""

from datetime import date

from inventory.facts import apt, journal, packages, system, units
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome, failed, met, not_proven, passed

CLEARTEXT = frozenset(
    {
        "inetutils-talk",
        "inetutils-talkd",
        "inetutils-telnet",
        "inetutils-telnetd",
        "nis",
        "rsh-client",
        "rsh-redone-client",
        "rsh-redone-server",
        "rsh-server",
        "talk",
        "talkd",
        "telnet",
        "telnetd",
        "telnetd-ssl",
        "ypbind-mt",
        "ypserv",
    }
)
"""Packages that send passwords in the clear."""

IDLE_SERVICES = frozenset(
    {
        "avahi-daemon.service",
        "avahi-daemon.socket",
        "cups.service",
        "cups.socket",
        "inetd.service",
        "nfs-server.service",
        "openbsd-inetd.service",
        "rpcbind.service",
        "rpcbind.socket",
        "tftpd-hpa.service",
        "vsftpd.service",
        "xinetd.service",
    }
)
"""Units that no role of a center needs."""

SECURITY_ENDS = {
    "debian-12": date(2028, 6, 30),
    "debian-13": date(2030, 6, 30),
    "ubuntu-22.04": date(2027, 6, 1),
    "ubuntu-24.04": date(2029, 5, 31),
}
"""Last day of free security updates; long-term support counts (Debian's distro-info-data)."""


def no_cleartext(host: Host) -> Outcome:
    """Nothing is installed that logs people in over a clear line."""
    facts = host.facts.read(packages)
    found = sorted(facts.names & CLEARTEXT)
    return met(
        not found,
        f"none of the {len(facts.installed)} packages logs people in over a clear line",
        f"installed: {', '.join(found)}",
        *(f"packages: {name}" for name in found),
    )


def no_idle_services(host: Host) -> Outcome:
    """Neither running nor started at the next boot."""
    found = sorted(host.facts.read(units).wanted & IDLE_SERVICES)
    return met(
        not found,
        "no service runs that the center does not need",
        f"enabled or running: {', '.join(found)}",
        *(f"units: {name}" for name in found),
    )


def signed_packages(host: Host) -> Outcome:
    """apt installs what a known key has signed, and nothing else."""
    facts = host.facts.read(apt)
    weak = [source for source in facts.sources if source.unsafe]
    cited = (
        *(f"apt: {s.uri} {s.suite} {' '.join(s.unsafe)}" for s in weak),
        *(f"apt: {option}" for option in facts.unsafe_options),
    )
    if not facts.sources:
        return not_proven("no package source is set up")
    return met(
        not cited,
        f"apt wants a signature from all {len(facts.sources)} sources",
        "apt takes unsigned packages",
        *cited,
    )


def supported_release(host: Host) -> Outcome:
    """Someone still mends its security holes, and it is the release that the inventory says."""
    facts = host.facts.read(system)
    cited = f"system: {facts.title}"
    if facts.release != host.scope.os:
        return failed(f"is {facts.release}; the inventory says {host.scope.os}", cited)
    ends = SECURITY_ENDS.get(facts.release)
    if ends is None:
        return not_proven(f"nothing is known of how long {facts.release} is supported", cited)
    if host.on > ends:
        return failed(f"security updates ended on {ends}", cited)
    return passed(f"security updates until {ends}", cited)


def journal_persists(host: Host) -> Outcome:
    """What happened before a reboot can be read after it."""
    facts = host.facts.read(journal)
    there = "exists" if facts.has_folder else "is missing"
    cited = f"journal: Storage={facts.storage}; /var/log/journal {there}"
    return met(
        facts.is_persistent,
        "the journal is kept on disk",
        "the journal is lost at each reboot",
        cited,
    )
