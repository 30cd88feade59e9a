"""Checks of the clock that a host follows."""

from ipaddress import ip_address

from inventory.facts import timesync
from inventory.facts.timesync import TimesyncFacts
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome, failed, met, not_proven, passed

_USABLE = ("current", "combined", "not combined")


def follows_center(host: Host) -> Outcome:
    """One daemon, synchronised, asking the center's time servers alone, two where there are two."""
    wanted = {_plain(server) for server in host.scope.time_servers}
    if not wanted:
        return not_proven("the inventory names no time server for this host")
    facts = host.facts.read(timesync)
    cited = _cited(facts)
    if len(facts.running) != 1:
        running = " and ".join(facts.running) or "nothing"
        return failed(f"{running} keeps the time; it has to be one daemon", *cited)
    asked = {_plain(server) for server in _asked(facts)}
    if strangers := asked - wanted:
        return failed(f"asks {', '.join(sorted(strangers))}, no server of the center", *cited)
    usable = {_plain(server) for server in _usable(facts)} & wanted
    needed = min(2, len(wanted))
    if len(usable) < needed:
        return failed(f"{len(usable)} of at least {needed} time servers can be used", *cited)
    return met(
        _is_synchronised(facts),
        f"follows {len(usable)} of the center's time servers",
        "is not synchronised",
        *cited,
    )


def offset(host: Host) -> Outcome:
    """The clock is as near to its sources as the baseline asks (CJIS AU-8 wants 1/100 s stamps)."""
    facts = host.facts.read(timesync)
    most = host.baseline.time_max_offset_s
    if facts.offset_s is None:
        if facts.running == ("systemd-timesyncd",):
            return not_proven("systemd-timesyncd does not say how far off the clock is")
        return failed("nothing measures how far off the clock is", *_cited(facts))
    cited = f"timesync: offset {facts.offset_s:+.6f} s"
    if abs(facts.offset_s) > most:
        return failed(f"the clock is {facts.offset_s:+.3f} s off; {most:g} s are allowed", cited)
    return passed(f"the clock is {facts.offset_s:+.3f} s off", cited)


def _asked(facts: TimesyncFacts) -> tuple[str, ...]:
    if facts.running == ("chrony",):
        return tuple(source.address for source in facts.sources)
    return facts.timesyncd_servers


def _usable(facts: TimesyncFacts) -> tuple[str, ...]:
    if facts.running == ("chrony",):
        return tuple(source.address for source in facts.sources if source.state in _USABLE)
    return facts.timesyncd_servers


def _is_synchronised(facts: TimesyncFacts) -> bool:
    # Under chronyd -x the kernel never says that it is; chronyd itself knows.
    return facts.leap == "Normal" if facts.running == ("chrony",) else facts.is_synchronised


def _cited(facts: TimesyncFacts) -> tuple[str, ...]:
    return (
        f"timesync: running {', '.join(facts.running) or 'none'}",
        f"timesync: leap {facts.leap or 'unknown'}",
        *(f"timesync: {source.address} {source.state}" for source in facts.sources),
    )


def _plain(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address
