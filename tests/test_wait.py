"""The poll helper waits no longer than it must, and says what it waited for."""

import asyncio
from pathlib import Path

import pytest

from tests.process import child
from tests.wait import NeverHappenedError, until, until_async


def test_until_returns_the_first_truthy_value() -> None:
    answers = iter([0, 0, 7, 8])
    assert until(lambda: next(answers), 5, "a number") == 7


def test_until_names_what_never_came() -> None:
    with pytest.raises(NeverHappenedError, match=r"waited 0.01 s for rain; last seen: 0"):
        until(lambda: 0, 0.01, "rain")


def test_until_does_not_hide_what_the_condition_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        until(lambda: 1 // 0, 5, "arithmetic")


async def test_until_async_takes_coroutines_and_plain_functions() -> None:
    seen: list[int] = []

    async def condition() -> bool:
        seen.append(1)
        return len(seen) > 2

    assert await until_async(condition, 5, "three calls")
    assert await until_async(lambda: len(seen), 5, "a count") == 3


async def test_until_async_ends_a_hanging_condition() -> None:
    with pytest.raises(NeverHappenedError, match="no answer"):
        await until_async(asyncio.Event().wait, 0.02, "an event nobody sets")


def test_a_child_is_ended_with_its_descendants() -> None:
    script = "sleep 600 & echo pid=$!.; trap '' TERM; wait; wait"
    with child(["sh", "-c", script]) as shell:
        printed = shell.wait_for_output(".\n")
        sleeper = int(printed.split("pid=")[1].split(".")[0])
        shell.end(patience_s=0.05)
        until(lambda: not _runs(sleeper), 5, "the descendant to be gone")
    assert not shell.log.exists()


def test_a_child_that_ends_early_fails_the_wait_with_its_output() -> None:
    with (
        child(["sh", "-c", "echo no luck; exit 3"]) as shell,
        pytest.raises(NeverHappenedError, match=r"(?s)ended with 3.*no luck"),
    ):
        shell.wait_for_output("ready", 60)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
