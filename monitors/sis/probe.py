"""Polls one Extron-style wall processor: temperatures, supplies, signals, canvases, identity."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from re import Match
from typing import TYPE_CHECKING

from monitors.net.errors import NetError, SilentError
from monitors.probe import Identity, Poll, Problem, ProblemKind
from monitors.reading import Reading
from monitors.sis import protocol
from monitors.sis.protocol import ABSENT, FORBIDDEN, MuteError, Question, SisError
from monitors.sis.readings import (
    Window,
    read_canvas,
    read_power_save,
    read_signals,
    read_system,
    read_temperature,
)
from monitors.sis.target import SisTarget

if TYPE_CHECKING:
    from monitors.sis.shell import SisShell

PROTOCOL = "sis"


@dataclass(slots=True)
class _Harvest:
    """What a poll has brought so far, so that a failure halfway keeps it."""

    readings: list[Reading] = field(default_factory=list)
    problem: Problem | None = None


class SisProbe:
    """Implements `monitors.probe.Probe`; keeps its SSH session between polls.

    The session blocks, so it lives in a thread; at the deadline its socket is shut down, which
    ends the thread at once.
    """

    protocol = PROTOCOL

    def __init__(self, target: SisTarget) -> None:
        self.target = target
        self._shell: SisShell | None = None
        self._identity = Identity()
        self._absent: set[bytes] = set()
        """What this device has said that it does not have."""
        self._windows: dict[int, tuple[int, tuple[int, ...]]] = {}
        """Canvas -> its preset when its windows were looked for, and those it had."""

    @property
    def device(self) -> str:
        """The processor's name in the inventory."""
        return self.target.device

    async def poll(self) -> Poll:
        """Polls once within the target's deadline."""
        started_at, start = datetime.now(UTC), time.monotonic()
        harvest = _Harvest()
        try:
            await self._poll_in_time(harvest)
        except NetError as error:
            harvest.problem = error.problem()
            await self.close()
        return Poll(
            device=self.device,
            protocol=PROTOCOL,
            started_at=started_at,
            duration_s=time.monotonic() - start,
            readings=tuple(harvest.readings),
            identity=self._identity,
            problem=harvest.problem,
        )

    async def close(self) -> None:
        """Ends the session. Safe to call twice."""
        shell, self._shell = self._shell, None
        self._absent.clear()
        self._windows.clear()
        self._identity = Identity()
        if shell is not None:
            await asyncio.to_thread(shell.close)

    async def _poll_in_time(self, harvest: _Harvest) -> None:
        # The SSH library is large, and few centers have anything that needs it.
        from monitors.sis.shell import SisShell  # noqa: PLC0415

        shell = self._shell or SisShell(self.target)
        working = asyncio.ensure_future(asyncio.to_thread(self._read_all, shell, harvest))
        working.add_done_callback(_look_at)
        try:
            async with asyncio.timeout(self.target.deadline_s):
                await asyncio.shield(working)
        except TimeoutError as error:
            shell.abort()
            await asyncio.wait([working], timeout=self.target.timeout_s)
            raise SilentError(
                f"{self.target.where} answers too slowly: not done after"
                f" {self.target.deadline_s:g} s; look at its load, or raise the deadline"
            ) from error
        except asyncio.CancelledError:
            shell.abort()
            raise

    def _read_all(self, shell: "SisShell", harvest: _Harvest) -> None:
        """In the thread: everything, over one session."""
        if self._shell is None:
            self._shell = shell.open()
        read = _Reader(shell, self._absent, harvest)
        if self._identity == Identity():
            self._identity = _identity(read)
        for name, question in protocol.TEMPERATURES.items():
            read.into(question, _temperature_reader(name, question))
        read.into(protocol.SYSTEM, read_system)
        read.into(protocol.SIGNALS, read_signals)
        read.into(protocol.POWER_SAVE, read_power_save)
        for canvas in protocol.CANVASES:
            if not self._read_canvas(canvas, read, harvest):
                break
        if not harvest.readings and harvest.problem is None:
            harvest.problem = Problem(
                ProblemKind.GARBAGE,
                f"{self.target.where} knows none of the questions: check that it speaks SIS",
            )

    def _read_canvas(self, canvas: int, read: "_Reader", harvest: _Harvest) -> bool:
        """Whether there is such a canvas; they are numbered without gaps."""
        answer = read.answer(protocol.last_preset(canvas))
        if answer is None:
            return False
        preset = int(answer[1])
        known = self._windows.get(canvas)
        fresh = known is None or known[0] != preset
        numbers = protocol.WINDOWS if fresh or known is None else known[1]
        windows = tuple(_windows(canvas, numbers, read))
        if fresh:
            self._windows[canvas] = (preset, tuple(each.number for each in windows))
        harvest.readings += read_canvas(canvas, preset, windows)
        return True


def _look_at(done: "asyncio.Future[None]") -> None:
    """Takes note of how the thread ended, also where nobody waits for it any more."""
    if not done.cancelled():
        done.exception()


class _Reader:
    """Asks, and remembers what the device does not have."""

    def __init__(self, shell: "SisShell", absent: set[bytes], harvest: _Harvest) -> None:
        self._shell = shell
        self._absent = absent
        self._harvest = harvest
        self.met_silence = False
        """Whether the latest question had no answer at all."""

    def into(self, question: Question, read: Callable[[Match[str]], list[Reading]]) -> None:
        """Adds what the answer means to the harvest."""
        answer = self.answer(question)
        if answer is not None:
            self._harvest.readings += read(answer)

    def answer(self, question: Question, *, keep: bool = True) -> Match[str] | None:
        """The answer; None where the device has none. `keep`: and is not asked again."""
        self.met_silence = False
        if question.sent in self._absent:
            return None
        try:
            return self._shell.ask(question)
        except SisError as error:
            if error.code not in ABSENT:
                self._harvest.problem = _refused(question, error)
                return None
        except MuteError:
            self.met_silence = True
        if keep:
            self._absent.add(question.sent)
        return None


def _refused(question: Question, error: SisError) -> Problem:
    kind = ProblemKind.CREDENTIAL if error.code == FORBIDDEN else ProblemKind.FAILED
    return Problem(kind, f"{question.name} is answered with {error}: look at the wall processor")


def _windows(canvas: int, numbers: range | tuple[int, ...], read: _Reader) -> Iterator[Window]:
    for number in numbers:
        answer = read.answer(protocol.window(canvas, number), keep=False)
        if answer is not None:
            yield Window.of(number, answer)
        elif read.met_silence:
            return  # waiting for each of the others would take too long


def _temperature_reader(name: str, question: Question) -> Callable[[Match[str]], list[Reading]]:
    return lambda answer: read_temperature(name, answer, question.name)


def _identity(read: _Reader) -> Identity:
    # In this order: a login's greeting could be taken for a model's name, not for these two.
    part_number = read.answer(protocol.PART_NUMBER)
    firmware = read.answer(protocol.FIRMWARE)
    model = read.answer(protocol.MODEL)
    identity = Identity(vendor="Extron")
    if firmware:
        identity = replace(identity, firmware=firmware[1])
    words = [found[1] for found in (model, part_number) if found]
    return replace(identity, model=" ".join(words))
