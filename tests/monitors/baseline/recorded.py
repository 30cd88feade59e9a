"""Recorded hosts as readings, whole or with something broken in them."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from inventory.baseline import Baseline
from inventory.facts.textfile import text_files
from monitors.baseline.catalogue import shipped
from monitors.baseline.judge import Case, judge
from monitors.baseline.scope import Scope
from monitors.baseline.stored import HostReading, StoredSection
from monitors.baseline.verdict import Judgement

HERE = Path(__file__).parent
DAY = date(2026, 11, 22)
READ_AT = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
HOST_CONTROLS = shipped().for_subject("host")


def texts(host: str) -> dict[str, str]:
    """The recorded text of each area."""
    return {path.stem: path.read_text() for path in sorted((HERE / "hosts" / host).glob("*.txt"))}


def scope(changes: Mapping[str, Any] | None = None) -> Scope:
    """The scope of the recorded hosts, some of it replaced."""
    value = json.loads((HERE / "hosts/scope.json").read_text()) | dict(changes or {})
    value["baseline"] = Baseline.model_validate(value.get("baseline", {}))
    return Scope.model_validate(value)


def reading(sections: Mapping[str, str]) -> HostReading:
    """A reading with these texts, each of them complete."""
    stored = {name: StoredSection(text=text, exit_code=0) for name, text in sections.items()}
    return HostReading(device="audited", read_at=READ_AT, sections=stored)


def case(host: str) -> Case:
    """A recorded host, unchanged."""
    return Case(scope(), reading(texts(host)))


def judged(subject: Case, on: date = DAY) -> dict[str, Judgement]:
    """The judgements by control, no waiver considered."""
    return {each.control: each for each in judge([subject], HOST_CONTROLS, [], on)}


def edited(sections: Mapping[str, str], edits: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The texts with each edit made: in a text itself, or in a `file` within it.

    An edit that changes nothing is a mistake in the test's data.
    """
    changed = dict(sections)
    for edit in edits:
        text = changed[edit["area"]]
        if "file" in edit:
            new = _with_file(text, edit["file"], edit["find"], edit["put"])
        else:
            new = text.replace(edit["find"], edit["put"])
        assert new != text, f"{edit} changes nothing"
        changed[edit["area"]] = new
    return changed


def _with_file(text: str, path: str, find: str, put: str) -> str:
    lines = []
    for line in text.split("\n"):
        if line.startswith("file\tfile ") and line.endswith(f". {path}"):
            (file,) = text_files([line.removeprefix("file\t")])
            content = file.content.replace(find, put) if find else file.content + put
            head, _, _ = line.rpartition(f". {path}")
            start = head.rpartition(" ")[0]
            encoded = base64.b64encode(content.encode()).decode()
            lines.append(f"{start} {encoded}. {path}")
        else:
            lines.append(line)
    return "\n".join(lines)
