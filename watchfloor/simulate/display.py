"""What a PJLink display knows and how it answers each command: class 1 and 2, no sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from watchfloor.simulate.errors import FaultError

UNDEFINED, BAD_PARAMETER, UNAVAILABLE, FAILURE = "ERR1", "ERR2", "ERR3", "ERR4"
OK = "OK"
_HEADER_LETTERS = 6
_LONGEST_PARAMETER = 128


class Power(IntEnum):
    """What POWR ? answers."""

    STANDBY = 0
    ON = 1
    COOLING = 2
    WARM_UP = 3


class Part(StrEnum):
    """What ERST ? tells of, in its order."""

    FAN = "fan"
    LAMP = "lamp"
    TEMPERATURE = "temperature"
    COVER = "cover"
    FILTER = "filter"
    OTHER = "other"


@dataclass(slots=True)
class Lamp:
    """A light source."""

    hours: int = 4200
    lit: bool = True


@dataclass(slots=True)
class DisplayState:
    """All that can be asked or set. Changed at run time by tests and faults."""

    klass: int = 2
    power: Power = Power.ON
    inputs: tuple[str, ...] = ("31", "32", "33", "51")
    """Digital 1 to 3 and network 1, as INST ? lists them."""
    input: str = "31"
    muted: int = 30
    """AVMT ?: 30 is nothing muted, 31 picture and sound."""
    severity: dict[Part, int] = field(default_factory=lambda: dict.fromkeys(Part, 0))
    """0 well, 1 warning, 2 error."""
    lamps: list[Lamp] = field(default_factory=lambda: [Lamp()])
    name: str = "Display"
    manufacturer: str = "Example Displays"
    product: str = "VW-55"
    other: str = ""
    serial: str = "EXD000001"
    software: str = "1.04"
    resolution: str = "1920x1080"
    recommended_resolution: str = "1920x1080"
    filter_hours: int = 310
    frozen: bool = False
    fails: str = ""
    """ERR3 or ERR4 to answer every command with it, otherwise empty."""

    def set_severity(self, part: str, severity: int) -> None:
        """Sets one part to well (0), warning (1) or error (2)."""
        try:
            known = Part(part)
        except ValueError:
            raise FaultError(f"no part {part!r}: choose of {', '.join(Part)}") from None
        if severity not in (0, 1, 2):
            raise FaultError(f"severity {severity} is not 0 (well), 1 (warning) or 2 (error)")
        self.severity[known] = severity


class DisplayCommands:
    """Answers command lines from the state."""

    def __init__(self, state: DisplayState) -> None:
        self._state = state
        one: dict[str, Callable[[str], str]] = {
            "POWR": self._power,
            "INPT": self._input,
            "AVMT": self._mute,
            "ERST": self._asked(lambda: "".join(str(state.severity[part]) for part in Part)),
            "LAMP": self._asked(self._lamps),
            "INST": self._asked(lambda: " ".join(state.inputs)),
            "NAME": self._asked(lambda: state.name),
            "INF1": self._asked(lambda: state.manufacturer),
            "INF2": self._asked(lambda: state.product),
            "INFO": self._asked(lambda: state.other),
            "CLSS": self._asked(lambda: str(state.klass)),
        }
        two: dict[str, Callable[[str], str]] = {
            "SNUM": self._asked(lambda: state.serial),
            "SVER": self._asked(lambda: state.software),
            "INPT": self._input,
            "INST": one["INST"],
            "INNM": self._terminal,
            "IRES": self._asked(lambda: self._while_on(state.resolution)),
            "RRES": self._asked(lambda: state.recommended_resolution),
            "FILT": self._asked(lambda: str(state.filter_hours)),
            "RLMP": self._asked(lambda: "LMP-100"),
            "RFIL": self._asked(lambda: "FIL-100"),
            "FREZ": self._freeze,
        }
        self._table = {1: one, 2: two}

    def answer(self, line: str) -> str | None:
        """The line that answers `%1POWR ?`; None for what is no PJLink command."""
        head, parameter = line[:_HEADER_LETTERS], line[_HEADER_LETTERS + 1 :]
        if len(head) < _HEADER_LETTERS or head[0] != "%" or head[1] not in "12":
            return None
        # Lower case is allowed in commands, and answers repeat the command in upper case.
        head = head.upper()
        return f"{head}={self._value(head, line[_HEADER_LETTERS : _HEADER_LETTERS + 1], parameter)}"

    def _value(self, head: str, separator: str, parameter: str) -> str:
        klass = int(head[1])
        command = self._table[klass].get(head[2:])
        if command is None or klass > self._state.klass:
            return UNDEFINED
        if separator != " " or not 1 <= len(parameter) <= _LONGEST_PARAMETER:
            return BAD_PARAMETER
        return self._state.fails or command(parameter)

    @staticmethod
    def _asked(answer: Callable[[], str]) -> Callable[[str], str]:
        """A command that can only be asked."""
        return lambda parameter: answer() if parameter == "?" else BAD_PARAMETER

    def _terminal(self, parameter: str) -> str:
        source = parameter[1:].upper()
        if parameter[:1] != "?" or source not in self._state.inputs:
            return BAD_PARAMETER
        return f"HDMI {source[1]}" if source[0] == "3" else f"NET {source[1]}"

    def _power(self, parameter: str) -> str:
        if parameter == "?":
            return str(self._state.power.value)
        if parameter not in ("0", "1"):
            return BAD_PARAMETER
        if self._state.power in (Power.COOLING, Power.WARM_UP):
            return UNAVAILABLE
        self._state.power = Power(int(parameter))
        return OK

    def _input(self, parameter: str) -> str:
        if self._state.power is not Power.ON:
            return UNAVAILABLE
        if parameter == "?":
            return self._state.input
        if parameter not in self._state.inputs:
            return BAD_PARAMETER
        self._state.input = parameter
        return OK

    def _mute(self, parameter: str) -> str:
        if self._state.power is not Power.ON:
            return UNAVAILABLE
        if parameter == "?":
            return str(self._state.muted)
        if parameter not in ("10", "11", "20", "21", "30", "31"):
            return BAD_PARAMETER
        self._state.muted = int(parameter)
        return OK

    def _freeze(self, parameter: str) -> str:
        if self._state.power is not Power.ON:
            return UNAVAILABLE
        if parameter == "?":
            return str(int(self._state.frozen))
        if parameter not in ("0", "1"):
            return BAD_PARAMETER
        self._state.frozen = parameter == "1"
        return OK

    def _lamps(self) -> str:
        if not self._state.lamps:
            return UNDEFINED
        lit = self._state.power is Power.ON
        return " ".join(f"{lamp.hours} {int(lamp.lit and lit)}" for lamp in self._state.lamps)

    def _while_on(self, value: str) -> str:
        return value if self._state.power is Power.ON else UNAVAILABLE
