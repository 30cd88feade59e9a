"""What programs and `grep` get from a pipe: one row of a table is one line, without padding."""

import pytest

from watchfloor.cli.output import print_table

LONG = "a sentence about a device that no terminal of eighty columns could hold " * 2


def test_a_row_in_a_pipe_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("device", "what"), [("ups-a", LONG), ("ups-b", "short")])
    heading, first, second = capsys.readouterr().out.splitlines()
    assert heading == "device  what"
    assert first == f"ups-a   {LONG.strip()}"
    assert second == "ups-b   short"


def test_columns_are_kept_to_where_somebody_says_how_many(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_table(("device", "what"), [("ups-a", LONG)])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


def test_what_is_copied_into_the_next_command_is_never_folded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_table(("run", "kind", "why"), [("20261123t040205z-efe3", "bootstrap", LONG)])
    assert capsys.readouterr().out.splitlines()[1].startswith("20261123t040205z-efe3  ")
