"""What is wrong with a runbook is said with its line and what would be right."""

import pytest

from monitors.runbooks.parse import RunbookError, parse

GOOD = """---
alert: fan-failed
title: Fan failed
applies_to: [server]
priority: P3
respond_within: 4 h
needs: [device]
owner: it
escalate_to: it-lead
reviewed: 2026-01-02
---

## Meaning

The fan of {{ device }}.

## Impact

Heat.

## Confirm

```step
check: device_state
expect: critical
```

## Mitigate

Text before.

```step
do: poll
verify: {check: device_state, expect: ok, within: 5 min}
irreversible: it only reads
```

Text after.

## Escalate

Call.
"""


def test_sections_prose_and_steps_come_in_the_file_s_order() -> None:
    runbook = parse("a/fan-failed.md", GOOD.encode())
    mitigate = dict(runbook.sections)["Mitigate"]
    assert [(bool(b.prose), b.step is not None) for b in mitigate] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert GOOD.splitlines()[mitigate[1].line - 1] == "```step"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("---\nalert", "alert", 1, "front matter"),
        ("priority: P3", "priority: P7", 1, "priority"),
        ("priority: P3", "priorty: P3", 1, "priority"),
        ("## Impact", "## Consequence", 17, "Meaning, Impact, Confirm, Mitigate, Escalate"),
        ("## Impact\n\nHeat.\n\n", "", 17, "in this order"),
        ("check: device_state\nexpect", "chek: device_state\nexpect", 23, "check, do and hands"),
        ("expect: critical", "expect: critical: yes", 25, "is not YAML"),
        ("irreversible: it only reads", "", 32, "undo or irreversible"),
        ("within: 5 min", "within: soon", 32, "within"),
    ],
)
def test_a_mistake_names_its_line(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(RunbookError, match=says) as error:
        parse("a/fan-failed.md", GOOD.replace(old, new, 1).encode())
    assert str(error.value).startswith(f"a/fan-failed.md:{line}: ")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(RunbookError, match="UTF-8"):
        parse("a/x.md", b"---\n\xff\n---\n")


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(RunbookError, match="longer than"):
        parse("a/x.md", b"x" * 300_000)
