"""`watchfloor wall` without a wall at hand: what is listed, and what is refused before a login."""

import json

import pytest
from click.testing import CliRunner

from inventory.assets import example_center
from inventory.errors import WatchfloorError
from watchfloor.cli.wall import wall

CENTER = ["--center", str(example_center())]


def test_walls_and_their_layouts_are_listed() -> None:
    result = CliRunner().invoke(wall, ["list", *CENTER])
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert lines[0] == ["wall", "layout", "tiles", "title"]
    assert lines[1][:4] == ["main", "overview", "5", "start"]
    assert [line[1] for line in lines[1:]] == ["overview", "incident", "recorders", "quiet"]


def test_the_list_is_there_for_programs() -> None:
    result = CliRunner().invoke(wall, ["list", *CENTER, "--json"])
    (main,) = json.loads(result.output)["walls"]
    assert (main["wall"], main["columns"], main["rows"]) == ("main", 4, 2)
    assert main["processors"] == ["wp-1", "wp-2"]
    assert main["layouts"]["quiet"]["tiles"] == ["welcome"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "overvew"], 'no layout "overvew": did you mean "overview"?'),
        (["show", "overview", "--wall", "mian"], 'no wall is called "mian": did you mean "main"?'),
        (["status", "--wall", "side"], 'no wall is called "side"'),
    ],
)
def test_what_there_is_none_of_is_refused(words: list[str], message: str) -> None:
    result = CliRunner().invoke(wall, [*words, *CENTER])
    assert isinstance(result.exception, WatchfloorError)
    assert message in str(result.exception)
