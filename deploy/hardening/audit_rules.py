"""auditd, and the rules by which the kernel records what matters to an auditor."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.change import (
    Change,
    CommandChange,
    FileChange,
    PackageChange,
    RemovalChange,
    ServiceChange,
    file_change,
)
from deploy.hardening.audit_events import rule_groups, rules
from deploy.rendering import render
from inventory.facts import audit as facts_of_audit
from inventory.facts.audit import DAEMON, LOCK, RULES, SYSLOG, AuditFacts
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device

FACTS = ("audit",)
AFTER = ("log_forwarding",)
RISKY = False
ADMIN_FIRST = False
PACKAGES = ("auditd",)
applies = everywhere

LOCKED = 2
"""What `auditctl -s` says of rules that only a restart of the host can change."""
_SERVICE = "auditd.service"


@dataclass(frozen=True, slots=True)
class AuditDesired:
    """From the baseline profile; the rules depend on the host's kernel and folders."""

    keep: str
    full: str
    is_locked: bool

    def texts(self, facts: AuditFacts) -> dict[str, str]:
        """Path -> what is to be in the file."""
        groups = list(rule_groups(facts.machine))
        texts = {
            DAEMON: render("auditd.conf.j2", keep=self.keep.upper(), full=self.full.upper()),
            SYSLOG: render("audit-syslog.conf.j2"),
            RULES: render("audit.rules.j2", groups=groups),
        }
        return texts | ({LOCK: render("audit-lock.rules.j2")} if self.is_locked else {})


def desired(center: Center, device: Device) -> AuditDesired:
    """From the baseline profile."""
    base = device.baseline or center.baseline
    return AuditDesired(base.audit_keep, base.audit_full, base.audit_immutable)


def diff(wanted: AuditDesired, facts: AuditFacts) -> Difference:
    """The files, then the kernel's own rules, which are what counts."""
    if facts.is_container:
        note = "not proven: a container has no audit of its own; its machine's kernel records"
        return Difference(notes=(note,))
    changes: list[Change] = []
    if "auditd" not in facts.installed:
        changes.append(PackageChange(names=PACKAGES))
    files = tuple(_files(wanted, facts))
    changes += files
    changes += _service(facts, {file.path for file in files})
    changes += _loading(wanted, facts, bool(files))
    return Difference(
        tuple(changes),
        unmet=() if changes else tuple(_unmet(facts)),
        notes=tuple(_notes(wanted, facts, bool(files))),
    )


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_audit))


def _files(wanted: AuditDesired, facts: AuditFacts) -> Iterator[FileChange | RemovalChange]:
    texts = wanted.texts(facts)
    for path, text in texts.items():
        change = file_change(facts.file(path), text, mode=0o640)
        if change is not None:
            yield change
    if LOCK not in texts and facts.file(LOCK).exists:
        yield RemovalChange(path=LOCK, reason="the baseline leaves the rules open")


def _service(facts: AuditFacts, changed: set[str]) -> Iterator[ServiceChange]:
    if facts.unit.is_there and not facts.unit.is_enabled:
        yield ServiceChange(unit=_SERVICE, action="enable")
    if changed & {DAEMON, SYSLOG}:
        yield ServiceChange(unit=_SERVICE, action="restart", reason="its settings")
    elif not facts.unit.is_running:
        yield ServiceChange(unit=_SERVICE, action="start", reason="it does not run")
    elif facts.is_stale:
        reason = "it runs with older settings than its files"
        yield ServiceChange(unit=_SERVICE, action="restart", reason=reason)


def _loading(wanted: AuditDesired, facts: AuditFacts, files_change: bool) -> Iterator[Change]:
    """Locked rules stay until the next restart: trying again each time would help nobody."""
    is_lock_due = wanted.is_locked and facts.enabled != LOCKED
    if facts.enabled != LOCKED and (files_change or is_lock_due or not _as_filed(facts)):
        yield CommandChange(
            title="load the audit rules into the kernel", command=("augenrules", "--load")
        )


def _as_filed(facts: AuditFacts) -> bool:
    filed = (line for file in facts.rule_files for line in file.content.splitlines())
    return rules(filed) == rules(facts.running)


def _unmet(facts: AuditFacts) -> Iterator[str]:
    if facts.enabled is None:
        yield "the kernel has no audit, or is booted with audit=0"
    elif facts.enabled == 0:
        yield "the kernel's audit is off (`auditctl -s` says enabled 0)"


def _notes(wanted: AuditDesired, facts: AuditFacts, files_change: bool) -> Iterator[str]:
    if facts.enabled == LOCKED and (files_change or not _as_filed(facts)):
        yield "the audit rules are locked: the new ones come with the next restart of the host"
    elif facts.enabled == LOCKED and not wanted.is_locked:
        yield "the audit rules are open again after the next restart of the host"
    if "audit=1" not in facts.boot:
        yield "what runs before auditd is not recorded: boot the kernel with audit=1"
    if facts.lost:
        yield f"the kernel has dropped {facts.lost} audit records since it was started"
