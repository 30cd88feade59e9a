"""Every shipped alert says what to do by when; one that does not is refused in one line."""

from pathlib import Path

import pytest
import yaml

from monitors.alerts.definition import (
    FOLDER,
    DefinitionError,
    load_definition,
    load_definitions,
)

GOOD = yaml.safe_load((FOLDER / "ups-on-battery.yaml").read_text())


def write(folder: Path, **changes: object) -> Path:
    body = {**GOOD, **changes}
    path = folder / "ups-on-battery.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in body.items() if v is not None}))
    return path


def test_the_required_alerts_are_there() -> None:
    required = {
        "ups-on-battery",
        "pdu-feed-lost",
        "power-supply-failed",
        "switch-down",
        "host-drifted",
    }
    assert required <= load_definitions().keys()


def test_definitions_come_by_priority() -> None:
    priorities = [definition.priority for definition in load_definitions().values()]
    assert priorities == sorted(priorities)


@pytest.mark.parametrize("key", ["action", "consequence", "respond_within_s", "runbook", "when"])
def test_an_alert_without_its_answer_does_not_load(key: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=rf"{key}: Field required") as raised:
        load_definition(write(tmp_path, **{key: None}))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": 2}, "format"),
        ({"id": "other"}, "a file is named as its alert"),
        ({"priority": "P0"}, "priority"),
        ({"action": "short"}, "action"),
        ({"summary": "{who} is unwell and unknown"}, "summary: 'who' is unknown"),
        ({"summary": "{0} is unwell, positionally"}, "summary"),
        ({"when": []}, "when"),
        ({"when": [{"kinds": ["ups"]}]}, "when"),
        ({"when": [{"reading": "voltage"}]}, "when"),
        ({"when": [{"components": ["fan"]}]}, "when"),
        ({"when": [{"element": "soul"}]}, "when"),
        ({"runbook": "../../etc/passwd"}, "runbook"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_mistakes_are_named(changes: dict[str, object], complaint: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=complaint) as raised:
        load_definition(write(tmp_path, **changes))
    assert "\n" not in str(raised.value)
    assert str(tmp_path) in str(raised.value)


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: [")
    with pytest.raises(DefinitionError, match="not YAML"):
        load_definition(path)
