"""Waiting for a condition with a deadline, which tests do instead of sleeping for a result."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

FIRST_PAUSE_S = 0.005
LONGEST_PAUSE_S = 0.25


class NeverHappenedError(AssertionError):
    """The condition did not hold by the deadline; the message says which and what was last seen."""


def until(condition: Callable[[], T], timeout_s: float, what: str) -> T:
    """The first truthy value of `condition`, asked again and again for at most `timeout_s`.

    `what` completes the sentence "waited 5 s for ...". What the condition raises ends the wait:
    a condition that may fail for a while has to say so by returning something falsy.
    """
    deadline = time.monotonic() + timeout_s
    pause_s = FIRST_PAUSE_S
    while not (value := condition()):
        if (left_s := deadline - time.monotonic()) <= 0:
            raise NeverHappenedError(_complaint(timeout_s, what, value))
        time.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    return value


@overload
async def until_async(condition: Callable[[], Awaitable[T]], timeout_s: float, what: str) -> T: ...


@overload
async def until_async(condition: Callable[[], T], timeout_s: float, what: str) -> T: ...


async def until_async(condition: Callable[[], T | Awaitable[T]], timeout_s: float, what: str) -> T:
    """As `until`, for a running event loop; `condition` may be a coroutine function.

    A coroutine that hangs is cancelled at the deadline.
    """
    deadline = time.monotonic() + timeout_s
    pause_s = FIRST_PAUSE_S
    while not (value := await _ask(condition, deadline, timeout_s, what)):
        if (left_s := deadline - time.monotonic()) <= 0:
            raise NeverHappenedError(_complaint(timeout_s, what, value))
        await asyncio.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    return value


async def _ask(
    condition: Callable[[], T | Awaitable[T]], deadline: float, timeout_s: float, what: str
) -> T:
    answer = condition()
    if not inspect.isawaitable(answer):
        return answer
    alarm = asyncio.timeout(max(deadline - time.monotonic(), FIRST_PAUSE_S))
    try:
        async with alarm:
            return await answer
    except TimeoutError as error:
        if not alarm.expired():
            raise
        raise NeverHappenedError(_complaint(timeout_s, what, "no answer")) from error


def _complaint(timeout_s: float, what: str, last: object) -> str:
    return f"waited {timeout_s:g} s for {what}; last seen: {last!r}"
