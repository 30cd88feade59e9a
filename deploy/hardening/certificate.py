"""A certificate from the center's authority: by it, a host proves its name to the others."""

from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.certificates import fault
from deploy.change import (
    CertificateChange,
    Change,
    PackageChange,
    ServiceChange,
    file_change,
)
from deploy.live_change import Mode, ModeChange
from inventory.facts import certificate as facts_of_certificate
from inventory.facts.certificate import FOLDER, KEY, CertificateFacts
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device

FACTS = ("certificate",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("openssl",)
applies = everywhere


@dataclass(frozen=True, slots=True)
class CertificateDesired:
    """Who the host is, and who says so."""

    name: str
    authority: str
    """The authority's certificate in PEM; empty when the center has no authority."""
    days: int


def name_of(center: Center, device: Device) -> str:
    """The name in a host's certificate: `srv-log-1.riverside`."""
    return f"{device.name}.{center.name}"


def desired(center: Center, device: Device) -> CertificateDesired:
    """From `center.authority`, whose reference has to be resolved already."""
    authority = center.authority
    return CertificateDesired(
        name=name_of(center, device),
        authority=authority.certificate if authority else "",
        days=authority.days if authority else 0,
    )


def diff(wanted: CertificateDesired, facts: CertificateFacts) -> Difference:
    """The authority's certificate, and one of its own where there is none or it ends soon."""
    if not wanted.authority:
        note = "the center names no `authority`; the host gets no certificate"
        return Difference(notes=(note,))
    changes: list[Change] = []
    if not facts.has_openssl:
        changes.append(PackageChange(names=PACKAGES))
    authority = file_change(facts.authority, wanted.authority)
    if authority is not None:
        changes.append(authority)
    mode = _mode(facts)
    if mode is not None:
        changes.append(ModeChange(entries=(mode,)))
    reason = _fault(wanted, facts)
    if reason:
        changes.append(
            CertificateChange(
                name=wanted.name,
                folder=FOLDER,
                group=facts.reader,
                days=wanted.days,
                authority=wanted.authority,
                reason=reason,
            )
        )
    if (authority is not None or reason) and facts.rsyslog.is_running:
        changes.append(
            ServiceChange(unit=facts.rsyslog.name, action="restart", reason="its certificate")
        )
    return Difference(tuple(changes))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_certificate))


def _mode(facts: CertificateFacts) -> Mode | None:
    """What a key that is there has to become; None when it is so, or is not there."""
    owner, _, group = facts.key_owner.partition(":")
    mode = 0o600 if facts.reader == "root" else 0o640
    if not owner or (owner, group, facts.key_mode) == ("root", facts.reader, mode):
        return None
    return Mode(
        path=KEY,
        mode=mode,
        owner="root",
        group=facts.reader,
        before_mode=facts.key_mode,
        before_owner=owner,
        before_group=group,
    )


def _fault(wanted: CertificateDesired, facts: CertificateFacts) -> str:
    if not facts.public_key or not facts.certificate.exists:
        return "it has none"
    return fault(facts.certificate.content, wanted.name, facts.public_key, wanted.authority)
