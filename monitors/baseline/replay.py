"""Judges stored facts again, and says where the verdicts differ from the recorded ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitors.baseline import waivers as waivers_of
from monitors.baseline.judge import judge
from monitors.baseline.reading import Evidence
from monitors.baseline.verdict import Judgement, Verdict

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One control on one device that is judged differently now."""

    device: str
    control: str
    recorded: Judgement | None
    """None when it was not recorded."""
    replayed: Judgement | None
    """None when it is not judged now."""

    def __str__(self) -> str:
        return f"{self.device}, {self.control}: {_said(self.recorded)}; now {_said(self.replayed)}"


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of judging the facts again."""

    judgements: tuple[Judgement, ...]
    differences: tuple[Difference, ...]
    summary_differs: bool
    """Whether the overall verdict or the warnings do not follow from the records."""

    @property
    def same(self) -> bool:
        """Whether everything follows from the facts as it is recorded."""
        return not self.differences and not self.summary_differs


def replay(evidence: Evidence) -> Replay:
    """Judges the evidence's facts with this version's checks. Pure: no network, no inventory."""
    run = evidence.run
    judgements = judge(evidence.cases, evidence.catalogue.controls, run.waivers, run.on)
    recorded = _by_key(record.judgement for record in evidence.verdicts)
    replayed = _by_key(judgements)
    differences = tuple(
        Difference(key[0], key[2], recorded.get(key), replayed.get(key))
        for key in dict.fromkeys([*recorded, *replayed])
        if recorded.get(key) != replayed.get(key)
    )
    overall = Verdict.overall(judgement.verdict for judgement in judgements)
    warnings = tuple(waivers_of.idle(run.waivers, judgements))
    differs = (overall, warnings) != (evidence.end.overall, evidence.end.warnings)
    twice = len(recorded) != len(evidence.verdicts)
    return Replay(tuple(judgements), differences, differs or twice)


def _by_key(judgements: Iterable[Judgement]) -> Mapping[Key, Judgement]:
    return {(each.device, each.subject, each.control): each for each in judgements}


def _said(judgement: Judgement | None) -> str:
    return f"{judgement.verdict}, {judgement.finding}" if judgement else "not judged"
