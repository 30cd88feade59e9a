"""What an Extron wall processor knows and how it answers SIS commands: no sockets.

Written from the public `Quantum Ultra Series` and `XTP CrossPoint Series` user guides (command and
response tables), and never compared with a device: simulated, not proved.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_ESCAPE = "\x1b"
_PLAIN = re.compile(
    r"(1\*\d{1,2}\*\d{1,3}\.|\d{1,4}\*\d{1,4}\*I|\d{0,2}I|\*?[QN]|S)", re.IGNORECASE
)
_LONGEST_COMMAND = 128


@dataclass(slots=True)
class Window:
    """One window of a canvas."""

    input: int
    format: int = 1
    """0 no signal, 1 HDMI, 4 H.264, 5 VNC, 6 clock, 7 picture."""
    muted: bool = False


@dataclass(slots=True)
class SisState:
    """All that can be asked. Changed at run time by tests and faults."""

    model: str = "Quantum Ultra 610"
    part_number: str = "60-1571-01"
    firmware: str = "1.04"
    temperatures: dict[int, int] = field(default_factory=lambda: {20: 38, 21: 52, 22: 44})
    """By the number of the STAT command, in degrees Celsius."""
    signals: list[bool] = field(default_factory=lambda: [True, True, True, False])
    power_save: bool = False
    presets: dict[int, int] = field(default_factory=lambda: {1: 5})
    """Canvas -> the window preset that was recalled last."""
    saved: set[int] = field(default_factory=lambda: set(range(1, 17)))
    """The window presets that there are."""
    windows: dict[tuple[int, int], Window] = field(
        default_factory=lambda: {(1, 1): Window(1), (1, 2): Window(2), (1, 4): Window(1001, 5)}
    )
    """By canvas and number."""
    verbose: int = 0
    """2 and 3 tag the answers."""
    system: str = ""
    """What `S` answers; empty where the product has no such command."""
    busy: bool = False


class SisCommands:
    """Splits what comes in into commands, and answers each from the state."""

    def __init__(self, state: SisState) -> None:
        self._state = state
        self._escaped: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
            (re.compile(r"(2\d)STAT"), self._temperature),
            (re.compile(r"0LS"), lambda _: self._tagged("In00 ", self._signals())),
            (re.compile(r"PSAV"), lambda _: self._tagged("Psav", str(int(state.power_save)))),
            (re.compile(r"L1\*(\d{1,2})PRST"), self._preset),
        )

    @property
    def greeting(self) -> str:
        """What a new session shows first."""
        state = self._state
        return (
            f"(c) Copyright 2021, Extron, {state.model}, V{state.firmware}, {state.part_number}"
            "\r\nTue, 17 Aug 2021 13:53:58"
        )

    def split(self, text: str) -> tuple[list[str], str]:
        """The whole commands at the beginning, and what is left of one."""
        found: list[str] = []
        while text := text.lstrip("\r\n"):
            if text.startswith(_ESCAPE):
                end = re.search(r"[\r|]", text)
                if end is None:
                    return found, text[:_LONGEST_COMMAND]
                found.append(text[: end.start()])
                text = text[end.end() :]
                continue
            plain = _PLAIN.match(text)
            if plain is None:
                if re.fullmatch(r"[\d*]{0,12}", text):  # what may still become a command
                    return found, text
                found.append(text[0])
                text = text[1:]
                continue
            found.append(plain[0])
            text = text[plain.end() :]
        return found, ""

    def answer(self, command: str) -> str:
        """The line that answers; empty for a command that the device ignores."""
        if self._state.busy:
            return "E22"
        if command.startswith(_ESCAPE):
            for pattern, answer in self._escaped:
                if found := pattern.fullmatch(command[1:].upper()):
                    return answer(found)
            return "E10"
        return self._plain(command.upper())

    def _plain(self, command: str) -> str:
        state = self._state
        fixed = {
            "N": ("Pno", state.part_number),
            "Q": ("Ver01*", state.firmware),
            "*Q": ("Bld", f"{state.firmware}.0000-b001"),
            "1I": ("Inf01*", state.model),
        }
        if command in fixed:
            return self._tagged(*fixed[command])
        if command == "S":
            return state.system or "E10"
        if command.endswith("."):
            _, place, preset = command[:-1].split("*")
            return self._recall(int(place), int(preset))
        if command.endswith("*I"):
            canvas, number, _ = command.split("*")
            return self._window(int(canvas), int(number))
        return "E10"

    def _tagged(self, tag: str, said: str) -> str:
        return f"{tag}{said}" if self._state.verbose in (2, 3) else said

    def _temperature(self, asked: re.Match[str]) -> str:
        known = self._state.temperatures.get(int(asked[1]))
        return "E13" if known is None else self._tagged(f"{asked[1]}Stat ", f"{known:02}")

    def _signals(self) -> str:
        return " ".join(str(int(signal)) for signal in self._state.signals)

    def _preset(self, asked: re.Match[str]) -> str:
        canvas = int(asked[1])
        preset = self._state.presets.get(canvas)
        return "E13" if preset is None else self._tagged(f"PrstL1*{canvas:02}*", f"{preset:03}")

    def _recall(self, canvas: int, preset: int) -> str:
        if canvas not in self._state.presets:
            return "E13"
        if preset not in self._state.saved:
            return "E11"
        self._state.presets[canvas] = preset
        return f"1Rpr{canvas:02}*{preset:03}"

    def _window(self, canvas: int, number: int) -> str:
        window = self._state.windows.get((canvas, number))
        if window is None:
            return "E12"
        size, rate = ("1920x1080", "060.0") if window.format else ("0x0", "000.0")
        return (
            f"Grp{canvas:02} Win{number:03} In{window.input:04} Typ{window.format}"
            f" Blk{int(window.muted)} Res{size} Vrt{rate}"
        )
