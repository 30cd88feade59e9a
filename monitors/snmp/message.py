"""SNMP messages and PDUs as bytes (RFC 3416, RFC 1901): what is sent, and replies taken apart."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.template import Template

GET = 0xA0
GET_NEXT = 0xA1
GET_BULK = 0xA5
RESPONSE = 0xA2
REPORT = 0xA8
VERSION_1 = 0
VERSION_2C = 1
VERSION_3 = 3

TOO_BIG = 1
NO_SUCH_NAME = 2
ERROR_WORDS = (
    "noError",
    "tooBig",
    "noSuchName",
    "badValue",
    "readOnly",
    "genErr",
    "noAccess",
    "wrongType",
    "wrongLength",
    "wrongEncoding",
    "wrongValue",
    "noCreation",
    "inconsistentValue",
    "resourceUnavailable",
    "commitFailed",
    "undoFailed",
    "authorizationError",
    "notWritable",
    "inconsistentName",
)
"""RFC 3416, error-status, by number."""

MAX_VARBINDS = 9500
"""More do not fit into the largest UDP datagram."""


LENGTH_FORM = rb"(?:[\x00-\x7f]|\x81.|\x82..)"
"""A length as agents write it, in a regular expression; `read_length` reads it."""
_COMMON_HEAD = re.compile(rb"0%b\x02\x01\x01\x04([\x00-\x7f])" % LENGTH_FORM, re.DOTALL)
"""How nearly every v2c message starts: sequence, version, length of the community."""
_COMMON_ID = re.compile(rb"\xa2%b\x02\x04([\x00-\x7f]...)" % LENGTH_FORM, re.DOTALL)
_COMMON_PDU = re.compile(
    rb"[\xa2\xa8](%b)\x02\x04([\x00-\x7f]...)\x02\x01([\x00-\x7f])\x02\x01([\x00-\x7f])0(%b)"
    % (LENGTH_FORM, LENGTH_FORM),
    re.DOTALL,
)
"""How nearly every Response starts: lengths, request-id, error-status and error-index."""


@dataclass(slots=True)
class Ask:
    """One request without its id and its security: the part that a plan encodes once."""

    pdu_tag: int
    varbinds: bytes
    """The encoded SEQUENCE OF VarBind."""
    non_repeaters: int = 0
    """0 in a GET, where this place is error-status."""
    max_repetitions: int = 0
    """0 in a GET, where this place is error-index."""


@dataclass(slots=True)
class Pdu:
    """A Response or Report, taken apart as far as tag-length-value; `values` decodes further."""

    tag: int
    request_id: int
    error_status: int
    error_index: int
    oids: list[bytes]
    tlvs: list[bytes]
    varbinds: bytes = b""
    """The content of the SEQUENCE OF VarBind."""
    template: Template | None = None
    """Set when the answer has the form that was expected; then oids and tlvs were left empty."""

    @property
    def error_word(self) -> str:
        """The name of the error status."""
        if 0 <= self.error_status < len(ERROR_WORDS):
            return ERROR_WORDS[self.error_status]
        return f"error status {self.error_status}"


def ask_get(oids: Iterable[bytes]) -> Ask:
    """A GET of these OIDs (BER content bytes)."""
    return Ask(GET, _null_varbinds(oids))


def ask_next(oids: Iterable[bytes]) -> Ask:
    """A GETNEXT: one row behind these OIDs."""
    return Ask(GET_NEXT, _null_varbinds(oids))


def ask_bulk(oids: Iterable[bytes], repetitions: int) -> Ask:
    """A GETBULK in which every OID repeats."""
    return Ask(GET_BULK, _null_varbinds(oids), 0, repetitions)


def _null_varbinds(oids: Iterable[bytes]) -> bytes:
    return ber.write(
        ber.SEQUENCE,
        b"".join(
            bytes((0x30, len(oid) + 4, 0x06, len(oid))) + oid + b"\x05\x00"
            if len(oid) < 0x7C
            else ber.write(ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, oid) + b"\x05\x00")
            for oid in oids
        ),
    )


def encode_pdu(ask: Ask, message_id: int) -> bytes:
    """The PDU with its id. Ids are below 2**31 and are always written in four bytes."""
    varbinds = ask.varbinds
    head = b"\x02\x04%b\x02\x01%c\x02\x01%c" % (
        message_id.to_bytes(4),
        ask.non_repeaters,
        ask.max_repetitions,
    )
    length = len(head) + len(varbinds)
    if length < 0x80:
        return b"%c%c%b%b" % (ask.pdu_tag, length, head, varbinds)
    return ber.write(ask.pdu_tag, head + varbinds)


def encode_community_message(preamble: bytes, ask: Ask, message_id: int) -> bytes:
    """A whole v2c message; `preamble` is `community_preamble` of the target."""
    pdu = encode_pdu(ask, message_id)
    length = len(preamble) + len(pdu)
    if length < 0x80:
        return b"0%c%b%b" % (length, preamble, pdu)
    return ber.write(ber.SEQUENCE, preamble + pdu)


def community_preamble(community: bytes) -> bytes:
    """Version and community as they stand at the start of every v2c message."""
    return ber.write_integer(VERSION_2C) + ber.write(ber.OCTET_STRING, community)


def find_v2c_pdu(packet: bytes) -> tuple[int, int] | None:
    """The request-id and the place of the PDU, for a v2c Response in the common form.

    Only the id is to be believed so far: `decode_pdu` checks the lengths. None means that the slow
    way, `open_message`, has to tell what this is.
    """
    head = _COMMON_HEAD.match(packet)
    if head is None:
        return None
    at = head.end() + packet[head.end() - 1]
    found = _COMMON_ID.match(packet, at)
    return None if found is None else (int.from_bytes(found[1]), at)


def open_message(packet: bytes) -> tuple[int, int, int]:
    """The version of a message: (version, where the rest starts, where the message ends).

    Raises:
        DecodeError: The packet is not an SNMP message. Bytes behind the message are ignored: some
            agents pad.
    """
    start, stop = ber.expect(packet, 0, len(packet), ber.SEQUENCE)
    version, at = ber.read_integer(packet, start, stop)
    return version, at, stop


def decode_pdu(packet: bytes, at: int, end: int, expected: Template | None = None) -> Pdu:
    """Takes a Response or Report apart, as far as it has not the form that is expected.

    Raises:
        DecodeError: It is neither, or a length or a tag inside it is impossible.
    """
    known = _framed_pdu(packet, at, end, expected) if expected is not None else None
    if known is not None:
        return known
    common = _COMMON_PDU.match(packet, at, end)
    if common is not None:
        start = common.end()
        if start + read_length(common[5]) == end == common.end(1) + read_length(common[1]):
            varbinds = packet[start:end]
            pdu = Pdu(
                packet[at], int.from_bytes(common[2]), common[3][0], common[4][0], [], [], varbinds
            )
            if expected is not None and not pdu.error_status and expected.fits(varbinds):
                pdu.template = expected
                if pdu.tag == RESPONSE and not pdu.error_index:
                    before, behind = packet[at : common.start(2)], packet[common.end(2) : start]
                    expected.frame = before, behind
            else:
                split_varbinds(packet, start, end, pdu.oids, pdu.tlvs)
            return pdu
    return _decode_any_pdu(packet, at, end)


def _framed_pdu(packet: bytes, at: int, end: int, expected: Template) -> Pdu | None:
    """A Response without error whose lengths are all those of an earlier one of the same form."""
    if expected.frame is None:
        return None
    before, behind = expected.frame
    id_at = at + len(before)
    id_end = id_at + 4
    start = id_end + len(behind)
    if start > end or not (packet.startswith(before, at) and packet.startswith(behind, id_end)):
        return None
    varbinds = packet[start:end]
    if not expected.fits(varbinds):
        return None
    request_id = int.from_bytes(packet[id_at:id_end], signed=True)
    return Pdu(RESPONSE, request_id, 0, 0, [], [], varbinds, expected)


def read_length(written: bytes) -> int:
    """A length in one of the forms of `LENGTH_FORM`."""
    return int.from_bytes(written[1:] or written)


def _decode_any_pdu(packet: bytes, at: int, end: int) -> Pdu:
    tag, at, end = ber.read_header(packet, at, end)
    if tag not in (RESPONSE, REPORT):
        raise DecodeError(f"a PDU with tag 0x{tag:02x} is no answer")
    request_id, at = ber.read_integer(packet, at, end)
    error_status, at = ber.read_integer(packet, at, end)
    error_index, at = ber.read_integer(packet, at, end)
    start, stop = ber.expect(packet, at, end, ber.SEQUENCE)
    oids: list[bytes] = []
    tlvs: list[bytes] = []
    split_varbinds(packet, start, stop, oids, tlvs)
    return Pdu(tag, request_id, error_status, error_index, oids, tlvs, packet[start:stop])


def split_varbinds(packet: bytes, at: int, end: int, oids: list[bytes], tlvs: list[bytes]) -> None:
    """Appends each varbind's OID (content bytes) and value (tag, length and content).

    This loop runs once for every value that is ever read, so it spells out the common case, all
    lengths below 128, and leaves the rest to `_split_long`.

    Raises:
        DecodeError: A length passes its container, or a name is not an OID.
    """
    add_oid, add_tlv = oids.append, tlvs.append
    name = value = stop = 0
    while at < end:
        try:
            stop = at + 2 + packet[at + 1]
            name = at + 4
            value = name + packet[at + 3]
            simple = (
                packet[at] == 0x30
                and packet[at + 2] == 0x06
                and value + 2 + packet[value + 1] == stop <= end
                and name < value
                and packet[value - 1] < 0x80 > packet[at + 1]
            )
        except IndexError:
            simple = False
        if simple:
            add_oid(packet[name:value])
            add_tlv(packet[value:stop])
            at = stop
        else:
            at = _split_long(packet, at, end, oids, tlvs)
    if len(oids) > MAX_VARBINDS:
        raise DecodeError("more varbinds than a datagram can hold")


def _split_long(packet: bytes, at: int, end: int, oids: list[bytes], tlvs: list[bytes]) -> int:
    """One varbind with any of its lengths in the long form; returns where the next one starts."""
    start, stop = ber.expect(packet, at, end, ber.SEQUENCE)
    name, value = ber.expect(packet, start, stop, ber.OBJECT_IDENTIFIER)
    if not 0 < value - name <= 640 or packet[value - 1] >= 0x80:
        raise DecodeError("a name is empty, too long or ends inside a sub-identifier")
    _, _, value_stop = ber.read_header(packet, value, stop)
    if value_stop != stop:
        raise DecodeError("a varbind holds more than a name and a value")
    oids.append(packet[name:value])
    tlvs.append(packet[value:stop])
    return stop
