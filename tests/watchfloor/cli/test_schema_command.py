"""`watchfloor schema`: to stdout or to a file."""

import json
from pathlib import Path

from click.testing import CliRunner

from inventory.errors import WatchfloorError
from inventory.schema import document_schema
from watchfloor.cli.schema import schema


def test_it_prints_the_schema() -> None:
    result = CliRunner().invoke(schema, [])
    assert result.exit_code == 0
    assert json.loads(result.output) == document_schema()


def test_it_writes_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    result = CliRunner().invoke(schema, ["--output", str(path), "--json"])
    assert json.loads(result.output) == {"written": str(path)}
    assert json.loads(path.read_text()) == document_schema()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(schema, ["--output", str(tmp_path / "none" / "schema.json")])
    assert isinstance(result.exception, WatchfloorError)
    assert "none/schema.json: No such file" in str(result.exception)
