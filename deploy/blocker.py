"""What stops a rollout from outside: the gate before and after each wave, and its blockers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from deploy.waves import Wave

Moment = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason why no further change may be made now."""

    subject: str
    """The device, group or function."""
    message: str
    """What is wrong with it and what to do next, one line."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


Gate = Callable[[int, Wave, Moment], tuple[Blocker, ...]]
"""Asked with the wave's number (from 1) before and after each; any blocker ends the rollout."""


def open_gate(_number: int, _wave: Wave, _moment: Moment) -> tuple[Blocker, ...]:
    """The gate that lets everything pass."""
    return ()
