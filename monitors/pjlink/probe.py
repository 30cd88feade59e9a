"""Polls one display: power, input, faults of its parts, lamp and filter use, identity."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from monitors.pjlink.errors import PjlinkError, RefusedError, SilentError
from monitors.pjlink.protocol import BAD_PARAMETER, FAILURE, UNAVAILABLE, UNDEFINED
from monitors.pjlink.readings import (
    READERS,
    NonsenseError,
    identity_text,
    not_now,
    with_terminal,
)
from monitors.pjlink.session import PjlinkSession
from monitors.pjlink.target import PjlinkTarget
from monitors.probe import Identity, Poll, Problem, ProblemKind
from monitors.reading import Reading

PROTOCOL = "pjlink"
_CLASS_2 = frozenset({"FILT", "FREZ", "INNM", "IRES", "RRES", "SNUM", "SVER"})
_IDENTITY = {
    "NAME": "name",
    "INF1": "vendor",
    "INF2": "model",
    "INFO": "description",
    "SNUM": "serial",
    "SVER": "firmware",
}
_ERROR_TEXTS = {FAILURE: "a failure of its own (ERR4)", UNAVAILABLE: "not available now (ERR3)"}


@dataclass(slots=True)
class _Harvest:
    """What a poll has brought so far, so that a failure halfway keeps it."""

    readings: list[Reading] = field(default_factory=list)
    problem: Problem | None = None


class PjlinkProbe:
    """Reads one display over a connection per poll, as displays serve few at a time."""

    def __init__(self, target: PjlinkTarget) -> None:
        self.target = target
        self._where = f"display {target.address}"
        self._klass: int | None = None
        self._unknown: set[str] = set()
        self._identity: Identity | None = None
        self._latest: dict[str, list[Reading]] = {}
        """By command, for what a display does not tell in standby."""
        self._terminals: dict[str, str] = {}
        """Input -> the name of its terminal."""

    @property
    def device(self) -> str:
        """The display's name in the inventory."""
        return self.target.device

    @property
    def protocol(self) -> str:
        """Always `pjlink`."""
        return PROTOCOL

    async def poll(self) -> Poll:
        """Polls once within the target's deadline."""
        started_at, start = datetime.now(UTC), time.monotonic()
        harvest = _Harvest()
        try:
            await self._poll_in_time(harvest)
        except PjlinkError as error:
            harvest.problem = error.problem()
            self._forget()
        return Poll(
            device=self.device,
            protocol=PROTOCOL,
            started_at=started_at,
            duration_s=time.monotonic() - start,
            readings=tuple(harvest.readings),
            identity=self._identity or Identity(),
            problem=harvest.problem,
        )

    async def close(self) -> None:
        """Nothing is kept open between polls. Safe to call twice."""

    async def _poll_in_time(self, harvest: _Harvest) -> None:
        try:
            async with asyncio.timeout(self.target.deadline_s), PjlinkSession(self.target) as ask:
                await self._poll(ask, harvest)
        except TimeoutError as error:
            raise SilentError(
                f"{self._where} answers too slowly: not done after {self.target.deadline_s:g} s;"
                " check its network or raise the deadline"
            ) from error

    async def _poll(self, ask: PjlinkSession, harvest: _Harvest) -> None:
        if self._klass is None:
            self._klass = 2 if await self._value(ask, "CLSS", harvest) == "2" else 1
        for command in READERS:
            await self._harvest(ask, command, harvest)
        if self._identity is None:
            self._identity = await self._read_identity(ask, harvest)

    async def _harvest(self, ask: PjlinkSession, command: str, harvest: _Harvest) -> None:
        value = await self._value(ask, command, harvest)
        if value is None:
            return
        try:
            readings = READERS[command](value, self.target)
            if command == "INPT" and (name := await self._terminal(ask, value, harvest)):
                readings = with_terminal(readings, name)
            self._latest[command] = readings
            harvest.readings += readings
        except NonsenseError:
            harvest.problem = Problem(
                ProblemKind.GARBAGE,
                f"{self._where} answers {command} with nonsense: check its firmware",
            )

    async def _terminal(self, ask: PjlinkSession, source: str, harvest: _Harvest) -> str:
        """What the display calls an input; empty where it does not say."""
        if source not in self._terminals:
            name = await self._value(ask, "INNM", harvest, of=source)
            if name is None:
                return ""
            self._terminals[source] = identity_text(name)
        return self._terminals[source]

    async def _read_identity(self, ask: PjlinkSession, harvest: _Harvest) -> Identity:
        texts = {
            place: identity_text(await self._value(ask, command, harvest) or "")
            for command, place in _IDENTITY.items()
        }
        return Identity(
            name=texts["name"],
            description=texts["description"],
            vendor=texts["vendor"],
            model=texts["model"],
            serial=texts["serial"],
            firmware=texts["firmware"],
        )

    async def _value(
        self, ask: PjlinkSession, command: str, harvest: _Harvest, of: str = ""
    ) -> str | None:
        """The answer to a command; None where the display does not know it or cannot tell now."""
        klass = 2 if command in _CLASS_2 else 1
        if command in self._unknown or klass > (self._klass or 1):
            return None
        try:
            return await ask.query(klass, command, of)
        except RefusedError as error:
            if error.word in (UNDEFINED, BAD_PARAMETER):
                self._unknown.add(command)
            elif error.word == FAILURE or command == "POWR":
                # In standby most values are not available, and that is no problem.
                harvest.problem = self._refused(error)
            elif harvest.readings:
                harvest.readings += not_now(self._latest.get(command, ()))
            return None

    def _refused(self, error: RefusedError) -> Problem:
        return Problem(
            ProblemKind.FAILED,
            f"{self._where} answers {error.command} with {_ERROR_TEXTS[error.word]}:"
            " look at the display",
        )

    def _forget(self) -> None:
        """After a failure the display may be another one."""
        self._klass, self._identity = None, None
        self._unknown.clear()
        self._terminals.clear()
        self._latest.clear()
