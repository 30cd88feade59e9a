"""The engine on loopback: what each kind of silence is called, and what nonsense it survives."""

import asyncio
import socket
from itertools import pairwise

import pytest

from monitors.probe import ProblemKind
from monitors.snmp import ber
from monitors.snmp.engine import GATHER_S, SnmpEngine
from monitors.snmp.target import Community, SnmpTarget
from monitors.snmp.transport import UdpSocket
from tests.monitors.snmp.agents import ScriptedAgent, request_id_of, response
from tests.wait import until_async

NAME = "1.3.6.1.2.1.1.5.0"
HELLO = ber.write(ber.OCTET_STRING, b"hello")


def answers(request: bytes, _: ScriptedAgent) -> list[bytes]:
    return [response(request, [(NAME, HELLO)])]


def closed_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_reads_a_value() -> None:
    async with ScriptedAgent(answers) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(), [NAME])
        assert answer.problem is None
        assert answer.value(NAME) == b"hello"
        assert list(answer.varbinds()) == [(NAME, 4, b"hello")]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_closed_port_is_named_at_once(host: str) -> None:
    async with SnmpEngine() as engine:
        target = SnmpTarget("gear", host, closed_port(), timeout_s=30, deadline_s=60)
        try:
            answer = await asyncio.wait_for(engine.get(target, [NAME]), 5)
        except TimeoutError:
            pytest.fail("the port unreachable message was not read")
        if host == "::1" and answer.problem and answer.problem.kind is ProblemKind.UNREACHABLE:
            pytest.skip("no IPv6 on this machine")
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.CLOSED
        assert f"UDP port {target.port} on {host} is closed" in answer.problem.message


async def test_a_closed_port_disturbs_no_other_target() -> None:
    async with ScriptedAgent(answers) as agent, SnmpEngine() as engine:
        dead = [SnmpTarget(f"dead{n}", "127.0.0.1", closed_port()) for n in range(20)]
        good = [engine.get(agent.target(), [NAME]) for _ in range(20)]
        results = await asyncio.gather(*(engine.get(t, [NAME]) for t in dead), *good)
        kinds = [answer.problem and answer.problem.kind for answer in results]
        assert kinds == [ProblemKind.CLOSED] * 20 + [None] * 20


async def test_silence_is_tried_again_and_then_named() -> None:
    async with ScriptedAgent(lambda *_: []) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(timeout_s=0.1, retries=2), [NAME])
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.SILENT
        assert len(agent.requests) == 3
        assert len({request_id_of(request) for request in agent.requests}) == 1
        assert engine.counters.retransmitted == 2


async def test_a_lost_packet_costs_nothing_but_time() -> None:
    def second_time(request: bytes, agent: ScriptedAgent) -> list[bytes]:
        return answers(request, agent) if len(agent.requests) == 2 else []

    async with ScriptedAgent(second_time) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(), [NAME])
        assert answer.problem is None


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    async with SnmpEngine() as engine:
        answer = await engine.get(SnmpTarget("gear", "no-such-host.invalid"), [NAME])
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.UNREACHABLE
        assert "does not resolve" in answer.problem.message


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x30\x82\xff\xff",
        b"0" * 60_000,
        b"\x30\x03\x02\x01\x01",
    ],
    ids=["http", "cut-off", "huge", "no-pdu"],
)
async def test_garbage_is_called_garbage(garbage: bytes) -> None:
    async with ScriptedAgent(lambda *_: [garbage]) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(), [NAME])
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.GARBAGE
        assert engine.counters.garbage == 2


async def test_an_answer_to_another_question_is_garbage() -> None:
    def wrong_name(request: bytes, _: ScriptedAgent) -> list[bytes]:
        return [response(request, [("1.3.6.1.4.1.9.9.9", HELLO)])]

    async with ScriptedAgent(wrong_name) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(), [NAME])
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.GARBAGE
        assert answer.values == {}


async def test_forged_ids_are_dropped_and_the_real_answer_still_counts() -> None:
    forged = ber.write(ber.OCTET_STRING, b"forged")

    def forger(request: bytes, agent: ScriptedAgent) -> list[bytes]:
        guess = request.replace(request_id_of(request), b"\x01\x02\x03\x04")
        return [response(guess, [(NAME, forged)]), *answers(request, agent)]

    async with ScriptedAgent(forger) as agent, SnmpEngine() as engine:
        answer = await engine.get(agent.target(), [NAME])
        assert answer.value(NAME) == b"hello"
        assert engine.counters.unsolicited == 1


async def test_answers_from_another_address_are_counted_and_not_believed() -> None:
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.2", 0))

    def from_elsewhere(request: bytes, agent: ScriptedAgent) -> list[bytes]:
        assert agent.client is not None
        stranger.sendto(response(request, [(NAME, HELLO)]), agent.client)
        return []

    with stranger:
        async with ScriptedAgent(from_elsewhere) as agent, SnmpEngine() as engine:
            answer = await engine.get(agent.target(retries=0), [NAME])
            assert answer.problem is not None
            assert answer.values == {}
            assert "127.0.0.2" in answer.problem.message
            assert engine.counters.wrong_source == 1


async def test_ids_cannot_be_predicted() -> None:
    async with ScriptedAgent(answers) as agent, SnmpEngine() as engine:
        for _ in range(40):
            await engine.get(agent.target(), [NAME])
        ids = [int.from_bytes(request_id_of(request)) for request in agent.requests]
        steps = {b - a for a, b in pairwise(ids)}
        assert len(set(ids)) == 40
        assert len(steps) > 30


async def test_the_deadline_ends_an_endless_table_with_what_was_read() -> None:
    def endless(request: bytes, agent: ScriptedAgent) -> list[bytes]:
        return [response(request, [(f"1.3.6.1.4.1.9.{len(agent.requests)}", HELLO)])]

    async with ScriptedAgent(endless) as agent, SnmpEngine() as engine:
        target = agent.target(deadline_s=0.3, timeout_s=0.2)
        answer = await engine.walk(target, ["1.3.6.1.4.1.9"])
        assert answer.problem is not None
        assert "partial answer" in answer.problem.message
        assert len(answer.values) > 5


async def test_never_more_in_flight_than_allowed() -> None:
    async with ScriptedAgent(lambda *_: []) as agent, SnmpEngine(max_in_flight=3) as engine:
        polls = [
            asyncio.create_task(engine.get(agent.target(timeout_s=0.2, retries=0), [NAME]))
            for _ in range(9)
        ]
        await until_async(lambda: len(agent.requests) >= 3, 5, "the first requests")
        assert engine.counters.sent == 3
        await asyncio.gather(*polls)
        assert engine.counters.sent == 9


async def test_answers_gather_only_while_that_keeps_nobody_waiting() -> None:
    async with ScriptedAgent(lambda *_: []) as agent, SnmpEngine(max_in_flight=3) as it:

        async def asks(count: int) -> asyncio.Task[object]:
            target = agent.target(timeout_s=30)
            task = asyncio.create_task(it.get(target, [NAME]))
            await until_async(lambda: len(agent.requests) == count, 5, "the request")
            return task

        assert it._gather_s() == 0
        polls = [await asks(1)]
        assert it._gather_s() == 0
        polls.append(await asks(2))
        assert it._gather_s() == GATHER_S
        polls.append(await asks(3))
        assert it._gather_s() == 0
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)


async def test_packets_that_came_meanwhile_are_read_together() -> None:
    clock, waits = asyncio.get_running_loop().time, [0.2]
    came: list[tuple[bytes, float]] = []
    udp = UdpSocket(
        socket.AF_INET,
        lambda packet, _: came.append((packet, clock())),
        lambda _: None,
        lambda: waits.pop() if waits else 0.0,
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        to = ("127.0.0.1", udp._socket.getsockname()[1])
        sender.sendto(b"1", to)
        await until_async(lambda: came, 5, "the first packet")
        for packet in (b"2", b"3"):
            sender.sendto(packet, to)
        await until_async(lambda: len(came) == 3, 5, "the others")
        assert [packet for packet, _ in came] == [b"1", b"2", b"3"]
        assert came[1][1] - came[0][1] >= 0.19
        waits.append(0.01)
        sender.sendto(b"4", to)
        await until_async(lambda: len(came) == 4, 5, "the last one")
        sender.sendto(b"never", to)
        udp.close()
        await asyncio.sleep(0.02)  # longer than what was left to wait
        assert len(came) == 4


async def test_a_cancelled_poll_leaves_nothing_behind() -> None:
    async with ScriptedAgent(lambda *_: []) as agent, SnmpEngine() as engine:
        poll = asyncio.create_task(engine.get(agent.target(timeout_s=30), [NAME]))
        await until_async(lambda: agent.requests, 5, "the request")
        poll.cancel()
        with pytest.raises(asyncio.CancelledError):
            await poll
        assert not engine._pending
        assert not engine._by_address


async def test_closing_answers_those_who_wait() -> None:
    async with ScriptedAgent(lambda *_: []) as agent:
        engine = SnmpEngine()
        poll = asyncio.create_task(engine.get(agent.target(timeout_s=30), [NAME]))
        await until_async(lambda: agent.requests, 5, "the request")
        engine.close()
        answer = await asyncio.wait_for(poll, 5)
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.FAILED


async def test_a_thousand_targets_share_one_socket() -> None:
    async with ScriptedAgent(answers) as agent, SnmpEngine(max_in_flight=64) as engine:
        results = await asyncio.gather(
            *(
                engine.get(
                    SnmpTarget(f"gear{n}", "127.0.0.1", agent.port, Community("public")), [NAME]
                )
                for n in range(1000)
            )
        )
        assert all(answer.problem is None for answer in results)
        assert len(engine._sockets) == 1
