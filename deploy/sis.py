"""What is said to an Extron-style wall processor: presets recalled, and asked for. Pure.

SIS, the Simple Instruction Set, over SSH; from the public `Quantum Ultra` user guide, command and
response tables, window presets. Simulated, not proved on a device.
"""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

SIS_PORT = 22023
_ESCAPE = "\x1b"


class Ask(BaseModel):
    """One command and what its answer looks like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    sent: str
    answer: str
    """A pattern; a group in it is what the answer tells."""


class Talk(BaseModel):
    """What a visit to such a processor is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host_key: Annotated[str, StringConstraints(pattern=r"^(SHA256:[A-Za-z0-9+/]{43})?$")]
    """The fingerprint that its SSH host key has to have."""
    asks: tuple[Ask, ...]


def recall(canvas: int, preset: int) -> Ask:
    """`1*CANVAS*PRESET.` puts a window preset on a canvas."""
    return Ask(
        title=f"recall preset {preset}",
        sent=f"1*{canvas}*{preset}.",
        answer=rf"1Rpr0*{canvas}\*0*({preset})",
    )


def recalled(canvas: int) -> Ask:
    """`ESC L1*CANVAS PRST` tells the preset that was recalled last."""
    return Ask(
        title="ask for the preset",
        sent=f"{_ESCAPE}L1*{canvas}PRST\r",
        answer=rf"(?:PrstL1\*0*{canvas}\*)?0*(\d{{1,3}})",
    )


def refusal(line: str) -> str:
    """What an error code means; empty for a line that is none."""
    match = re.fullmatch(r"E(\d\d)", line)
    if match is None:
        return ""
    words = {
        "10": "it does not know the command",
        "11": "there is no such preset",
        "12": "there is no such window",
        "13": "there is no such canvas",
        "22": "it is busy; try again",
        "24": "its user may not do that",
    }
    return words.get(match[1], f"it answers {line}")
