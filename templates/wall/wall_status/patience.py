"""Asking what may hang: an answer in time, or the word for there being none."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

LOOK_TIMEOUT_S = 1.0
"""How long sway, or any one tile, may take to answer."""

T = TypeVar("T")


class HungError(Exception):
    """Something is there and gives no usable answer in time."""


class GoneError(Exception):
    """Nobody is there to ask."""


async def in_time(asked: Awaitable[T]) -> T:
    """The answer. Raises GoneError as what was asked does, and HungError for everything else."""
    try:
        return await asyncio.wait_for(asked, LOOK_TIMEOUT_S)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise HungError(str(error)) from error
    except asyncio.TimeoutError as error:  # noqa: UP041 - another class before Python 3.11
        raise HungError("no answer in time") from error
    except (OSError, ValueError, RecursionError) as error:
        raise HungError(str(error)) from error
