"""`watchfloor init`: what it starts passes `check`, and nothing is overwritten."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from inventory.document import parse, plain
from inventory.errors import WatchfloorError
from inventory.loader import load
from inventory.problems import Problems
from inventory.public_keys import PublicKeyError, public_keys
from tests.inventory.json_schema import errors
from watchfloor.cli.check import check, single_points
from watchfloor.cli.init import init


def test_a_new_center_passes_check(tmp_path: Path) -> None:
    folder = tmp_path / "acme-north"
    result = CliRunner().invoke(init, [str(folder), "--timezone", "Europe/Berlin"])
    assert result.exit_code == 0, result.output
    assert "Started Acme North" in result.output
    center = load(folder)
    assert (center.name, center.timezone) == ("acme-north", "Europe/Berlin")
    assert CliRunner().invoke(check, [str(folder)]).exit_code == 0
    found = {point.function: point.single_points for point in single_points(center)}
    assert found["monitoring"] == ("mon-1", "utility")


def test_it_names_a_schema_that_its_files_follow(tmp_path: Path) -> None:
    CliRunner().invoke(init, [str(tmp_path / "x")])
    schema = json.loads((tmp_path / "x" / "schema.json").read_text())
    for path in (tmp_path / "x").glob("*.yaml"):
        text = path.read_text()
        assert text.startswith("# yaml-language-server: $schema=schema.json\n")
        node = parse(text, path.name, Problems())
        assert node is not None
        assert errors(schema, plain(node), schema) == []


@pytest.mark.parametrize("title", ['A "x": {y} & <z>', "# no", "yes", "{{ 7 * 7 }}", "ü\ttab"])
def test_a_title_is_text_whatever_it_holds(tmp_path: Path, title: str) -> None:
    result = CliRunner().invoke(init, [str(tmp_path / "x"), "--title", title, "--name", "12"])
    assert result.exit_code == 0, result.output
    assert (load(tmp_path / "x").title, load(tmp_path / "x").name) == (title, "12")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "Acme North"], "is no name"),
        (["--timezone", "Europe/Berln"], "no IANA time zone"),
        (["--timezone", "../etc"], "no IANA time zone"),
    ],
)
def test_nonsense_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    error = CliRunner().invoke(init, [str(tmp_path / "x"), *arguments]).exception
    assert isinstance(error, WatchfloorError)
    assert message in str(error)
    assert not (tmp_path / "x").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "center.yaml").write_text("mine")
    error = CliRunner().invoke(init, [str(tmp_path), "--name", "x"]).exception
    assert isinstance(error, WatchfloorError)
    assert "is not empty" in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["center.yaml"]
    assert (tmp_path / "center.yaml").read_text() == "mine"


def test_programs_learn_what_was_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(init, [str(tmp_path / "x"), "--json"])
    data = json.loads(result.output)
    assert sorted(data["files"]) == sorted(path.name for path in (tmp_path / "x").iterdir())


def test_its_accounts_say_which_keys_are_missing(tmp_path: Path) -> None:
    CliRunner().invoke(init, [str(tmp_path / "x")])
    account = load(tmp_path / "x").accounts["wf-deploy"]
    with pytest.raises(PublicKeyError, match=r"keys/wf-deploy\.pub cannot be read"):
        public_keys(account, tmp_path / "x", {})
