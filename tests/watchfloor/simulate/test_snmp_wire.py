"""The agent's own BER, answers and USM keys, against the RFCs and an independent encoder."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ

from tests.wait import until_async
from watchfloor.simulate import ber
from watchfloor.simulate.errors import GearError
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import GARBAGE, SnmpAgent
from watchfloor.simulate.snmp_pdu import (
    END_OF_MIB_VIEW,
    GET,
    GET_BULK,
    GET_NEXT,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    RESPONSE,
    SET,
)
from watchfloor.simulate.usm import SimulatedUser, UserKeys

ROWS = b"""1.3.6.1.2.1.1.1.0|4|a device
1.3.6.1.2.1.1.3.0|67|100000000
1.3.6.1.2.1.2.2.1.2.1|4|eth0
1.3.6.1.2.1.2.2.1.2.2|4|eth1
1.3.6.1.2.1.2.2.1.10.1|65|1000000000
1.3.6.1.2.1.2.2.1.10.2|65|0
1.3.6.1.2.1.31.1.1.1.6.1|70|1000000000000
1.3.6.1.2.1.99.1|4|%s
""" % (b"x" * 600)

oids = st.tuples(st.integers(0, 2), st.integers(0, 39)).flatmap(
    lambda head: st.lists(st.integers(0, 2**32 - 1), max_size=20).map(lambda tail: (*head, *tail))
)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def ask(
    agent: SnmpAgent,
    kind: int,
    *oids: str,
    first: int = 0,
    second: int = 0,
    community: str = "public",
) -> tuple[int, int, int, list[tuple[str, int, bytes]]] | None:
    """Request-id, error status, error index and the bindings of the answer; None for silence."""
    names = (tuple(map(int, oid.split("."))) for oid in oids)
    bindings = b"".join(
        ber.tlv(0x30, ber.tlv(0x06, ber.encode_oid(name)) + b"\x05\x00") for name in names
    )
    pdu = ber.integer(77) + ber.integer(first) + ber.integer(second) + ber.tlv(0x30, bindings)
    header = ber.integer(1) + ber.tlv(0x04, community.encode())
    answer = agent.answer(ber.tlv(0x30, header + ber.tlv(kind, pdu)))
    return None if answer is None else _read(answer)


def _read(answer: bytes) -> tuple[int, int, int, list[tuple[str, int, bytes]]]:
    outer = ber.expect(answer, 0, len(answer), 0x30)
    _, at = ber.read_integer(answer, outer.start, outer.stop)
    _, at = ber.read_octets(answer, at, outer.stop)
    pdu = ber.expect(answer, at, outer.stop, RESPONSE)
    request_id, at = ber.read_integer(answer, pdu.start, pdu.stop)
    status, at = ber.read_integer(answer, at, pdu.stop)
    index, at = ber.read_integer(answer, at, pdu.stop)
    bindings = ber.expect(answer, at, pdu.stop, 0x30)
    rows, at = [], bindings.start
    while at < bindings.stop:
        row = ber.expect(answer, at, bindings.stop, 0x30)
        name = ber.expect(answer, row.start, row.stop, 0x06)
        value = ber.read_tlv(answer, name.stop, row.stop)
        oid = ".".join(map(str, ber.decode_oid(answer[name.start : name.stop])))
        rows.append((oid, value.tag, answer[value.start : value.stop]))
        at = row.stop
    return request_id, status, index, rows


@given(oids)
def test_names_are_encoded_as_pyasn1_encodes_them(oid: tuple[int, ...]) -> None:
    assert ber.tlv(0x06, ber.encode_oid(oid)) == encoder.encode(univ.ObjectIdentifier(oid))
    assert ber.decode_oid(ber.encode_oid(oid)) == oid


@given(st.integers(-(2**31), 2**64 - 1))
def test_numbers_are_read_back_by_pyasn1_and_as_short_as_can_be(number: int) -> None:
    decoded, rest = decoder.decode(ber.integer(number))
    assert (int(decoded), rest) == (number, b"")
    assert len(ber.integer(number)) <= len(encoder.encode(univ.Integer(number)))


@given(st.binary(max_size=70_000))
def test_lengths_are_read_back_by_pyasn1(content: bytes) -> None:
    decoded, rest = decoder.decode(ber.tlv(0x04, content))
    assert bytes(decoded) == content
    assert not rest


@given(st.binary(max_size=200))
def test_no_octets_upset_the_agent(datagram: bytes) -> None:
    agent = SnmpAgent(Recording.parse(ROWS), users=[SimulatedUser("u", "password1", "password2")])
    assert agent.answer(datagram) is None or datagram.startswith(b"\x30")


def test_get_tells_a_missing_instance_from_a_missing_object() -> None:
    agent = SnmpAgent(Recording.parse(ROWS))
    answer = ask(agent, GET, "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.2.2.1.2.9", "1.3.6.1.2.1.7.1.0")
    assert answer is not None
    request_id, status, _, rows = answer
    assert (request_id, status) == (77, 0)
    assert rows[0] == ("1.3.6.1.2.1.1.1.0", 0x04, b"a device")
    assert [tag for _, tag, _ in rows[1:]] == [NO_SUCH_INSTANCE, NO_SUCH_OBJECT]


def test_get_next_ends_with_the_name_that_was_asked() -> None:
    answer = ask(SnmpAgent(Recording.parse(ROWS)), GET_NEXT, "1.3.6.1.2.1.1.1.0", "1.3.7")
    assert answer is not None
    rows = answer[3]
    assert rows[0][0] == "1.3.6.1.2.1.1.3.0"
    assert rows[1] == ("1.3.7", END_OF_MIB_VIEW, b"")


def test_get_bulk_takes_non_repeaters_once_and_columns_in_turn() -> None:
    agent = SnmpAgent(Recording.parse(ROWS))
    columns = ("1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.10")
    answer = ask(agent, GET_BULK, "1.3.6.1.2.1.1", *columns, first=1, second=2)
    assert answer is not None
    assert [oid for oid, _, _ in answer[3]] == [
        "1.3.6.1.2.1.1.1.0",
        "1.3.6.1.2.1.2.2.1.2.1",
        "1.3.6.1.2.1.2.2.1.10.1",
        "1.3.6.1.2.1.2.2.1.2.2",
        "1.3.6.1.2.1.2.2.1.10.2",
    ]


def test_get_bulk_stops_at_the_end_of_the_view() -> None:
    answer = ask(SnmpAgent(Recording.parse(ROWS)), GET_BULK, "1.3.6.1.2.1.31", second=50)
    assert answer is not None
    assert [tag for _, tag, _ in answer[3]] == [0x46, 0x04, END_OF_MIB_VIEW]


@pytest.mark.parametrize("limit", [484, 700, 1472])
def test_get_bulk_is_cut_to_what_a_message_holds(limit: int) -> None:
    agent = SnmpAgent(Recording.parse(ROWS * 1), max_message_octets=limit)
    answer = ask(agent, GET_BULK, "1.3.6.1", second=2**31 - 1)
    assert answer is not None
    assert answer[1] == 0
    assert (("1.3.6.1.2.1.99.1") in {oid for oid, _, _ in answer[3]}) == (limit > 900)


def test_what_cannot_be_cut_is_too_big() -> None:
    agent = SnmpAgent(Recording.parse(ROWS), max_message_octets=484)
    assert ask(agent, GET, "1.3.6.1.2.1.99.1") == (77, 1, 0, [])


def test_set_is_refused_and_changes_nothing() -> None:
    agent = SnmpAgent(Recording.parse(ROWS))
    answer = ask(agent, SET, "1.3.6.1.2.1.1.1.0")
    assert answer is not None
    assert answer[1:3] == (6, 1)
    assert agent.recording.value("1.3.6.1.2.1.1.1.0") == b"a device"


def test_a_wrong_community_hears_nothing() -> None:
    recording = Recording.parse(ROWS)
    assert ask(SnmpAgent(recording), GET, "1.3.6.1.2.1.1.1.0", community="private") is None
    assert ask(SnmpAgent(recording, community=None), GET, "1.3.6.1.2.1.1.1.0") is None


def test_time_and_counters_move_on_and_zero_stays() -> None:
    clock = Clock()
    agent = SnmpAgent(Recording.parse(ROWS), clock=clock)
    clock.now_s += 10_000  # one hundredth of the recorded uptime
    answer = ask(
        agent,
        GET,
        "1.3.6.1.2.1.1.3.0",
        "1.3.6.1.2.1.2.2.1.10.1",
        "1.3.6.1.2.1.31.1.1.1.6.1",
        "1.3.6.1.2.1.2.2.1.10.2",
    )
    assert answer is not None
    moved = [int.from_bytes(value, "big") for _, _, value in answer[3]]
    assert moved == [101_000_000, 1_010_000_000, 1_010_000_000_000, 0]
    agent.reboot()
    clock.now_s += 5
    answer = ask(agent, GET, "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.2.2.1.10.1")
    assert answer is not None
    assert [int.from_bytes(value, "big") for _, _, value in answer[3]] == [500, 5000]


def test_a_still_agent_serves_what_was_recorded() -> None:
    clock = Clock()
    agent = SnmpAgent(Recording.parse(ROWS), clock=clock, advance=False)
    clock.now_s += 10_000
    answer = ask(agent, GET, "1.3.6.1.2.1.1.3.0")
    assert answer is not None
    assert int.from_bytes(answer[3][0][2], "big") == 100_000_000


def test_edits_count_down_and_are_undone() -> None:
    clock = Clock()
    agent = SnmpAgent(Recording.parse(ROWS), clock=clock)
    agent.edit("1.3.6.1.2.1.2.2.1.10.1", 100, rate_per_s=-1)
    agent.add("1.3.6.1.2.1.1.5.0", 4, "added")
    agent.remove("1.3.6.1.2.1.1.1.0")
    clock.now_s += 40
    answer = ask(agent, GET, "1.3.6.1.2.1.2.2.1.10.1", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.1.0")
    assert answer is not None
    assert answer[3][0][2] == bytes((60,))
    assert answer[3][1][2] == b"added"
    assert answer[3][2][1] == NO_SUCH_OBJECT
    clock.now_s += 400
    assert ask(agent, GET, "1.3.6.1.2.1.2.2.1.10.1")[3][0][2] == b"\0"  # type: ignore[index]
    agent.restore()
    assert [row.name for row in agent.recording] == [r.name for r in Recording.parse(ROWS)]
    assert agent.recording.value("1.3.6.1.2.1.2.2.1.10.1") == 1_000_000_000


def test_answers_can_be_wrong() -> None:
    agent = SnmpAgent(Recording.parse(ROWS))
    agent.faults.wrong_request_id = True
    assert ask(agent, GET, "1.3.6.1.2.1.1.1.0")[0] == 78  # type: ignore[index]
    agent.faults.wrong_request_id = False
    agent.faults.stuck_oids = True
    rows = ask(agent, GET_NEXT, "1.3.6.1.2.1.1.1.0")[3]  # type: ignore[index]
    assert rows[0][0] == "1.3.6.1.2.1.1.1.0"
    agent.faults.error_status = 5
    assert ask(agent, GET, "1.3.6.1.2.1.1.1.0")[1] == 5  # type: ignore[index]


class Asker(asyncio.DatagramProtocol):
    """Keeps what comes back."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait(data)


async def test_faults_on_the_wire_come_and_go() -> None:
    name = ber.tlv(0x06, ber.encode_oid((1, 3, 6, 1, 2, 1, 1, 1, 0)))
    pdu = ber.integer(1) * 3 + ber.tlv(0x30, ber.tlv(0x30, name + b"\x05\x00"))
    message = ber.integer(1) + ber.tlv(0x04, b"public") + ber.tlv(GET, pdu)
    async with SnmpAgent(Recording.parse(ROWS)) as agent:
        transport, asker = await asyncio.get_running_loop().create_datagram_endpoint(
            Asker, remote_addr=agent.address
        )

        async def heard() -> bytes:
            transport.sendto(ber.tlv(0x30, message))
            return await asyncio.wait_for(asker.heard.get(), 5)

        whole = await heard()
        agent.faults.truncate = True
        assert await heard() == whole[: len(whole) // 2]
        agent.faults.truncate = False
        agent.faults.garbage = GARBAGE
        assert await heard() == GARBAGE
        agent.faults.garbage = None
        agent.faults.silence = True
        transport.sendto(ber.tlv(0x30, message))
        await until_async(lambda: agent.requests == 4, 5, "the agent to hear the fourth request")
        agent.faults.silence, agent.faults.drop_rate = False, 1.0
        transport.sendto(ber.tlv(0x30, message))
        await until_async(lambda: agent.requests == 5, 5, "the agent to hear the fifth request")
        agent.faults.drop_rate, agent.faults.delay_s = 0.0, 0.05
        assert await heard() == whole
        assert asker.heard.empty()
        transport.close()


async def test_a_service_names_a_port_that_it_cannot_have() -> None:
    async with SnmpAgent(Recording.parse(ROWS)) as agent:
        host, port = agent.address
        with pytest.raises(GearError, match=f"no service on {host} port {port}"):
            async with SnmpAgent(Recording.parse(ROWS), port=port):
                pass


def test_keys_are_the_ones_of_the_standard() -> None:
    """RFC 3414 A.3.2: the localised SHA key of `maplesyrup`, proved by its digest."""
    import hmac

    engine = bytes(11) + b"\x02"
    key = bytes.fromhex("6695febc9288e36282235fc7151f128497b38f3f")
    user = SimulatedUser("u", "maplesyrup", "maplesyrup", auth="SHA-1")
    assert UserKeys(user, engine).digest(b"text") == hmac.digest(key, b"text", "sha1")[:12]


def test_users_show_no_password_and_need_a_long_one() -> None:
    assert "secret-word" not in repr(SimulatedUser("u", "secret-word-1", "secret-word-2"))
    with pytest.raises(GearError, match="8 characters"):
        SimulatedUser("u", "short", "password2")
    with pytest.raises(GearError, match="unknown protocol"):
        SimulatedUser("u", "password1", "password2", auth="MD5")
