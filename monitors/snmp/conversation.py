"""One poll of one agent in flight: sends, sends again, gives up, and says why."""

import asyncio
from typing import Protocol

from monitors.probe import Problem, ProblemKind
from monitors.snmp.answer import Answer
from monitors.snmp.habits import Habits
from monitors.snmp.inquiry import Course
from monitors.snmp.message import GET_BULK, Ask, Pdu
from monitors.snmp.session import AskAgain, Disbelieved, Refused, Session
from monitors.snmp.target import SnmpTarget
from monitors.snmp.transport import Address, Undelivered

MAX_ASK_AGAIN = 4
"""In a row: an agent that keeps changing its engine or clock is given up."""
GRACE_S = 0.3
"""How long an authentic answer may still follow a refusal that anybody could have sent."""


class Exchanger(Protocol):
    """What a conversation needs from the engine."""

    def transmit(self, conversation: "Conversation", packet: bytes) -> OSError | None:
        """Sends a packet to the conversation's address."""

    def renew_id(self, conversation: "Conversation") -> int:
        """Gives the conversation a fresh unpredictable id and forgets its old one."""

    def finish(self, conversation: "Conversation") -> None:
        """Forgets the conversation."""


class Slot:
    """The right to be one of so many that ask at the same time."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._held = False

    async def take(self) -> None:
        """Waits for it."""
        await self._slots.acquire()
        self._held = True

    def give_back(self) -> None:
        """Lets another one ask. Safe to call twice."""
        if self._held:
            self._held = False
            self._slots.release()


class Conversation:
    """At most one request is under way at a time; the engine's sweep calls `tick`."""

    def __init__(
        self,
        target: SnmpTarget,
        address: Address,
        session: Session,
        course: Course,
        habits: Habits,
        *,
        exchanger: Exchanger,
        slot: Slot,
        now: float,
    ) -> None:
        self.target = target
        self.address = address
        self.session = session
        self.message_id = 0
        self.future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.retransmitted = 0
        self._course = course
        self._habits = habits
        self._exchanger = exchanger
        self._slot = slot
        self._deadline = now + target.deadline_s
        self._next_at = now
        self._timeout_s = habits.timeout_s
        self._retries = habits.retries
        self._sent_at = now
        self._slowest_s = -1.0
        """The longest round trip of requests that were sent once."""
        self._came_late = False
        self._shrunk = False
        self._tries = 0
        self._asked_again = 0
        self._sent = b""
        self._ask: Ask | None = None
        self._heard = False
        self._refusal: Refused | None = None
        self._garbage = 0
        self._unasked = 0
        self._wrong_source: Address | None = None
        self._undelivered: Undelivered | None = None

    def start(self, now: float) -> None:
        """Sends the first request."""
        if self._course.done:
            self._end(None)
        else:
            self._next_ask(now)
            if self._habits.silent:
                self._slot.give_back()  # it will most likely not answer: nobody shall wait for it

    def receive(self, packet: bytes, at: int, end: int, now: float) -> bool:
        """Judges a reply with this conversation's id; False when it is not to be believed.

        Raises:
            DecodeError: The reply cannot be read.
        """
        verdict = self.session.judge(
            packet, at, end, self.message_id, now, expected=self._course.expected
        )
        if isinstance(verdict, Pdu):
            self._course.take(verdict)
            if self._tries > 1:
                self._note_retransmitted()
            elif now - self._sent_at > self._slowest_s:
                self._time(now - self._sent_at)
            self._heard, self._asked_again, self._refusal = True, 0, None
            if self._course.done:
                self._end(None)
            else:
                self._next_ask(now)
        elif isinstance(verdict, AskAgain):
            self._ask_again(now)
        elif isinstance(verdict, Refused):
            self._take_refusal(verdict, now)
        return not isinstance(verdict, Disbelieved)

    def tick(self, now: float) -> None:
        """Sends again or gives up, when the time for it has come."""
        if now < self._next_at and now < self._deadline:
            return
        if self._refusal is not None:
            self._end(Problem(self._refusal.kind, self._refusal.reason))
        elif now >= self._deadline or self._tries > self._retries:
            self._give_up(deadline=now >= self._deadline)
        else:
            self._send_again(now)

    def forgive(self, seconds: float) -> None:
        """Puts every timeout off: it was not the agent that let us wait."""
        self._next_at += seconds
        self._deadline += seconds

    def note_garbage(self) -> None:
        """Something unreadable came from the agent's address."""
        self._garbage += 1

    def note_unreadable(self, now: float) -> None:
        """An answer with the right id cannot be read: it is asked for again without a wait."""
        self._next_at = now

    def note_unasked(self) -> None:
        """An answer with an id that nobody waits for came from the agent's address."""
        self._unasked += 1

    def note_wrong_source(self, address: Address) -> None:
        """A reply with the right id came from another address."""
        self._wrong_source = address

    def note_undelivered(self, report: Undelivered) -> None:
        """The network reported this address. Only a report that quotes our request ends the poll:
        it must have seen the id, which nobody can guess."""
        self._undelivered = report
        if report.port_closed and self._quotes_request(report.payload):
            self._end(_closed(self.target))

    def cancel(self) -> None:
        """The caller went away: nothing more is sent. Does nothing once the poll has ended."""
        self._exchanger.finish(self)

    def abort(self) -> None:
        """The engine closes while the caller still waits."""
        self._end(Problem(ProblemKind.FAILED, "the SNMP engine was closed during the poll"))

    def _next_ask(self, now: float) -> None:
        self._ask = self._course.ask()
        self._tries = 0
        self._send(self._exchanger.renew_id(self), now)

    def _send_again(self, now: float) -> None:
        self._slot.give_back()  # silence costs nothing, and must not keep others waiting
        self.retransmitted += 1
        self._timeout_s = min(2 * self._timeout_s, self._habits.longest_timeout_s)
        message_id = self.message_id
        if self._tries == self._retries and self._may_be_too_large():
            if not self._course.shrink():
                message_id = self._exchanger.renew_id(self)
            self._shrunk = True
            self._ask = self._course.ask()
        self._send(message_id, now)

    def _may_be_too_large(self) -> bool:
        """Whether size may be what keeps the answer away: of a GET only where others came."""
        assert self._ask is not None
        return self._heard or self._habits.timed or self._ask.pdu_tag == GET_BULK

    def _note_retransmitted(self) -> None:
        """An answer at last: late, or to a smaller request, which says nothing of time."""
        if self._shrunk and not self._course.late:
            self._timeout_s = self._habits.timeout_s
        else:
            self._came_late = True
        self._shrunk = False

    def _time(self, took_s: float) -> None:
        self._slowest_s = took_s
        if not self._habits.timed:
            self._habits.took(took_s)
            self._timeout_s = self._habits.timeout_s

    def _ask_again(self, now: float) -> None:
        self._asked_again += 1
        if self._asked_again > MAX_ASK_AGAIN:
            reason = "the agent keeps changing its SNMPv3 engine or clock"
            self._end(Problem(ProblemKind.FAILED, reason))
        else:
            self._tries = 0
            self._send(self._exchanger.renew_id(self), now)

    def _send(self, message_id: int, now: float) -> None:
        assert self._ask is not None
        self._tries += 1
        self._sent_at = now
        self._next_at = now + self._timeout_s
        self._sent = self.session.encode(self._ask, message_id, now)
        error = self._exchanger.transmit(self, self._sent)
        if error is not None and not self.future.done():
            kind, words = ProblemKind.UNREACHABLE, error.strerror or str(error)
            self._end(Problem(kind, f"{self.target.host}: {words}; is there a route to it?"))

    def _take_refusal(self, refusal: Refused, now: float) -> None:
        self._refusal = refusal
        if refusal.authentic:
            self._end(Problem(refusal.kind, refusal.reason))
        else:
            self._next_at = min(self._next_at, now + GRACE_S)

    def _quotes_request(self, payload: bytes) -> bool:
        marker = self._sent.find(self.message_id.to_bytes(4))
        return 0 <= marker <= len(payload) - 4 and self._sent.startswith(payload)

    def _give_up(self, *, deadline: bool) -> None:
        hint = self.session.silence_hint()
        if not self._heard:
            self.session.reset()
            self._habits.kept_silent()
        self._end(self._why_silent(hint, deadline=deadline))

    def _why_silent(self, hint: str, *, deadline: bool) -> Problem:
        target = self.target
        if self._undelivered is not None and not self._heard:
            if self._undelivered.port_closed:
                return _closed(target)
            words = f"{target.host}: {self._undelivered.words}, says the network"
            return Problem(ProblemKind.UNREACHABLE, words)
        if self._garbage:
            text = f"answers that are not SNMP from {target.host}:{target.port} ({self._garbage})"
            return Problem(ProblemKind.GARBAGE, text)
        if self._wrong_source is not None:
            return Problem(ProblemKind.FAILED, self._why_disbelieved(*self._wrong_source))
        if hint:
            return Problem(ProblemKind.CREDENTIAL, hint)
        if self._heard:
            limit = f"{target.deadline_s:g} s are over" if deadline else "the agent fell silent"
            count = len(self._course.values)
            text = f"partial answer: {limit} after {count} values"
            return Problem(ProblemKind.FAILED, text)
        if self._unasked:
            text = f"no answer to what was asked, but {self._unasked} with other ids"
            return Problem(ProblemKind.SILENT, f"{text}: late ones, or an agent that mixes them up")
        return Problem(ProblemKind.SILENT, "no SNMP answer")

    def _why_disbelieved(self, host: str, port: int) -> str:
        if host != self.address[0]:
            return f"answers come from {host} and are not believed; use that address"
        return f"answers come from port {port}, were asked of {self.address[1]}, are not believed"

    def _end(self, problem: Problem | None) -> None:
        self._exchanger.finish(self)
        self._learn(whole=problem is None and not self._course.notes)
        if problem is None and self._course.notes:
            problem = Problem(ProblemKind.FAILED, "; ".join(self._course.notes))
        if not self.future.done():
            course = self._course
            cut_short = not course.done
            self.future.set_result(Answer(course.values, problem, cut_short, course.exchanges))

    def _learn(self, *, whole: bool) -> None:
        habits, course = self._habits, self._course
        if not self._heard:
            return
        habits.spoke()
        if self._slowest_s >= 0:
            habits.took(self._slowest_s)
        if self._came_late:
            habits.came_late(self._timeout_s)
        habits.found(course.repetitions, told=course.told, whole=whole)


def _closed(target: SnmpTarget) -> Problem:
    text = f"UDP port {target.port} on {target.host} is closed: no SNMP agent runs there"
    return Problem(ProblemKind.CLOSED, text)
