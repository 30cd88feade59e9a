"""Facts, expectations and waivers in, judgements out; pure: the same input, the same verdict."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from inventory.facts.area import FactError
from inventory.model import Waiver
from monitors.baseline import waivers as waivers_of
from monitors.baseline.catalogue import Control
from monitors.baseline.checks.configuration import Configuration
from monitors.baseline.checks.management import Bmc, SnmpAgent
from monitors.baseline.checks.registry import (
    BMC_CHECKS,
    CONFIGURATION_CHECKS,
    HOST_CHECKS,
    SNMP_CHECKS,
)
from monitors.baseline.plain import plain
from monitors.baseline.scope import Scope
from monitors.baseline.stored import (
    BmcReading,
    ConfigurationReading,
    FailedReading,
    HostReading,
    Reading,
    SnmpReading,
    subject_of,
)
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Judgement, Outcome, Verdict

MAX_FINDING = 600
MAX_CITED = 12


@dataclass(frozen=True, slots=True)
class Case:
    """One side of one device: what was read, and what the inventory expects of it."""

    scope: Scope
    reading: Reading


def judge(
    cases: Iterable[Case], controls: Sequence[Control], waivers: Sequence[Waiver], on: date
) -> list[Judgement]:
    """Every control that applies to each case, in the order of the cases and the catalogue."""
    return [
        _judgement(case, control, waivers, on)
        for case in cases
        for control in controls
        if control.applies_to == subject_of(case.reading)
    ]


def _judgement(case: Case, control: Control, waivers: Sequence[Waiver], on: date) -> Judgement:
    outcome = _outcome(case, control, on)
    waiver = waivers_of.find(waivers, case.scope.device, control.id, on)
    verdict, finding, name = waivers_of.weigh(outcome, waiver, on)
    return Judgement(
        device=case.scope.device,
        subject=subject_of(case.reading),
        control=control.id,
        verdict=verdict,
        real=outcome.verdict,
        finding=plain(finding)[:MAX_FINDING],
        cited=tuple(plain(text)[:MAX_FINDING] for text in outcome.cited[:MAX_CITED]),
        waiver=name,
    )


def _outcome(case: Case, control: Control, on: date) -> Outcome:
    check = _bound_check(case, control, on)
    if check is None:
        return Outcome(Verdict.ERROR, f"this version has no check {control.check}")
    try:
        return check()
    except FactError as error:
        return Outcome(Verdict.ERROR, str(error))
    except Exception as error:
        return Outcome(Verdict.ERROR, f"the check stumbled over the facts: {error!r}")


def _bound_check(case: Case, control: Control, on: date) -> Callable[[], Outcome] | None:
    scope, reading = case.scope, case.reading
    match reading:
        case FailedReading():
            return lambda: Outcome(Verdict.ERROR, reading.problem)
        case HostReading() if control.check in HOST_CHECKS:
            host = Host(scope, reading.facts, on).limited_to(control.areas)
            return lambda: HOST_CHECKS[control.check](host)
        case BmcReading() if control.check in BMC_CHECKS:
            return lambda: BMC_CHECKS[control.check](Bmc(scope, reading.facts, on))
        case SnmpReading() if control.check in SNMP_CHECKS:
            return lambda: SNMP_CHECKS[control.check](SnmpAgent(scope, reading.facts, on))
        case ConfigurationReading() if control.check in CONFIGURATION_CHECKS:
            deployed = Configuration(scope, reading.facts, on)
            return lambda: CONFIGURATION_CHECKS[control.check](deployed)
        case _:
            return None
