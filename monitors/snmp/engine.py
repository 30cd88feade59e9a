"""The SNMP engine: polls any number of agents over one socket per address family."""

import asyncio
import ipaddress
import secrets
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType

from monitors.probe import Problem, ProblemKind
from monitors.snmp import ber
from monitors.snmp.answer import Answer
from monitors.snmp.conversation import Conversation, Slot
from monitors.snmp.errors import DecodeError
from monitors.snmp.habits import Habits
from monitors.snmp.inquiry import Course, Inquiry
from monitors.snmp.message import VERSION_2C, VERSION_3, find_v2c_pdu, open_message
from monitors.snmp.plan import PollPlan
from monitors.snmp.replay import Replay, Script
from monitors.snmp.session import CommunitySession, Session
from monitors.snmp.target import Community, Credential, SnmpTarget
from monitors.snmp.transport import Address, UdpSocket, Undelivered
from monitors.snmp.usm import KeyRing, Salt
from monitors.snmp.usm_message import find_v3_header, message_id_of

SWEEP_S = 0.05
"""How often timeouts are looked for: their precision."""
MAX_IN_FLIGHT = 100
"""Agents that are asked at the same time; those that let us wait do not count."""
GATHER_S = 0.004
"""How long answers gather before they are read, as long as that keeps nobody waiting."""
NAME_KEPT_S = 300.0
"""How long a resolved host name is believed."""
_IDS_AT_ONCE = 1024


@dataclass(slots=True)
class EngineCounters:
    """What the engine saw since it started."""

    sent: int = 0
    received: int = 0
    retransmitted: int = 0
    garbage: int = 0
    """Packets that are not SNMP, or not an answer to what was asked."""
    unsolicited: int = 0
    """SNMP answers that nobody waits for: late, repeated or forged."""
    wrong_source: int = 0
    """Answers with a right id from a wrong address."""
    disbelieved: int = 0
    """SNMPv3 answers that failed a security check."""
    undelivered: int = 0
    """Reports of the network about datagrams of ours."""


class SnmpEngine:
    """An asynchronous SNMP manager. Use it as `async with SnmpEngine() as engine`.

    Nothing that a device or the network does raises: it is in `Answer.problem`.
    """

    def __init__(
        self, *, max_in_flight: int = MAX_IN_FLIGHT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.counters = EngineCounters()
        self._clock = clock
        self._slots = asyncio.Semaphore(max_in_flight)
        self._sockets: dict[bool, UdpSocket] = {}
        """The one for IPv6 under True, that for IPv4 under False."""
        self._sessions: dict[SnmpTarget, Session] = {}
        self._habits: dict[SnmpTarget, Habits] = {}
        self._names: dict[str, tuple[float, str]] = {}
        self._pending: dict[int, Conversation] = {}
        self._by_address: defaultdict[Address, list[Conversation]] = defaultdict(list)
        self._sweep: asyncio.TimerHandle | None = None
        self._sweep_due = 0.0
        self._keys = KeyRing()
        self._salt = Salt()
        self._ids: list[int] = []
        self._closed = False

    async def __aenter__(self) -> "SnmpEngine":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every poll in flight and closes the sockets. Safe to call twice."""
        self._closed = True
        for conversation in list(self._pending.values()):
            conversation.abort()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for udp in self._sockets.values():
            udp.close()
        self._sockets.clear()

    async def get(self, target: SnmpTarget, oids: Iterable[str]) -> Answer:
        """Reads single instances, such as `1.3.6.1.2.1.1.3.0`."""
        return await self.poll(target, PollPlan.of(gets=oids))

    async def walk(self, target: SnmpTarget, subtrees: Sequence[str]) -> Answer:
        """Reads everything below each of the OIDs, one subtree after the other."""
        return await self.poll(target, PollPlan.of(walks=[(subtree,) for subtree in subtrees]))

    async def poll(self, target: SnmpTarget, plan: PollPlan | Script) -> Answer:
        """Works through a plan within the target's deadline, which starts with its turn.

        A script is a plan that this agent has gone through before.
        """
        slot = Slot(self._slots)
        await slot.take()
        try:
            address = await self._resolve(target)
            if isinstance(address, Problem):
                return Answer({}, address)
            return await self._converse(target, address, plan, slot)
        finally:
            slot.give_back()

    def forget(self, target: SnmpTarget) -> None:
        """Drops what was learned of a target that left the inventory."""
        self._sessions.pop(target, None)
        self._habits.pop(target, None)

    def habits(self, target: SnmpTarget) -> Habits:
        """What was learned of a target."""
        habits = self._habits.get(target)
        if habits is None:
            habits = self._habits[target] = Habits(target)
        return habits

    async def _converse(
        self, target: SnmpTarget, address: Address, plan: PollPlan | Script, slot: Slot
    ) -> Answer:
        if self._closed:
            return Answer({}, Problem(ProblemKind.FAILED, "the SNMP engine is closed"))
        session, habits = self._session(target), self.habits(target)
        repetitions = habits.repetitions
        course: Course = (
            Replay(plan, repetitions) if isinstance(plan, Script) else Inquiry(plan, repetitions)
        )
        now = self._clock()
        conversation = Conversation(
            target, address, session, course, habits, exchanger=self, slot=slot, now=now
        )
        self._by_address[address].append(conversation)
        conversation.start(now)
        self._schedule_sweep()
        try:
            return await conversation.future
        finally:
            conversation.cancel()

    def _session(self, target: SnmpTarget) -> Session:
        session = self._sessions.get(target)
        if session is None:
            session = self._sessions[target] = self._new_session(target.credential)
        return session

    def _new_session(self, credential: Credential) -> Session:
        if isinstance(credential, Community):
            return CommunitySession(credential)
        # The library of ciphers takes as much memory as a hundred devices do.
        from monitors.snmp.usm_session import UsmSession  # noqa: PLC0415

        return UsmSession(credential, self._keys, self._salt)

    async def _resolve(self, target: SnmpTarget) -> Address | Problem:
        known = self._names.get(target.host)
        if known is not None and self._clock() < known[0]:
            return known[1], target.port
        try:
            host, until = str(ipaddress.ip_address(target.host)), float("inf")
        except ValueError:
            try:
                infos = await asyncio.get_running_loop().getaddrinfo(
                    target.host, target.port, type=socket.SOCK_DGRAM
                )
            except OSError as error:
                text = f"the name {target.host} does not resolve: {error.strerror or error}"
                return Problem(ProblemKind.UNREACHABLE, text)
            host, until = str(infos[0][4][0]), self._clock() + NAME_KEPT_S
        self._names[target.host] = until, host
        return host, target.port

    # What conversations need (see `conversation.Exchanger`).

    def transmit(self, conversation: Conversation, packet: bytes) -> OSError | None:
        """Sends a packet to the conversation's address."""
        self.counters.sent += 1
        address = conversation.address
        is_ipv6 = ":" in address[0]
        udp = self._sockets.get(is_ipv6)
        if udp is None:
            family = socket.AF_INET6 if is_ipv6 else socket.AF_INET
            try:
                udp = UdpSocket(family, self._on_packet, self._on_undelivered, self._gather_s)
            except OSError as error:
                return error
            self._sockets[is_ipv6] = udp
        return udp.send(packet, address)

    def renew_id(self, conversation: Conversation) -> int:
        """Gives the conversation a fresh unpredictable id and forgets its old one."""
        self._pending.pop(conversation.message_id, None)
        while (message_id := self._draw_id()) in self._pending:
            pass
        self._pending[message_id] = conversation
        conversation.message_id = message_id
        return message_id

    def finish(self, conversation: Conversation) -> None:
        """Forgets the conversation. Safe to call twice."""
        if self._pending.get(conversation.message_id) is conversation:
            del self._pending[conversation.message_id]
        peers = self._by_address.get(conversation.address)
        if peers is not None and conversation in peers:
            self.counters.retransmitted += conversation.retransmitted
            peers.remove(conversation)
            if not peers:
                del self._by_address[conversation.address]

    def _draw_id(self) -> int:
        """Thirty random bits; the bit above them is set, so that an id always takes four bytes."""
        if not self._ids:
            noise = secrets.token_bytes(4 * _IDS_AT_ONCE)
            self._ids = [
                int.from_bytes(noise[at : at + 4]) & 0x3FFF_FFFF | 0x4000_0000
                for at in range(0, len(noise), 4)
            ]
        return self._ids.pop()

    # What the sockets report.

    def _on_packet(self, packet: bytes, address: Address) -> None:
        counters = self.counters
        counters.received += 1
        conversation: Conversation | None = None
        try:
            common = find_v2c_pdu(packet)
            if common is not None:
                message_id, at = common
                end = len(packet)
            else:
                message_id, at, end = find_v3_header(packet) or _open(packet)
            conversation = self._pending.get(message_id)
            if conversation is None:
                counters.unsolicited += 1
                for suspect in self._by_address.get(address, ()):
                    suspect.note_unasked()
            elif conversation.address != address:
                counters.wrong_source += 1
                conversation.note_wrong_source(address)
            elif not conversation.receive(packet, at, end, self._clock()):
                counters.disbelieved += 1
        except DecodeError:
            counters.garbage += 1
            for suspect in self._by_address.get(address, ()):
                suspect.note_garbage()
            if conversation is not None and conversation.address == address:
                conversation.note_unreadable(self._clock())

    def _gather_s(self) -> float:
        """Not for a poll that is alone, and not where others wait for the end of one."""
        return 0.0 if len(self._pending) < 2 or self._slots.locked() else GATHER_S

    def _on_undelivered(self, report: Undelivered) -> None:
        self.counters.undelivered += 1
        for conversation in list(self._by_address.get(report.address, ())):
            conversation.note_undelivered(report)

    def _schedule_sweep(self) -> None:
        if self._sweep is None and self._pending:
            self._sweep_due = self._clock() + SWEEP_S
            self._sweep = asyncio.get_running_loop().call_later(SWEEP_S, self._on_sweep)

    def _on_sweep(self) -> None:
        self._sweep = None
        now = self._clock()
        # While this process did something else, answers came that it has not looked at yet.
        blind_s = now - self._sweep_due
        for conversation in list(self._pending.values()):
            if blind_s > SWEEP_S:
                conversation.forgive(blind_s)
            conversation.tick(now)
        self._schedule_sweep()


def _open(packet: bytes) -> tuple[int, int, int]:
    """Any message: (id, where its session starts to read, where it ends)."""
    version, at, end = open_message(packet)
    if version == VERSION_3:
        return message_id_of(packet, at, end), at, end
    if version != VERSION_2C:
        raise DecodeError(f"SNMP version {version} was never asked for")
    _, pdu_at = ber.expect(packet, at, end, ber.OCTET_STRING)
    _, at, _ = ber.read_header(packet, pdu_at, end)
    return ber.read_integer(packet, at, end)[0], pdu_at, end
