"""Packets: what we write can be read, and nothing hostile escapes the one error."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.ipmi import framing, rakp
from monitors.ipmi.ciphers import SUITE_3, SUITE_17, CipherSuite, derive_keys
from monitors.ipmi.errors import MalformedPacketError, StrayPacketError, WrongPasswordError
from monitors.ipmi.framing import SealedFraming
from monitors.ipmi.login import parse_auth_capabilities, parse_cipher_records
from monitors.ipmi.messages import Request, Response, checksum, encode_request, parse_reply

SUITES = st.sampled_from([SUITE_3, SUITE_17])
MESSAGES = st.binary(min_size=1, max_size=280)
CONSOLE, MANAGED = 0x11223344, 0x55667788


def two_ends(suite: CipherSuite) -> tuple[SealedFraming, SealedFraming]:
    """A console and what its BMC would be: the same keys, the ids swapped."""
    keys = derive_keys(suite, b"k" * suite.proof_length)
    return (
        SealedFraming(suite, keys, CONSOLE, MANAGED),
        SealedFraming(suite, keys, MANAGED, CONSOLE),
    )


@given(SUITES, st.lists(MESSAGES, max_size=8))
def test_sealed_messages_arrive_in_any_number(suite: CipherSuite, messages: list[bytes]) -> None:
    console, bmc = two_ends(suite)
    for message in messages:
        assert console.unwrap(bmc.wrap(message)) == message


@given(SUITES, MESSAGES, st.data())
def test_a_sealed_packet_with_one_changed_bit_is_not_believed(
    suite: CipherSuite, message: bytes, data: st.DataObject
) -> None:
    console, bmc = two_ends(suite)
    packet = bytearray(bmc.wrap(message))
    at = data.draw(st.integers(4, len(packet) - 1))
    packet[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(MalformedPacketError):
        console.unwrap(bytes(packet))


@given(SUITES, st.permutations(range(12)))
def test_reordered_packets_arrive_once_each(suite: CipherSuite, order: list[int]) -> None:
    console, bmc = two_ends(suite)
    packets = [bmc.wrap(bytes((number,))) for number in range(12)]
    assert [console.unwrap(packets[number])[0] for number in order] == order
    for packet in packets:
        with pytest.raises(StrayPacketError):
            console.unwrap(packet)


def test_a_packet_from_long_ago_is_not_believed() -> None:
    console, bmc = two_ends(SUITE_17)
    first = bmc.wrap(b"first")
    for _ in range(40):
        console.unwrap(bmc.wrap(b"later"))
    with pytest.raises(StrayPacketError):
        console.unwrap(first)


def test_no_two_packets_share_their_vector() -> None:
    _, bmc = two_ends(SUITE_3)
    vectors = {bmc.wrap(b"the same")[16:32] for _ in range(64)}
    assert len(vectors) == 64


@given(st.binary(max_size=400), SUITES)
@settings(max_examples=300)
def test_any_packet_is_read_or_refused(packet: bytes, suite: CipherSuite) -> None:
    console, _ = two_ends(suite)
    for read in (
        console.unwrap,
        framing.unwrap_sessionless,
        framing.unwrap_handshake,
        lambda each: parse_reply(framing.unwrap_sessionless(each)),
    ):
        with suppress(MalformedPacketError):
            read(framing.RMCP + packet)


@given(st.binary(max_size=120), SUITES)
@settings(max_examples=300)
def test_any_handshake_message_is_read_or_refused(payload: bytes, suite: CipherSuite) -> None:
    claim = a_claim(suite)
    challenge = rakp.Challenge(MANAGED, b"r" * 16, b"g" * 16)
    keys = rakp.session_keys(claim, challenge)
    for read in (
        lambda: rakp.parse_open_response(payload, CONSOLE, suite),
        lambda: rakp.parse_rakp2(payload, claim, MANAGED),
        lambda: rakp.check_rakp4(payload, claim, challenge, keys),
    ):
        with suppress(MalformedPacketError, WrongPasswordError):
            read()


@given(st.binary(max_size=64))
def test_what_a_bmc_says_before_the_login_never_breaks_us(data: bytes) -> None:
    told = parse_auth_capabilities(data)
    assert (told is None) == (len(data) < 4)
    assert len(parse_cipher_records(data)) <= len(data)


def test_cipher_records_with_a_vendors_own_suite() -> None:
    records = bytes.fromhex("c000004080 c00301 4181 c18057010001 4181 c011034481".replace(" ", ""))
    assert parse_cipher_records(records) == (0, 3, 17)


def test_a_request_is_laid_out_as_the_specification_says() -> None:
    message = encode_request(Request(0x06, 0x38, b"\x8e\x02", lun=1), 5)
    assert message[:2] == bytes((0x20, 0x06 << 2 | 1))
    assert message[3:6] == bytes((0x81, 5 << 2, 0x38))
    assert sum(message[:3]) & 0xFF == sum(message[3:]) & 0xFF == 0


@given(st.integers(0, 31), st.integers(0, 63), st.binary(max_size=60))
def test_a_response_tells_what_it_answers(netfn: int, sequence: int, data: bytes) -> None:
    head = bytes((0x81, (2 * netfn + 1) << 2))
    body = bytes((0x20, sequence << 2, 0x2D, 0)) + data
    reply = parse_reply(b"%b%c%b%c" % (head, checksum(head), body, checksum(body)))
    assert (reply.netfn, reply.sequence, reply.command) == (2 * netfn + 1, sequence, 0x2D)
    assert reply.response == Response(0, data)


def test_secrets_do_not_show() -> None:
    claim = a_claim(SUITE_17)
    assert "pass" not in repr(claim)
    assert "k2" not in repr(derive_keys(SUITE_17, b"s" * 32))


def test_the_packet_is_the_one_that_pyghmi_would_accept() -> None:
    """The seal of suite 3, checked by pyghmi's own session code."""
    from pyghmi.ipmi.private import session as pyghmi_session

    console, bmc = two_ends(SUITE_3)
    packet = bmc.wrap(b"\x81\x1c\x63\x20\x04\x01\x00\xdb")
    keys = derive_keys(SUITE_3, b"k" * 20)
    seen: list[bytes] = []
    theirs = object.__new__(pyghmi_session.Session)
    theirs.k1, theirs.aeskey, theirs.localsid = keys.k1, keys.k2, CONSOLE
    theirs.currhashlib, theirs.currhashlen, theirs.integrityalgo = "sha1", 12, 1
    theirs.confalgo, theirs.sessionid, theirs.remseqnumber = "aes", MANAGED, None
    theirs._crypto_backend = None
    theirs._parse_ipmi_payload = lambda payload: seen.append(bytes(payload))
    theirs._handle_ipmi2_packet(bytearray(packet))
    assert seen == [console.unwrap(packet)]


def a_claim(suite: CipherSuite) -> rakp.Claim:
    return rakp.Claim(suite, b"monitor", b"pass", 2, CONSOLE, b"c" * 16)


def test_the_lengths_of_the_handshake_are_those_of_the_specification() -> None:
    assert len(rakp.encode_open_request(1, 2, CONSOLE, SUITE_17)) == 32
    assert len(rakp.encode_rakp1(1, a_claim(SUITE_17), MANAGED)) == 28 + len("monitor")
    challenge = rakp.Challenge(MANAGED, b"r" * 16, b"g" * 16)
    assert len(rakp.encode_rakp3(1, a_claim(SUITE_17), challenge)) == 8 + 32
    assert struct.unpack("<I", rakp.encode_rakp3(1, a_claim(SUITE_3), challenge)[4:8])[0] == MANAGED
