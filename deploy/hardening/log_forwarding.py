"""Log lines leave each host as they are made: by rsyslog, over TLS, to every collector.

Plain syslog over TLS loses what was on its way when a collector ends or refuses a certificate. RELP
has every line acknowledged, so what was not written waits on the host.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import (
    Change,
    FileChange,
    PackageChange,
    RemovalChange,
    ServiceChange,
    file_change,
)
from deploy.hardening.certificate import name_of
from deploy.rendering import render
from inventory.facts import rsyslog as facts_of_rsyslog
from inventory.facts.certificate import FOLDER
from inventory.facts.collect import HostFacts
from inventory.facts.rsyslog import FORMAT, FORWARD, TLS_PORT, RsyslogFacts
from inventory.facts.textfile import TextFile, file_at
from inventory.model import Center, Device

FACTS = ("rsyslog",)
AFTER = ("certificate", "journal")
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("rsyslog", "rsyslog-relp")
applies = everywhere

CHECK = ("rsyslogd", "-N1")
TLS = "MinProtocol=TLSv1.2\\nCipherString=ECDHE+AESGCM"
"""OpenSSL's words; AES-GCM only (FIPS 197), with forward secrecy."""
_DRAWN_UP = 4096
"""Octets of the spool's own folder, which `du` counts."""


@dataclass(frozen=True, slots=True)
class Collector:
    """One host that takes lines."""

    name: str
    address: str
    certificate: str
    """The name in its certificate."""


@dataclass(frozen=True, slots=True)
class ForwardingDesired:
    """Who gets this host's lines."""

    collectors: tuple[Collector, ...]
    is_collector: bool
    """Whether it takes lines itself; its rsyslogd has the same keys then."""
    has_authority: bool
    spool_mib: int

    @property
    def has_tls(self) -> bool:
        return self.has_authority and bool(self.collectors or self.is_collector)

    @property
    def texts(self) -> dict[str, str]:
        """Path -> what is to be in the file."""
        texts = {FORMAT: render("rsyslog-format.conf.j2")}
        if self.has_tls and self.collectors:
            texts[FORWARD] = render(
                "rsyslog-forward.conf.j2",
                collectors=self.collectors,
                folder=FOLDER,
                port=TLS_PORT,
                tls=TLS,
                spool_mib=self.spool_mib,
            )
        return texts


def collectors(center: Center) -> tuple[Device, ...]:
    """The hosts with the role `log`."""
    return tuple(
        device
        for device in center.devices.values()
        if "log" in device.roles and device.is_deployable and device.address is not None
    )


def desired(center: Center, device: Device) -> ForwardingDesired:
    """To all hosts with the role `log`, the host itself left out."""
    base = device.baseline or center.baseline
    takers = collectors(center)
    return ForwardingDesired(
        collectors=tuple(
            Collector(taker.name, str(taker.address), name_of(center, taker))
            for taker in takers
            if taker.name != device.name
        ),
        is_collector=device in takers,
        has_authority=center.authority is not None,
        spool_mib=base.log_spool_mib,
    )


def diff(wanted: ForwardingDesired, facts: RsyslogFacts) -> Difference:
    """rsyslog where it has something to do; where it runs anyway, at least its times are right."""
    notes = tuple(_notes(wanted))
    if not wanted.has_tls and "rsyslog" not in facts.installed:
        return Difference(notes=notes)
    changes: list[Change] = []
    packages = PACKAGES if wanted.has_tls else PACKAGES[:1]
    missing = tuple(name for name in packages if name not in facts.installed)
    if missing:
        changes.append(PackageChange(names=missing))
    files = tuple(_files(wanted, facts))
    changes += files
    changes += restart(facts, bool(files or missing))
    return Difference(tuple(changes), notes=(*notes, *_state(wanted, facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_rsyslog))


def restart(facts: RsyslogFacts, files_change: bool) -> Iterator[ServiceChange]:
    """rsyslogd reads its files when it is started, and then only."""
    if not facts.unit.is_enabled and facts.unit.is_there:
        yield ServiceChange(unit="rsyslog.service", action="enable")
    if files_change:
        reason = "its configuration"
    elif not facts.unit.is_running:
        # Started, and not restarted: an undo stops it again.
        yield ServiceChange(unit="rsyslog.service", action="start", reason="it does not run")
        return
    elif facts.is_stale:
        reason = "it runs with an older configuration than its files"
    else:
        return
    yield ServiceChange(unit="rsyslog.service", action="restart", reason=reason)


def checked_file(now: TextFile, text: str) -> FileChange | None:
    """A file of rsyslog's, with which all of its configuration is judged."""
    return file_change(now, text, check_with=CHECK)


def _files(wanted: ForwardingDesired, facts: RsyslogFacts) -> Iterator[Change]:
    texts = wanted.texts
    for path, text in texts.items():
        change = checked_file(file_at(facts.files, path), text)
        if change is not None:
            yield change
    left = file_at(facts.files, FORWARD)
    if FORWARD not in texts and left.exists:
        yield RemovalChange(path=FORWARD, reason="nobody takes lines", check_with=CHECK)


def _notes(wanted: ForwardingDesired) -> Iterator[str]:
    if not (wanted.collectors or wanted.is_collector):
        yield "no host has the role `log`; log lines stay on this host"
    elif not wanted.has_authority:
        yield (
            "the center names no `authority`, so log lines would travel unproved; they stay on"
            " this host"
        )


def _state(wanted: ForwardingDesired, facts: RsyslogFacts) -> Iterator[str]:
    """What is so at this moment: an absent collector is not this host's drift."""
    if not (wanted.has_tls and facts.unit.is_running):
        return
    for collector in wanted.collectors:
        if collector.address not in facts.peers:
            yield f"not proven: no connection to the collector {collector.name} now"
    waiting = facts.spool_octets - _DRAWN_UP
    if waiting > 0:
        yield f"{waiting / 1e6:.1f} MB wait for a collector"
