"""The decoder against pyasn1 and pysnmp as the oracle, for good, random and mutated packets."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api
from pysnmp.proto.rfc1902 import (
    Bits,
    Counter32,
    Counter64,
    Gauge32,
    Integer32,
    IpAddress,
    ObjectIdentifier,
    OctetString,
    Opaque,
    TimeTicks,
)

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import Pdu, decode_pdu, open_message, split_varbinds
from monitors.snmp.oid import encode_oid, oid_text
from monitors.snmp.template import Template, template_of
from monitors.snmp.values import Value, decode_value

V2C = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]

oid_texts = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20).map(
    lambda tail: ".".join(map(str, (1, 3, *tail)))
)
values = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(Integer32),
    st.binary(max_size=300).map(OctetString),
    st.integers(0, 2**32 - 1).map(Counter32),
    st.integers(0, 2**32 - 1).map(Gauge32),
    st.integers(0, 2**32 - 1).map(TimeTicks),
    st.integers(0, 2**64 - 1).map(Counter64),
    st.binary(min_size=4, max_size=4).map(IpAddress),
    oid_texts.map(ObjectIdentifier),
    st.binary(min_size=1, max_size=5).map(Opaque),
    st.just(Bits("")),
)


def packet_of(varbinds: list[tuple[str, object]], request_id: int) -> bytes:
    pdu = V2C.ResponsePDU()
    V2C.apiPDU.set_defaults(pdu)
    V2C.apiPDU.set_request_id(pdu, request_id)
    V2C.apiPDU.set_varbinds(pdu, varbinds)
    message = V2C.Message()
    V2C.apiMessage.set_defaults(message)
    V2C.apiMessage.set_community(message, "public")
    V2C.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


def decode(packet: bytes, expected: Template | None = None) -> Pdu:
    _, at, end = open_message(packet)
    _, at = ber.read_octets(packet, at, end)
    return decode_pdu(packet, at, end, expected)


def plain(value: object) -> Value:
    """An oracle's value as our decoder gives it."""
    if isinstance(value, IpAddress):
        return ".".join(str(byte) for byte in bytes(value))
    if isinstance(value, ObjectIdentifier):
        return str(value)
    if isinstance(value, (OctetString, Opaque)):
        return bytes(value)
    return int(value)  # type: ignore[call-overload, no-any-return]


@given(st.lists(st.tuples(oid_texts, values), max_size=30), st.integers(1, 2**31 - 1))
def test_agrees_with_pysnmp(varbinds: list[tuple[str, object]], request_id: int) -> None:
    pdu = decode(packet_of(varbinds, request_id))
    assert pdu.request_id == request_id
    assert (pdu.error_status, pdu.error_index) == (0, 0)
    assert list(map(oid_text, pdu.oids)) == [oid for oid, _ in varbinds]
    assert list(map(decode_value, pdu.tlvs)) == [plain(value) for _, value in varbinds]


@given(st.binary(max_size=400))
def test_random_bytes_raise_nothing_but_decode_error(packet: bytes) -> None:
    read_all(packet)


@given(
    st.lists(st.tuples(oid_texts, values), min_size=1, max_size=8),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    st.floats(0, 1),
)
def test_mutated_packets_raise_nothing_but_decode_error(
    varbinds: list[tuple[str, object]], edits: list[tuple[float, int]], cut: float
) -> None:
    packet = bytearray(packet_of(varbinds, 77))
    for where, byte in edits:
        packet[int(where * (len(packet) - 1))] = byte
    read_all(bytes(packet))
    read_all(bytes(packet[: int(cut * len(packet))]))


def read_all(packet: bytes) -> None:
    try:
        pdu = decode(packet)
    except DecodeError:
        return
    for oid, tlv in zip(pdu.oids, pdu.tlvs, strict=True):
        try:
            oid_text(oid)
            decode_value(tlv)
        except DecodeError:
            continue


@given(st.lists(st.tuples(oid_texts, values), min_size=1, max_size=5), st.floats(0, 1))
def test_what_we_read_of_a_mutated_packet_pyasn1_reads_alike(
    varbinds: list[tuple[str, object]], where: float
) -> None:
    packet = bytearray(packet_of(varbinds, 77))
    packet[int(where * (len(packet) - 1))] ^= 0x01
    try:
        ours = decode(bytes(packet))
        theirs, _ = decoder.decode(bytes(packet), asn1Spec=V2C.Message())
        pairs = V2C.apiPDU.get_varbinds(V2C.apiMessage.get_pdu(theirs))
    except Exception:  # one of the two refuses; only agreement is asked for
        return
    assert list(map(oid_text, ours.oids)) == [str(oid) for oid, _ in pairs]


@given(
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=8),
    st.integers(2**30, 2**31 - 1),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3),
    st.integers(0, 3),
)
def test_an_answer_like_the_last_one_is_read_as_any_other(
    numbers: list[int], request_id: int, edits: list[tuple[float, int]], cut: int
) -> None:
    oids = [f"1.3.6.1.{at}" for at in range(len(numbers))]
    first = packet_of([(oid, Integer32(n)) for oid, n in zip(oids, numbers, strict=True)], 2**30)
    pdu = decode(first)
    form = template_of(pdu.varbinds, pdu.oids, pdu.tlvs, ())
    assert decode(first, form).template is form
    assert form.frame is not None
    more = [(oid, Integer32(n ^ 1)) for oid, n in zip(oids, numbers, strict=True)]
    packet = bytearray(packet_of(more, request_id))
    for where, byte in edits:
        packet[int(where * (len(packet) - 1))] = byte
    packet = packet[: len(packet) - cut]
    assert outcome(bytes(packet), form) == outcome(bytes(packet), None)


def outcome(packet: bytes, expected: Template | None) -> object:
    """All that a reader learns of an answer, whether it had the expected form or not."""
    try:
        pdu = decode(packet, expected)
    except DecodeError:
        return None
    if pdu.template is not None:
        split_varbinds(pdu.varbinds, 0, len(pdu.varbinds), pdu.oids, pdu.tlvs)
        pdu.template = None
    return pdu


@pytest.mark.parametrize("count", [1, 2, 3, 4], ids=lambda count: f"length-of-{count}-bytes")
def test_long_form_lengths_are_read(count: int) -> None:
    name = ber.write(ber.OBJECT_IDENTIFIER, encode_oid("1.3.6.1"))
    value = bytes((ber.OCTET_STRING, 0x80 | count)) + (3).to_bytes(count) + b"abc"
    body = ber.write(ber.SEQUENCE, ber.write(ber.SEQUENCE, name + value))
    pdu = ber.write(0xA2, ber.write_integer(5) + ber.write_integer(0) * 2 + body)
    assert decode_value(decode_pdu(pdu, 0, len(pdu)).tlvs[0]) == b"abc"


@pytest.mark.parametrize(
    ("hexadecimal", "expected"),
    [
        ("4407 9f78 04 3f800000", 1.0),
        ("440b 9f79 08 4000000000000000", 2.0),
        ("4403 010203", b"\x01\x02\x03"),
        ("8000", None),
        ("8100", None),
        ("8200", None),
        ("0500", None),
        ("0209 00ffffffffffffffff", 2**64 - 1),
        ("4105 00ffffffff", 2**32 - 1),
        # Agents that forget the leading zero of an unsigned number.
        ("4204 ffffffff", 2**32 - 1),
    ],
)
def test_values_at_the_edge(hexadecimal: str, expected: Value) -> None:
    assert decode_value(bytes.fromhex(hexadecimal)) == expected


@pytest.mark.parametrize("hexadecimal", ["0200", "020a 00000000000000000000", "ff00", "0600"])
def test_impossible_values_are_refused(hexadecimal: str) -> None:
    with pytest.raises(DecodeError):
        decode_value(bytes.fromhex(hexadecimal))


def test_nan_in_opaque_is_a_float() -> None:
    tlv = bytes.fromhex("44079f7804") + struct.pack(">f", float("nan"))
    value = decode_value(tlv)
    assert isinstance(value, float)
    assert value != value  # noqa: PLR0124 - this is how NaN shows


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_written_in_the_fewest_bytes(value: int) -> None:
    written = ber.write_integer(value)
    assert int(decoder.decode(written)[0]) == value
    assert len(written) == 2 + next(
        size for size in range(1, 9) if -(2 ** (8 * size - 1)) <= value < 2 ** (8 * size - 1)
    )
