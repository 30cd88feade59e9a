"""What SIS answers mean, as readings. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitors.reading import UNITS, Reading, SensorClass, State

PROFILE = "sis"
LONGEST_TEXT = 200
FORMATS = {0: "no signal", 1: "HDMI", 4: "H.264", 5: "VNC", 6: "clock", 7: "picture"}
"""X$ of the Quantum Ultra guide."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one window of a canvas shows."""

    number: int
    input: int
    """0: a window without a source."""
    format: int
    muted: bool

    @classmethod
    def of(cls, number: int, answer: re.Match[str]) -> "Window":
        """From the answer to `protocol.window`."""
        return cls(number, int(answer[1]), int(answer[2]), answer[3] == "1")

    @property
    def wrong(self) -> str:
        """What is wrong with it; empty when it shows its source, or has none."""
        if self.input and self.format == 0:
            return f"window {self.number}: input {self.input} has no signal"
        return f"window {self.number} is muted" if self.input and self.muted else ""

    @property
    def is_dark(self) -> bool:
        """Whether it should show something and has no signal."""
        return bool(self.input) and self.format == 0


def read_temperature(name: str, answer: re.Match[str], origin: str) -> list[Reading]:
    """`20STAT` and its neighbours, in degrees Celsius. The guide names no limits."""
    part = _Part("temperature:" + name.lower().replace(" ", "-"), origin)
    return [part.measured(SensorClass.TEMPERATURE, name, float(answer[1]))]


def read_signals(answer: re.Match[str]) -> list[Reading]:
    """`0LS`: which inputs have a signal. One without is no failure: nobody may want it.

    An input that a window wants and that has no signal shows in its canvas.
    """
    digits = enumerate(re.sub(r"\D", "", answer[1]), 1)
    return [
        _Part(f"input:{number}", "0LS").stated(
            f"Input {number}", int(digit), State.OK, "signal" if digit == "1" else "no signal"
        )
        for number, digit in digits
    ]


def read_power_save(answer: re.Match[str]) -> list[Reading]:
    """`PSAV`: in power save no output is driven."""
    saving = answer[1] == "1"
    state = State.CRITICAL if saving else State.OK
    text = "power save" if saving else "driven"
    return [_Part("output:all", "PSAV").stated("Outputs", int(saving), state, text)]


def read_canvas(canvas: int, preset: int, windows: Sequence[Window]) -> list[Reading]:
    """A canvas with its last preset and its windows, of which each preset has others."""
    dark = [each for each in windows if each.is_dark]
    wrong = [each.wrong for each in (*dark, *windows) if each.wrong]
    state = State.CRITICAL if dark else State.WARNING if wrong else State.OK
    shown = "; ".join(dict.fromkeys(wrong)) if wrong else f"{len(windows)} windows"
    part, recalled = (_Part(f"window:canvas-{canvas}", word) for word in ("I", "PRST"))
    name = f"Canvas {canvas}"
    return [
        part.stated(name, len(dark), state, shown[:LONGEST_TEXT]),
        recalled.stated(f"{name} preset", preset, State.OK, f"preset {preset}"),
        part.measured(SensorClass.COUNT, f"{name} windows", len(windows)),
        part.measured(SensorClass.COUNT, f"{name} windows without signal", len(dark)),
    ]


def read_system(answer: re.Match[str]) -> list[Reading]:
    """`S`: voltages, temperature, fans, and whether each supply is installed."""
    words = answer[1].split(" ")
    *voltages, fahrenheit = [float(word) for word in words if "." in word]
    fans = [int(word) for word in words if len(word) == 5 and word.isdigit()]
    digits = "".join(words[len(voltages) + 1 + len(fans) :])
    frame, rails = _Part("temperature:frame", "S"), _Part("", "S")
    return [
        frame.measured(SensorClass.TEMPERATURE, "Frame", (fahrenheit - 32) / 1.8),
        *(rails.measured(SensorClass.VOLTAGE, f"Rail {n}", v) for n, v in enumerate(voltages, 1)),
        *(_fan(number, rpm) for number, rpm in enumerate(fans, 1)),
        *(_supply(number, digit) for number, digit in enumerate(digits, 1)),
    ]


def _fan(number: int, rpm: int) -> Reading:
    state = State.OK if rpm else State.CRITICAL
    return _Part(f"fan:{number}", "S").measured(SensorClass.FANSPEED, f"Fan {number}", rpm, state)


def _supply(number: int, digit: str) -> Reading:
    there = digit == "1"
    state, text = (State.OK, "installed") if there else (State.ABSENT, "not installed")
    part = _Part(f"power_supply:{number}", "S")
    return part.stated(f"Power supply {number}", int(there), state, text)


@dataclass(frozen=True, slots=True)
class _Part:
    """A component, and the question that tells of it."""

    component: str
    origin: str

    def stated(self, name: str, value: int, state: State, text: str) -> Reading:
        return self._reading(SensorClass.STATE, name, value, state, text)

    def measured(
        self, sensor_class: SensorClass, name: str, value: float, state: State = State.OK
    ) -> Reading:
        return self._reading(sensor_class, name, value, state, "")

    def _reading(
        self, sensor_class: SensorClass, name: str, value: float, state: State, text: str
    ) -> Reading:
        return Reading(
            sensor_class=sensor_class,
            name=name,
            value=float(value),
            unit=UNITS[sensor_class],
            state=state,
            component=self.component,
            oid=f"sis:{self.origin}",
            profile=PROFILE,
            text=text,
        )
