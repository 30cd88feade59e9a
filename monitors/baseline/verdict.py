"""The words of an audit: a verdict, what a check found, and the judgement that is recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What an audit says about one control on one device."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_PROVEN = "NOT_PROVEN"
    """The facts do not settle it either way."""
    ERROR = "ERROR"
    """The device could not be read, or not understood."""
    WAIVED = "WAIVED"
    """Fails, and a dated waiver accepts that."""
    EXEMPT = "EXEMPT"
    """The requirement itself excepts this device."""
    MITIGATED = "MITIGATED"
    """Cannot be met, and what stands in for it is proved."""

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something about it."""
        return self in _WORST_FIRST

    @classmethod
    def overall(cls, verdicts: Iterable["Verdict"]) -> "Verdict":
        """One verdict for many: the worst open one. Nothing that applied proves nothing."""
        found = set(verdicts)
        for verdict in _WORST_FIRST:
            if verdict in found:
                return verdict
        return cls.PASS if found - {cls.NOT_APPLICABLE} else cls.NOT_PROVEN


_WORST_FIRST = (Verdict.ERROR, Verdict.FAIL, Verdict.NOT_PROVEN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check makes of the facts, before any waiver."""

    verdict: Verdict
    finding: str
    """One sentence for people, with the value that was found."""
    cited: tuple[str, ...] = ()
    """The facts that it rests on, as `area: quotation`."""


def passed(finding: str, *cited: str) -> Outcome:
    """The requirement is met."""
    return Outcome(Verdict.PASS, finding, cited)


def failed(finding: str, *cited: str) -> Outcome:
    """The requirement is not met."""
    return Outcome(Verdict.FAIL, finding, cited)


def not_applicable(finding: str, *cited: str) -> Outcome:
    """The device has nothing that the requirement speaks of."""
    return Outcome(Verdict.NOT_APPLICABLE, finding, cited)


def not_proven(finding: str, *cited: str) -> Outcome:
    """The facts do not settle it."""
    return Outcome(Verdict.NOT_PROVEN, finding, cited)


def met(holds: bool, good: str, bad: str, *cited: str) -> Outcome:
    """PASS with the one sentence, or FAIL with the other."""
    return passed(good, *cited) if holds else failed(bad, *cited)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One control on one device, as it is recorded."""

    device: str
    subject: str
    """`host`, `bmc` or `snmp`: which side of the device was judged."""
    control: str
    verdict: Verdict
    real: Verdict
    """The check's own verdict; differs from `verdict` when a waiver bears on it."""
    finding: str
    cited: tuple[str, ...] = ()
    waiver: str = ""
    """The waiver that bears on it, valid or expired; empty for none."""
