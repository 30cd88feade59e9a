"""The front door: every command's manners, and what people see when something is not foreseen."""

from collections.abc import Iterator

import click
import pytest

from inventory.errors import WatchfloorError
from watchfloor.cli import root


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command which is no group."""
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from leaves(below, (*path, name))


def command_at(path: tuple[str, ...]) -> click.Command:
    found: click.Command = root.root
    for name in path:
        assert isinstance(found, click.Group)
        below = found.get_command(click.Context(found), name)
        assert below is not None
        found = below
    return found


@pytest.mark.parametrize("path", [*leaves(root.root)], ids=" ".join)
def test_every_command_has_json_and_says_what_it_is_for(path: tuple[str, ...]) -> None:
    command = command_at(path)
    assert "--json" in {flag for each in command.params for flag in each.opts}
    assert command.help
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help] == []


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes `watchfloor check` raise."""

    @click.command()
    @click.argument("words", nargs=-1)
    def check(words: tuple[str, ...]) -> None:
        raise error

    monkeypatch.setattr("watchfloor.cli.check.check", check)


def exit_of(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        root.main(words)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (WatchfloorError("a: b; do c"), 1, "watchfloor: a: b; do c"),
        (click.Abort(), 130, "watchfloor: interrupted"),
        (KeyboardInterrupt(), 130, "watchfloor: interrupted"),
        (
            PermissionError(13, "Permission denied", "/var/x"),
            1,
            "watchfloor: /var/x: Permission denied; `watchfloor --debug …` shows where",
        ),
        (
            ValueError("s3cr3t"),
            1,
            "watchfloor: a mistake of its own (ValueError); `watchfloor --debug …` shows where",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_whatever_fails_is_one_line_without_a_traceback(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fail_with(error, monkeypatch)
    assert exit_of("check") == code
    assert capsys.readouterr().err.strip().splitlines() == [line]


@pytest.mark.parametrize("error", [WatchfloorError("a"), ValueError("b"), OSError(5, "c")])
def test_debug_shows_the_traceback(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(error, monkeypatch)
    with pytest.raises(type(error)):
        root.main(("--debug", "check"))


def test_a_word_of_the_command_s_own_is_no_wish_for_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_with(ValueError("b"), monkeypatch)
    assert exit_of("check", "--", "--debug") == 1


def test_wrong_usage_has_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_of("chekc") == 2
    assert "No such command 'chekc'" in capsys.readouterr().err
