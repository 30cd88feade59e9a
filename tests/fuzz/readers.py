"""Everything that reads octets from the network, with good examples to start from.

A reader may raise the errors that are named with it, and nothing else.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from monitors.events import EventError, parse_event
from monitors.heard import parse_heard
from monitors.ipmi import framing, fru, records
from monitors.ipmi.errors import MalformedPacketError, StrayPacketError
from monitors.ipmi.events import decode_entry
from monitors.ipmi.login import parse_auth_capabilities
from monitors.ipmi.messages import Request, checksum, encode_request, parse_reply
from monitors.net.digest import NoDigestError, best_challenge
from monitors.net.head import MalformedHeadError, parse_head
from monitors.pjlink.errors import RefusedError
from monitors.pjlink.protocol import NotPjlinkError, parse_answer, parse_greeting
from monitors.reach import ntp
from monitors.receiver.notice import read_notice
from monitors.receiver.notification import read_notification
from monitors.receiver.syslog_line import read_line
from monitors.redfish.document import Document, MalformedDocumentError
from monitors.redfish.logs import decode_entry as decode_redfish_entry
from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import (
    ask_bulk,
    community_preamble,
    decode_pdu,
    encode_community_message,
    find_v2c_pdu,
    open_message,
)
from monitors.snmp.oid import encode_oid, oid_text
from monitors.snmp.usm import Auth, KeyRing, Priv, Salt, UsmUser
from monitors.snmp.usm_message import open_usm
from monitors.snmp.usm_session import UsmSession
from monitors.snmp.values import decode_value, text_of

Read = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Reader:
    """One of them."""

    name: str
    read: Read
    allowed: tuple[type[Exception], ...]
    examples: tuple[bytes, ...]


SESSION = UsmSession(
    UsmUser("wf", Auth.SHA256, "authentication", Priv.AES128, "privacy-phrase"),
    KeyRing(),
    Salt(),
)
_OIDS = [encode_oid("1.3.6.1.2.1.1.3.0"), encode_oid("1.3.6.1.2.1.2.2.1.10.1")]
_NAMES = [ber.write(ber.OBJECT_IDENTIFIER, oid) for oid in _OIDS]


def _response(tag: int) -> bytes:
    """A message of v2c with two values."""
    values = [b"\x43\x04\x01\x02\x03\x04", b"\x04\x05eth\x000"]
    rows = b"".join(
        ber.write(ber.SEQUENCE, name + value) for name, value in zip(_NAMES, values, strict=True)
    )
    head = ber.write_integer(77) + ber.write_integer(0) * 2
    pdu = ber.write(tag, head + ber.write(ber.SEQUENCE, rows))
    return ber.write(ber.SEQUENCE, community_preamble(b"public") + pdu)


def _trap() -> bytes:
    name = ber.write(ber.OBJECT_IDENTIFIER, encode_oid("1.3.6.1.6.3.1.1.4.1.0"))
    value = ber.write(ber.OBJECT_IDENTIFIER, encode_oid("1.3.6.1.6.3.1.1.5.3"))
    rows = ber.write(ber.SEQUENCE, _NAMES[0] + b"\x43\x01\x05") + ber.write(
        ber.SEQUENCE, name + value
    )
    head = ber.write_integer(1) + ber.write_integer(0) * 2
    return ber.write(0xA7, head + ber.write(ber.SEQUENCE, rows))


def _read_snmp(packet: bytes) -> None:
    common = find_v2c_pdu(packet)
    if common is not None:
        _, at, end = *common, len(packet)
    else:
        _, at, end = open_message(packet)
        _, at = ber.read_octets(packet, at, end)
    pdu = decode_pdu(packet, at, end)
    for oid, tlv in zip(pdu.oids, pdu.tlvs, strict=True):
        with suppress(DecodeError):
            oid_text(oid)
            text_of(decode_value(tlv))


def _read_usm(packet: bytes) -> None:
    _, at, end = open_message(packet)
    open_usm(packet, at, end)
    with suppress(DecodeError):  # an answer that nobody asked for
        SESSION.judge(packet, at, end, 1, 0.0)


def _read_ipmi(packet: bytes) -> None:
    for read in (framing.unwrap_sessionless, framing.unwrap_handshake):
        with suppress(MalformedPacketError, StrayPacketError):
            read(packet)
    reply = parse_reply(framing.unwrap_sessionless(packet))
    parse_auth_capabilities(bytes(reply.response.data))


def _ipmi_reply() -> bytes:
    data = bytes((0x01, 0x80, 0x04, 0x02, 0, 0, 0, 0))
    head = bytes((0x81, 0x07 << 2))
    body = bytes((0x20, 0x04, 0x38, 0)) + data
    message = head + bytes((checksum(head),)) + body + bytes((checksum(body),))
    return framing.wrap_sessionless(message)


def _read_sensor_record(raw: bytes) -> None:
    records.read_records([raw])


def _read_log_entry(raw: bytes) -> None:
    decode_entry(raw.ljust(16, b"\0")[:16], {})


def _read_redfish(octets: bytes) -> None:
    document = Document.parse(octets)
    for key in ("Id", "Created", "Message", "Members"):
        document.text(key)
        document.number(key)
    decode_redfish_entry(document)


def _read_pjlink(line: bytes) -> None:
    with suppress(NotPjlinkError):
        parse_greeting(line)
    parse_answer(line, "POWR")


def _read_ntp(packet: bytes) -> None:
    ntp.parse_reply(packet, 7, 1_700_000_000.0, 1_700_000_000.1)


def _read_challenge(octets: bytes) -> None:
    best_challenge([octets.decode("latin-1")])


_ENTRY = b'{"Id": "7", "Created": "2026-03-01T12:00:00Z", "Message": "Fan failed", "Members": []}'
_EVENT = (
    b'{"id": "run-1", "kind": "drift", "at": "2026-03-01T12:00:00Z", "actor": "drift",'
    b' "device": "srv-1", "payload": {"changes": 1, "summary": "sshd"}}'
)
_HEARD = b'{"at": "2026-03-01T12:00:00Z", "status": {"received": {"trap": 1}}, "events": []}'
_NTP = bytes((4 << 3 | 4, 2)) + ntp.request(7)[2:24] + (7).to_bytes(8) + b"\xe9" * 16
_SENSOR = bytes.fromhex("010051012c20000401") + bytes(34) + b"\xc4Fan1"
_FRU = bytes((1, 8, 0)) + b"\xc4ACME" + b"\xc3SX1" + b"\xc2P1" + b"\xc1A" + b"\xc4S123" + b"\xc1"

READERS: tuple[Reader, ...] = (
    Reader(
        "snmp",
        _read_snmp,
        (DecodeError,),
        (
            _response(0xA2),
            _response(0xA8),
            encode_community_message(community_preamble(b"public"), ask_bulk(_OIDS, 25), 77),
        ),
    ),
    Reader(
        "snmp v3", _read_usm, (DecodeError,), (SESSION.encode(ask_bulk(_OIDS, 25), 2**30, 0.0),)
    ),
    Reader("trap", lambda p: read_notification(p, 0, len(p)), (DecodeError,), (_trap(),)),
    Reader(
        "ipmi",
        _read_ipmi,
        (MalformedPacketError, StrayPacketError),
        (_ipmi_reply(), framing.wrap_sessionless(encode_request(Request(6, 0x38, b"\x8e\x04"), 1))),
    ),
    Reader("ipmi sensor", _read_sensor_record, (), (_SENSOR,)),
    Reader(
        "ipmi log entry", _read_log_entry, (), (bytes.fromhex("0100020000000020000401e0018001ff"),)
    ),
    Reader(
        "ipmi product",
        lambda area: (fru.product_identity(area), fru.board_identity(area)),
        (),
        (_FRU,),
    ),
    Reader("redfish", _read_redfish, (MalformedDocumentError,), (_ENTRY,)),
    Reader(
        "http head",
        parse_head,
        (MalformedHeadError,),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",),
    ),
    Reader(
        "digest",
        _read_challenge,
        (NoDigestError,),
        (b'Digest realm="cam", nonce="a1", algorithm=SHA-256, qop="auth,auth-int"',),
    ),
    Reader(
        "pjlink", _read_pjlink, (NotPjlinkError, RefusedError), (b"%1POWR=1", b"PJLINK 1 498e4a67")
    ),
    Reader("pjlink notice", read_notice, (), (b"%2ERST=000100\r",)),
    Reader("ntp", _read_ntp, (ntp.MalformedReplyError, ntp.KissError), (_NTP,)),
    Reader(
        "syslog",
        read_line,
        (),
        (
            b'<165>1 2026-03-01T12:00:00Z sw-a app 1 ID7 [x@1 a="b"] text',
            b"<34>Mar  1 12:00:00 sw-a su[7]: failed",
        ),
    ),
    Reader("event", parse_event, (EventError,), (_EVENT,)),
    Reader("receiver's batch", parse_heard, (EventError,), (_HEARD,)),
)
