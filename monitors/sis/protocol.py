"""SIS questions and the answers that are expected of each. Pure.

From Extron's public user guides: `Quantum Ultra Series` (command and response table, information
requests, video signal presence, power save, window presets) and, for `S`, `XTP CrossPoint Series`
(request system status).
"""

import re
from dataclasses import dataclass

PORT = 22023
"""Extron's port for SIS over SSH: ShareLink Pro 2500 user guide, `Host Device Connection`."""
LONGEST_LINE = 4096
CANVASES = range(1, 11)
WINDOWS = range(1, 17)
"""Windows that are looked for on each canvas; the guide allows 999, and walls show a few."""
ERROR_WORDS = {
    1: "no such input",
    10: "unknown command",
    11: "no such preset",
    12: "no such window or output",
    13: "invalid parameter",
    14: "not valid in this configuration",
    17: "not valid for this signal, or timed out",
    22: "busy",
    24: "not allowed to this user",
    26: "too many connections",
}
BUSY, FORBIDDEN, CROWDED = 22, 24, 26
ABSENT = frozenset({1, 10, 11, 12, 13, 14, 17})
"""Errors by which a device says that it has no such thing."""
_ERROR = re.compile(r"E(\d\d)")


@dataclass(frozen=True, slots=True)
class Question:
    """One command that only reads."""

    name: str
    """For messages and as the readings' origin."""
    sent: bytes
    answer: re.Pattern[str]
    """The whole answer, tagged (verbose modes 2 and 3) or not."""

    @property
    def echo(self) -> str:
        """How it stands before its answer where a terminal echoes it."""
        return self.sent.decode().strip("\x1b\r")


class SisError(ValueError):
    """The device answers with one of its error codes."""

    def __init__(self, code: int) -> None:
        super().__init__(f"E{code:02} ({ERROR_WORDS.get(code, 'unknown error')})")
        self.code = code


class MuteError(Exception):
    """A question has met with silence, as one that the device does not know may."""


def answer_in(line: str, question: Question) -> re.Match[str] | None:
    """The answer; None for a line that is none: a banner, an echo, news of a change.

    Raises SisError for an error code.
    """
    for said in (line, line.removeprefix(question.echo)):
        error = _ERROR.fullmatch(said)
        if error is not None:
            raise SisError(int(error[1]))
        answer = question.answer.fullmatch(said)
        if answer is not None:
            return answer
    return None


def _ask(name: str, sent: str, answer: str) -> Question:
    return Question(name, sent.encode(), re.compile(answer))


PART_NUMBER = _ask("N", "N", r"(?:Pno)?(60-\d{4}-\d{2}[A-Z]?)")
FIRMWARE = _ask("Q", "Q", r"(?:Ver\d\d\*)?(\d{1,2}\.\d{2})")
MODEL = _ask("1I", "1I", r"(?:Inf01\*)?([A-Za-z][A-Za-z0-9 ]{1,40})")
TEMPERATURES = {
    "Inside": _ask("20STAT", "\x1b20STAT\r", r"(?:20Stat )?([+-]?\d{1,3})"),
    "Controller": _ask("21STAT", "\x1b21STAT\r", r"(?:21Stat )?([+-]?\d{1,3})"),
    "Hottest card": _ask("22STAT", "\x1b22STAT\r", r"(?:22Stat )?([+-]?\d{1,3})"),
}
"""In degrees Celsius."""
SIGNALS = _ask("0LS", "\x1b0LS\r", r"(?:In00 )?([01](?:[ *]?[01]){0,998})")
POWER_SAVE = _ask("PSAV", "\x1bPSAV\r", r"(?:Psav)?([01])")
SYSTEM = _ask(
    "S",
    "S",
    r"((?:[+-]?\d{1,2}\.\d\d ){3,5}[+-]?\d{1,3}\.\d\d(?: \d{5}){1,7}(?: [01](?: ?[01]){0,7}))",
)
"""Voltages, one temperature (Fahrenheit), fans, and which supplies are installed."""


def last_preset(canvas: int) -> Question:
    """The window preset that was recalled last; 000 for none."""
    tag = rf"(?:PrstL1\*0?{canvas}\*)?"
    return _ask("PRST", f"\x1bL1*{canvas}PRST\r", rf"{tag}(\d{{1,3}})")


def window(canvas: int, number: int) -> Question:
    """What one window shows: its input, source format, mute, resolution and vertical rate."""
    head = rf"Grp0*{canvas} Win0*{number} "
    rest = r"In(\d{1,4}) Typ(\d{1,2}) Blk([01]) Res(\S{1,20}) Vrt(\d{1,3}\.\d)"
    return _ask("I", f"{canvas}*{number}*I", head + rest)
