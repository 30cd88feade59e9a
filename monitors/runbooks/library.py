"""All runbooks, loaded and checked together; found by their alert."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from inventory import assets
from inventory.errors import WatchfloorError
from inventory.nearest import hint
from monitors.runbooks.checks import ACTIONS, CHECKS, accepts
from monitors.runbooks.facts import FACTS
from monitors.runbooks.model import Check, CheckCall, Do, Runbook
from monitors.runbooks.parse import RunbookError, parse


class Library:
    """The runbooks of one folder, by alert."""

    def __init__(self, runbooks: dict[str, Runbook]) -> None:
        self.by_alert = runbooks

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Reads every runbook. Raises RunbookError for the first mistake."""
        folder = folder or assets.runbooks()
        found: dict[str, Runbook] = {}
        for path in sorted(folder.glob("*/*.md")):
            runbook = parse(str(path.relative_to(folder)), path.read_bytes())
            _check(runbook)
            other = found.get(runbook.head.alert)
            if other:
                raise RunbookError(runbook.path, 1, f"{other.path} has the same alert")
            found[runbook.head.alert] = runbook
        return cls(found)

    def get(self, alert: str) -> Runbook:
        """The alert's runbook. Raises WatchfloorError when there is none."""
        if alert not in self.by_alert:
            remedy = hint(alert, self.by_alert, "see `watchfloor runbook list`")
            raise WatchfloorError(f'no runbook for the alert "{alert}"; {remedy}')
        return self.by_alert[alert]


def _check(runbook: Runbook) -> None:
    if Path(runbook.path).stem != runbook.head.alert:
        raise RunbookError(runbook.path, 1, f"must be called {runbook.head.alert}.md")
    for name in runbook.head.needs:
        if name not in FACTS:
            raise RunbookError(runbook.path, 1, f"needs: no fact is called {name!r}")
    for line, call in _calls(runbook):
        known = CHECKS.get(call.check)
        if known is None or not accepts(known, call.args):
            raise RunbookError(
                runbook.path,
                line,
                f"no check {call.check!r} takes {sorted(call.args) or 'nothing'}",
            )


def _calls(runbook: Runbook) -> Iterator[tuple[int, Check | CheckCall]]:
    for _, blocks in runbook.sections:
        for block in blocks:
            if isinstance(block.step, Check):
                yield block.line, block.step
            elif isinstance(block.step, Do):
                if block.step.do not in ACTIONS:
                    raise RunbookError(
                        runbook.path, block.line, f"no action is called {block.step.do!r}"
                    )
                yield block.line, block.step.verify
