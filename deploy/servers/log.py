"""The log collector: a file for each device and day, compressed, and kept for at least a year."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.change import Change, ServiceChange, file_change
from deploy.hardening.certificate import name_of
from deploy.hardening.log_forwarding import PACKAGES, TLS, checked_file, collectors, restart
from deploy.rendering import render
from deploy.servers.openings import deployable, missing
from inventory.facts import collector as facts_of_collector
from inventory.facts import rsyslog as facts_of_rsyslog
from inventory.facts.certificate import FOLDER as CERTIFICATES
from inventory.facts.collect import HostFacts
from inventory.facts.collector import FOLDER, KEEPER, SERVICE, TIMER, CollectorFacts
from inventory.facts.rsyslog import COLLECT, HOSTS, TLS_PORT, RsyslogFacts
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device

FACTS = ("rsyslog", "collector")
AFTER = ("certificate", "log_forwarding")
RISKY = False
ADMIN_FIRST = False

UDP_PORT = 514
"""Plain syslog, which network gear and BMCs speak."""
_TIMER_UNIT = "watchfloor-keep-logs.timer"
_FULL = 0.9
"""The part of the disk that logs may need before that is a finding."""
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class LogDesired:
    """Whose lines the collector takes, and for how long it keeps them."""

    hosts: tuple[tuple[str, str], ...]
    """Address -> device, of all that have an address."""
    itself: str
    peers: tuple[str, ...]
    """The names in the certificates of the center's hosts: no other is let in."""
    has_udp: bool
    days: int
    missing_openings: tuple[str, ...]

    @property
    def texts(self) -> dict[str, str]:
        """rsyslog's files: path -> what is to be in them."""
        table = {
            "version": 1,
            "nomatch": "unlisted",
            "type": "string",
            "table": [
                {"index": address, "value": name}
                for address, name in (*self.hosts, ("127.0.0.1", self.itself))
            ],
        }
        collect = render(
            "rsyslog-collect.conf.j2",
            hosts=HOSTS,
            folder=FOLDER,
            port=TLS_PORT,
            tls=TLS,
            peers=self.peers,
            has_udp=self.has_udp,
            certificates=CERTIFICATES,
            cache=max(100, len(self.hosts) + 10),
        )
        return {HOSTS: json.dumps(table, indent=1) + "\n", COLLECT: collect}

    @property
    def keeping(self) -> dict[str, tuple[str, int]]:
        """The files of our own timer: path -> text and mode."""
        return {
            KEEPER: (render("keep-logs.sh.j2", folder=FOLDER, days=self.days), 0o755),
            SERVICE: (render("keep-logs.service.j2", folder=FOLDER, keeper=KEEPER), 0o644),
            TIMER: (render("keep-logs.timer.j2"), 0o644),
        }


def applies(center: Center, device: Device) -> bool:
    """See `deploy.area.HostArea`."""
    return device in collectors(center)


def desired(center: Center, device: Device) -> LogDesired:
    """From the inventory's addresses, roles and baseline."""
    base = device.baseline or center.baseline
    services = (
        s for r in device.roles if r in center.roles for s in center.roles[r].services.values()
    )
    openings = missing(center, device, "log", ("tcp", TLS_PORT), deployable(center))
    return LogDesired(
        hosts=tuple(
            (str(other.address), other.name)
            for other in center.devices.values()
            if other.address is not None
        ),
        itself=device.name,
        peers=tuple(name_of(center, host) for host in deployable(center)),
        has_udp=any((s.port, s.protocol) == (UDP_PORT, "udp") for s in services),
        days=base.log_retention_days,
        missing_openings=tuple(openings),
    )


def diff(wanted: LogDesired, rsyslog: RsyslogFacts, store: CollectorFacts) -> Difference:
    """rsyslog's input and files, the timer that keeps them, and whether the disk holds a year."""
    files = tuple(
        change
        for path, text in wanted.texts.items()
        if (change := checked_file(file_at(rsyslog.files, path), text)) is not None
    )
    changes: list[Change] = [*files]
    if set(PACKAGES) <= set(rsyslog.installed):
        changes += restart(rsyslog, bool(files))
        if not files and not changes and f"tcp {TLS_PORT}" not in store.listens:
            reason = f"nothing listens on {TLS_PORT}/tcp"
            changes.append(ServiceChange(unit="rsyslog.service", action="restart", reason=reason))
    else:
        changes.append(
            ServiceChange(unit="rsyslog.service", action="restart", reason="its configuration")
        )
    changes += _keeping(wanted, store)
    return Difference(
        tuple(changes),
        unmet=tuple(_too_small(wanted, store)),
        notes=(*wanted.missing_openings, *_held(wanted, store)),
    )


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    if center.authority is None:
        note = "the center names no `authority`, so lines from hosts are not taken"
        return Difference(notes=(note,))
    return diff(
        desired(center, device), facts.read(facts_of_rsyslog), facts.read(facts_of_collector)
    )


def _keeping(wanted: LogDesired, store: CollectorFacts) -> Iterator[Change]:
    files = [
        change
        for path, (text, mode) in wanted.keeping.items()
        if (change := file_change(file_at(store.files, path), text, mode=mode)) is not None
    ]
    yield from files
    timer = unit_named(store.units, _TIMER_UNIT)
    if not timer.is_enabled:
        yield ServiceChange(unit=_TIMER_UNIT, action="enable")
    if files:
        yield ServiceChange(unit=_TIMER_UNIT, action="restart", reason="its files")
    elif not timer.is_running:
        yield ServiceChange(unit=_TIMER_UNIT, action="start", reason="it does not run")


def _too_small(wanted: LogDesired, store: CollectorFacts) -> Iterator[str]:
    """A year has to fit; that it does not is known long before the disk is full."""
    needed = store.octets_a_day * wanted.days
    there = store.octets + store.free_octets
    if needed > there * _FULL:
        yield (
            f"the disk below {FOLDER} is too small: {wanted.days} days of"
            f" {store.octets_a_day / _GIB:.2f} GiB need {needed / _GIB:.0f} GiB, and"
            f" {there / _GIB:.0f} GiB are there; give it a larger one"
        )


def _held(wanted: LogDesired, store: CollectorFacts) -> Iterator[str]:
    if store.oldest is not None:
        yield (
            f"holds lines since {store.oldest}, {store.octets / _GIB:.2f} GiB, for"
            f" {wanted.days} days; {store.free_octets / _GIB:.0f} GiB are free"
        )
