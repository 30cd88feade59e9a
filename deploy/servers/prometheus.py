"""Prometheus and Alertmanager beside a monitor: they keep its figures, and tell when it is silent.

Both listen on loopback, as the monitor does. The Alertmanagers of all monitors speak to each other,
so that a mail is sent once; that port is the one that the role's services have to open.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.change import Change, PackageChange, ServiceChange, file_change
from deploy.rendering import render
from deploy.servers.openings import missing
from inventory.facts import prometheus as facts_of_prometheus
from inventory.facts.collect import HostFacts
from inventory.facts.prometheus import (
    PACKAGES,
    RULES,
    SENDER,
    SENDER_OPTIONS,
    SENDER_UNIT,
    SERVER,
    SERVER_OPTIONS,
    SERVER_UNIT,
    PrometheusFacts,
)
from inventory.facts.textfile import file_at
from inventory.facts.unit import unit_named
from inventory.model import Center, Device
from inventory.settings import LISTEN_WEB
from inventory.upkeep import Mail

FACTS = ("prometheus",)
AFTER = ("firewall",)
RISKY = False
ADMIN_FIRST = False

ROLE = "monitor"
CLUSTER_PORT = 9094
KEPT_DAYS = 400
"""How long figures are kept: a year and what a late report needs."""
_JUDGES = {
    SERVER: ("promtool", "check", "config", "--syntax-only", "{}"),
    RULES: ("promtool", "check", "rules", "{}"),
    SENDER: ("amtool", "check-config", "{}"),
}


@dataclass(frozen=True, slots=True)
class PrometheusDesired:
    """What both are told."""

    center: str
    address: str
    """The host's own."""
    peers: tuple[str, ...]
    """Addresses of the other monitors."""
    mail: Mail | None
    recipients: tuple[str, ...]
    interval_s: int
    missing_openings: tuple[str, ...]

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """Unit -> path -> text; what a file names comes before it."""
        host, port = LISTEN_WEB
        return {
            SENDER_UNIT: {
                SENDER: render("alertmanager.yml.j2", mail=self.mail, recipients=self.recipients),
                SENDER_OPTIONS: render(
                    "alertmanager.default.j2",
                    address=self.address,
                    peers=self.peers,
                    port=CLUSTER_PORT,
                ),
            },
            SERVER_UNIT: {
                RULES: render("prometheus.rules.yml.j2"),
                SERVER: render(
                    "prometheus.yml.j2",
                    center=self.center,
                    monitor=f"{host}:{port}",
                    interval_s=self.interval_s,
                    rules=RULES,
                ),
                SERVER_OPTIONS: render("prometheus.default.j2", days=KEPT_DAYS),
            },
        }


def applies(center: Center, device: Device) -> bool:
    """See `deploy.area.HostArea`."""
    return device in monitors(center)


def monitors(center: Center) -> list[Device]:
    """The center's hosts with the role `monitor`."""
    return [d for d in center.devices.values() if d.is_deployable and d.address and ROLE in d.roles]


def desired(center: Center, device: Device) -> PrometheusDesired:
    """From the roles, contacts and `center.mail`."""
    peers = [other for other in monitors(center) if other.name != device.name]
    openings = (
        note
        for protocol in ("tcp", "udp")
        for note in missing(center, device, ROLE, (protocol, CLUSTER_PORT), peers)
        if peers
    )
    return PrometheusDesired(
        center=center.name,
        address=str(device.address),
        peers=tuple(str(peer.address) for peer in peers),
        mail=center.mail,
        recipients=tuple(c.email for c in center.contacts.values() if c.email),
        interval_s=max(15, round(center.interval_s)),
        missing_openings=tuple(openings),
    )


def diff(wanted: PrometheusDesired, facts: PrometheusFacts) -> Difference:
    """Both packages, their files, and daemons that have read them."""
    return Difference(
        tuple(_changes(wanted, facts)), notes=(*wanted.missing_openings, *_silent(wanted))
    )


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_prometheus))


def _changes(wanted: PrometheusDesired, facts: PrometheusFacts) -> Iterator[Change]:
    lacking = tuple(name for name in PACKAGES if name not in facts.installed)
    if lacking:
        yield PackageChange(names=lacking)
    for unit, texts in wanted.texts.items():
        files = [
            change
            for path, text in texts.items()
            if (
                change := file_change(
                    file_at(facts.files, path), text, validate_with=_JUDGES.get(path, ())
                )
            )
        ]
        yield from files
        yield from _running(unit, facts, moved=bool(files))


def _running(name: str, facts: PrometheusFacts, *, moved: bool) -> Iterator[Change]:
    unit = unit_named(facts.units, name)
    if not unit.is_enabled:
        yield ServiceChange(unit=name, action="enable")
    if moved:
        yield ServiceChange(unit=name, action="restart", reason="its configuration")
    elif not unit.is_running:
        yield ServiceChange(unit=name, action="start", reason="it does not run")
    elif name in facts.stale:
        reason = "it runs with older files than there are"
        yield ServiceChange(unit=name, action="restart", reason=reason)


def _silent(wanted: PrometheusDesired) -> Iterator[str]:
    if wanted.mail is None:
        yield "the center names no `mail`; Alertmanager shows its alerts and sends them to nobody"
    elif not wanted.recipients:
        yield "no contact has an `email`; Alertmanager shows its alerts and sends them to nobody"
