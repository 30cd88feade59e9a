"""Carries requests to one BMC and their responses back: a window, retransmission, matching."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitors.ipmi.errors import IpmiError, SilentError, StrayPacketError
from monitors.ipmi.messages import NODE_BUSY, Reply, Request, Response, encode_request, parse_reply
from monitors.ipmi.pace import Pace, SequenceNumbers

REFILL_AT = 4
"""The window is filled again when this part of it is left: several packets at once wake both sides
less often than each by itself, and one that is lost does not hold up the others."""


class Framing(Protocol):
    """How messages are packed: within a session or outside."""

    def wrap(self, message: bytes) -> bytes:
        """The packet that carries a message."""

    def unwrap(self, packet: bytes) -> bytes:
        """The message in a packet; raises MalformedPacketError."""


@dataclass(slots=True)
class _Pending:
    index: int
    request: Request
    first_sent: float
    sent: float
    due: float
    tries: int = 1


class Exchange:
    """One batch of requests, in order of sending, each answered before the batch is done.

    `give_up_s` is how long any single request may go without an answer.
    """

    def __init__(
        self,
        send: Callable[[bytes], None],
        framing: Framing,
        numbers: SequenceNumbers,
        pace: Pace,
        give_up_s: float,
    ) -> None:
        self._send = send
        self._framing = framing
        self._numbers = numbers
        self._pace = pace
        self._give_up_s = give_up_s
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._pending: dict[int, _Pending] = {}
        self._requests: Sequence[Request] = ()
        self._responses: list[Response | None] = []
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, requests: Sequence[Request]) -> list[Response]:
        """The responses, in the order of the requests; raises SilentError when one stays out."""
        if not requests:
            return []
        self._requests = requests
        self._responses = [None] * len(requests)
        try:
            self._fill()
            await self._done
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._release_all()
        return [response for response in self._responses if response is not None]

    def packet_received(self, packet: bytes) -> None:
        """Takes a packet from the BMC; raises MalformedPacketError when it is not believed."""
        reply = parse_reply(self._framing.unwrap(packet))
        pending = self._pending.get(reply.sequence)
        if pending is None or not _fits(reply, pending.request):
            raise StrayPacketError("response that nobody waits for")
        if reply.response.code == NODE_BUSY:
            self._pace.lost()
            return  # The retransmission timer asks again, later.
        self._settle(reply, pending)

    def fail(self, error: IpmiError) -> None:
        """Ends the batch with an error."""
        if not self._done.done():
            self._done.set_exception(error)

    def _settle(self, reply: Reply, pending: _Pending) -> None:
        now = self._loop.time()
        del self._pending[reply.sequence]
        self._numbers.give_back(reply.sequence, pending.tries > 1, now)
        if pending.tries == 1:
            self._pace.answered(now - pending.sent)
        self._responses[pending.index] = reply.response
        if self._next < len(self._requests):
            if len(self._pending) <= self._pace.window // REFILL_AT:
                self._fill()
        elif not self._pending and not self._done.done():
            self._done.set_result(None)

    def _fill(self) -> None:
        """Sends what the window has room for, one packet right behind the other."""
        packets: list[bytes] = []
        while not self._done.done() and self._has_room():
            now = self._loop.time()
            number = self._numbers.take(now)
            if number is None:
                if not self._pending:
                    self.fail(SilentError("too many answers are missing"))
                break
            request = self._requests[self._next]
            due = now + self._pace.patience_s(1)
            self._pending[number] = _Pending(self._next, request, now, now, due)
            self._next += 1
            packets.append(self._framing.wrap(encode_request(request, number)))
        for packet in packets:
            self._send(packet)
        if self._timer is None:
            self._arm()

    def _has_room(self) -> bool:
        return self._next < len(self._requests) and len(self._pending) < self._pace.window

    def _transmit(self, number: int, request: Request) -> None:
        self._send(self._framing.wrap(encode_request(request, number)))

    def _arm(self) -> None:
        if self._pending:
            due = min(pending.due for pending in self._pending.values())
            self._timer = self._loop.call_at(due, self._check)
        else:
            self._timer = None

    def _check(self) -> None:
        """Repeats what is overdue. The timer may come early: answers do not move it."""
        now = self._loop.time()
        for number, pending in list(self._pending.items()):
            if pending.due > now:
                continue
            if now - pending.first_sent >= self._give_up_s:
                self.fail(SilentError("no answer in time"))
                return
            self._repeat(number, pending, now)
        self._arm()

    def _repeat(self, number: int, pending: _Pending, now: float) -> None:
        self._pace.lost()
        pending.tries += 1
        pending.sent = now
        last_chance = pending.first_sent + self._give_up_s
        pending.due = min(now + self._pace.patience_s(pending.tries), max(last_chance, now + 0.01))
        self._transmit(number, pending.request)

    def _release_all(self) -> None:
        now = self._loop.time()
        for number in self._pending:
            self._numbers.give_back(number, True, now)
        self._pending.clear()


def _fits(reply: Reply, request: Request) -> bool:
    return reply.command == request.command and reply.netfn == request.netfn | 1
