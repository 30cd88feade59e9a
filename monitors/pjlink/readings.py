"""What a display's answers mean, as readings. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from monitors.pjlink.target import PjlinkTarget
from monitors.printable import printable
from monitors.reading import UNITS, Reading, SensorClass, State

PROFILE = "pjlink"
MOST_LAMPS = 8
_SECONDS_PER_HOUR = 3600
_POWER = {"0": "standby", "1": "on", "2": "cooling", "3": "warming up"}
_INPUTS = {
    "1": "RGB",
    "2": "video",
    "3": "digital",
    "4": "storage",
    "5": "network",
    "6": "internal",
}
_PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")
"""In the order of the digits of ERST (class 1 specification, section 4.5)."""
_PART_STATES = {
    "0": (State.OK, "ok"),
    "1": (State.WARNING, "warning"),
    "2": (State.CRITICAL, "error"),
}
PICTURE = "picture:1"
_MUTES = {
    "10": "nothing muted",
    "11": "picture muted",
    "20": "nothing muted",
    "21": "sound muted",
    "30": "nothing muted",
    "31": "picture and sound muted",
}
"""What AVMT answers (class 1 specification, section 4.3), and what some displays answer."""
_PICTURE_MUTED = frozenset({"11", "31"})
_BAD_SIGNALS = {"-": "no signal", "*": "a signal that it cannot show"}
_RESOLUTION = re.compile(r"\d{2,5}x\d{2,5}")
_INPUT = re.compile(r"[1-6][1-9A-Z]")
_LAMPS = re.compile(r"\d{1,5} [01](?: \d{1,5} [01])*")


class NonsenseError(ValueError):
    """A value that the command cannot have."""


def read_power(value: str, target: PjlinkTarget) -> list[Reading]:
    """POWR. On and warming up are ok; for the rest see `PjlinkTarget.expected_on`."""
    if value not in _POWER:
        raise NonsenseError(value)
    state = _power_state(value, target)
    return [_state("Power", int(value), state, command="POWR", text=_POWER[value])]


def read_input(value: str, target: PjlinkTarget) -> list[Reading]:
    """INPT: the kind of input, and its number or letter."""
    value = value.upper()
    if not _INPUT.fullmatch(value):
        raise NonsenseError(value)
    wrong = target.expected_input and value != target.expected_input.upper()
    state = State.WARNING if wrong else State.OK
    text = f"{_INPUTS[value[0]]} {value[1]}"
    return [_state("Input", int(value, 36), state, command="INPT", text=text)]


def read_errors(value: str, _: PjlinkTarget) -> list[Reading]:
    """ERST: one digit for each part."""
    if len(value) != len(_PARTS) or not set(value) <= set(_PART_STATES):
        raise NonsenseError(value)
    return [_part(part, digit) for part, digit in zip(_PARTS, value, strict=True)]


def read_lamps(value: str, _: PjlinkTarget) -> list[Reading]:
    """LAMP: hours of use and whether it is lit, for each lamp."""
    if not _LAMPS.fullmatch(value):
        raise NonsenseError(value)
    words = value.split(" ")[: 2 * MOST_LAMPS]
    readings = []
    for number, (hours, lit) in enumerate(zip(words[::2], words[1::2], strict=True), 1):
        component = f"lamp:{number}"
        text = "on" if lit == "1" else "off"
        readings += [
            _hours(f"Lamp {number} use", hours, component, "LAMP"),
            _state(
                f"Lamp {number}",
                int(lit),
                State.OK,
                component=component,
                command="LAMP",
                text=text,
            ),
        ]
    return readings


def read_filter(value: str, _: PjlinkTarget) -> list[Reading]:
    """FILT (class 2): hours of use of the filter."""
    if not (value.isascii() and value.isdigit() and len(value) <= 5):
        raise NonsenseError(value)
    return [_hours("Filter use", value, "filter:1", "FILT")]


def read_mute(value: str, _: PjlinkTarget) -> list[Reading]:
    """AVMT: whether somebody has blanked the picture. Sound is no matter on a wall."""
    if value not in _MUTES:
        raise NonsenseError(value)
    state = State.WARNING if value in _PICTURE_MUTED else State.OK
    return [
        _state("Mute", int(value), state, component=PICTURE, command="AVMT", text=_MUTES[value])
    ]


def read_freeze(value: str, _: PjlinkTarget) -> list[Reading]:
    """FREZ (class 2): a picture that is held still is not what happens now."""
    if value not in ("0", "1"):
        raise NonsenseError(value)
    state, text = (State.CRITICAL, "frozen") if value == "1" else (State.OK, "live")
    return [_state("Picture", int(value), state, component=PICTURE, command="FREZ", text=text)]


def read_signal(value: str, target: PjlinkTarget) -> list[Reading]:
    """IRES (class 2): the resolution of the input's signal; `-` none, `*` one it cannot show.

    A warning only: what feeds the display fails by itself, and is the one to be alerted of.
    """
    if value in _BAD_SIGNALS:
        # A display that may be off may as well be without a source.
        state = State.OK if target.expected_on is False else State.WARNING
        number, text = 0, _BAD_SIGNALS[value]
    else:
        state, number, text = State.OK, _lines(value), value
    return [_state("Signal", number, state, component="input:1", command="IRES", text=text)]


def read_recommended(value: str, _: PjlinkTarget) -> list[Reading]:
    """RRES (class 2): the resolution that the display would like best."""
    return [_state("Recommended resolution", _lines(value), State.OK, command="RRES", text=value)]


def with_terminal(readings: list[Reading], name: str) -> list[Reading]:
    """The input with the name of its terminal (INNM, class 2) beside it."""
    return [replace(reading, text=f"{reading.text} ({name})") for reading in readings]


def not_now(readings: Iterable[Reading]) -> list[Reading]:
    """What a display in standby does not tell: known, and not to be missed."""
    states = (reading for reading in readings if reading.sensor_class is SensorClass.STATE)
    return [replace(reading, state=State.OK, text="not available now") for reading in states]


def _lines(value: str) -> int:
    """How many lines a resolution has."""
    if not _RESOLUTION.fullmatch(value):
        raise NonsenseError(value)
    return int(value.partition("x")[2])


READERS: dict[str, Callable[[str, PjlinkTarget], list[Reading]]] = {
    "POWR": read_power,
    "ERST": read_errors,
    "INPT": read_input,
    "LAMP": read_lamps,
    "FILT": read_filter,
    "AVMT": read_mute,
    "FREZ": read_freeze,
    "IRES": read_signal,
    "RRES": read_recommended,
}
"""By command, in the order of asking. Each raises NonsenseError."""


def identity_text(value: str) -> str:
    """A name, maker or serial number as it may be shown."""
    return printable(value)


def _power_state(value: str, target: PjlinkTarget) -> State:
    if value in "13" or target.expected_on is False:
        return State.OK
    return State.UNKNOWN if target.expected_on is None else State.CRITICAL


def _part(part: str, digit: str) -> Reading:
    state, text = _PART_STATES[digit]
    component = "" if part == "other" else f"{part}:1"
    name = f"{part.capitalize()} error"
    return _state(name, int(digit), state, component=component, command="ERST", text=text)


def _hours(name: str, hours: str, component: str, command: str) -> Reading:
    return Reading(
        sensor_class=SensorClass.RUNTIME,
        name=name,
        value=float(int(hours) * _SECONDS_PER_HOUR),
        unit=UNITS[SensorClass.RUNTIME],
        state=State.OK,
        component=component,
        oid=f"pjlink:{command}",
        profile=PROFILE,
    )


def _state(
    name: str, value: int, state: State, *, component: str = "", command: str, text: str
) -> Reading:
    return Reading(
        sensor_class=SensorClass.STATE,
        name=name,
        value=float(value),
        unit=UNITS[SensorClass.STATE],
        state=state,
        component=component,
        oid=f"pjlink:{command}",
        profile=PROFILE,
        text=text,
    )
