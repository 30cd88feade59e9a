"""A clock over NTP: how far it is from ours, and whether it says that it is set."""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from inventory.reach import NtpCheck
from monitors.net.errors import GarbageError, NetError, network_error
from monitors.reach.asker import Place
from monitors.reach.ntp import LEAPS, KissError, MalformedReplyError, Reply, parse_reply, request
from monitors.reach.part import Part, graded
from monitors.reading import Reading, SensorClass, State, worst

_LONGEST = 1500
MOST_STRANGE_PACKETS = 16
PAUSE_S = 300.0
"""How long a server that asks for quiet is left alone."""


class QuietError(NetError):
    """The server asks not to be asked so often, or not at all."""


@dataclass(slots=True)
class ClockAsker:
    """Asks the time once per poll."""

    part: Part
    place: Place
    check: NtpCheck
    clock: Callable[[], float] = time.monotonic
    _quiet_until: float = 0.0
    _code: str = ""

    async def ask(self) -> tuple[Reading, ...]:
        """Raises NetError where no answer comes."""
        if self.clock() < self._quiet_until:
            raise self._quiet()
        try:
            reply = await self._reply()
        except KissError as error:
            self._quiet_until, self._code = self.clock() + PAUSE_S, error.code
            raise self._quiet() from error
        return self._readings(reply)

    def _quiet(self) -> QuietError:
        return QuietError(
            f"NTP server {self.place.name} asks to be left alone ({self._code}): let this monitor"
            f" ask it, or ask less often; it is asked again after {PAUSE_S / 60:g} minutes"
        )

    async def _reply(self) -> Reply:
        where = f"NTP server {self.place.name}"
        loop = asyncio.get_running_loop()
        try:
            infos = await loop.getaddrinfo(self.place.host, self.place.port, type=socket.SOCK_DGRAM)
            family, *_, address = infos[0]
            async with asyncio.timeout(self.check.timeout_s):
                with socket.socket(family, socket.SOCK_DGRAM) as sock:
                    sock.setblocking(False)
                    sock.connect(address)
                    return await self._exchange(where, sock)
        except OSError as error:
            raise network_error(where, error, self.check.timeout_s) from error

    @staticmethod
    async def _exchange(where: str, sock: socket.socket) -> Reply:
        loop = asyncio.get_running_loop()
        cookie = secrets.randbits(64)
        # The wall clock says when, the other one how long: a leap between them does no harm.
        sent_at, begun = time.time(), time.perf_counter()
        sock.send(request(cookie))
        strange = ""
        for _ in range(MOST_STRANGE_PACKETS):
            packet = await loop.sock_recv(sock, _LONGEST)
            try:
                return parse_reply(packet, cookie, sent_at, sent_at + time.perf_counter() - begun)
            except MalformedReplyError as error:
                strange = str(error)  # perhaps a late or forged one: the right one may follow
        raise GarbageError(f"{where} does not answer with NTP ({strange}): check the address")

    def _readings(self, reply: Reply) -> tuple[Reading, ...]:
        part, check = self.part, self.check
        stratum = graded(reply.stratum, check.stratum)
        unset = State.OK if reply.synchronised else State.CRITICAL
        # Half a round trip of the difference may be the way's, not the clock's.
        sure_s = max(abs(reply.offset_s) - reply.round_trip_s / 2, 0.0)
        text = f"stratum {reply.stratum}, {reply.reference}"
        return (
            part.stated(
                part.name,
                float(reply.synchronised),
                worst(unset, stratum),
                text if reply.synchronised else "not synchronised",
            ),
            part.measured(
                SensorClass.DELAY,
                "Offset",
                reply.offset_s,
                graded(sure_s, check.offset_s),
            ),
            part.measured(SensorClass.COUNT, "Stratum", float(reply.stratum), stratum),
            part.measured(
                SensorClass.DELAY,
                "Root dispersion",
                reply.root_dispersion_s,
                graded(reply.root_dispersion_s, check.dispersion_s),
            ),
            part.measured(SensorClass.DELAY, "Round trip", reply.round_trip_s),
            part.stated("Leap", float(reply.leap), unset, LEAPS[reply.leap]),
        )
