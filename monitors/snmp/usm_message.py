"""The SNMPv3 message around a scoped PDU, with the parameters of the user-based security model.

RFC 3412 section 6 and RFC 3414 section 2.4. Within one second of the agent's clock, all messages
of one session carry the same parameters but for code and salt: they are taken apart only once.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import LENGTH_FORM, VERSION_3, read_length

AUTH_FLAG, PRIV_FLAG, REPORTABLE_FLAG = 1, 2, 4
USM_MODEL = 3
MAX_MESSAGE_BYTES = 65507
MAX_BOOTS = 2**31 - 1
SALT_BYTES = 8

_VERSION = ber.write_integer(VERSION_3)
_SIZE_AND_FLAGS = ber.write_integer(MAX_MESSAGE_BYTES) + bytes((ber.OCTET_STRING, 1))
_MODEL = ber.write_integer(USM_MODEL)
_COMMON_START = re.compile(
    rb"0(%b)\x02\x01\x03(?=0[\x00-\x7f]\x02\x04([\x00-\x7f]...))" % LENGTH_FORM, re.DOTALL
)
"""How nearly every v3 message starts: length, version; in the header behind it, the msgID."""
_COMMON_HEADER = re.compile(
    rb"0[\x0d-\x7f]\x02\x04(....)\x02(?:\x02..|\x03...|\x04....)\x04\x01.\x02\x01\x03", re.DOTALL
)
"""How nearly every header looks: length, msgID, msgMaxSize, flags, security model."""


class UsmMessage(NamedTuple):
    """The parts of a v3 message that the checks need."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    code_at: int
    code_bytes: int
    salt: bytes
    data_at: int
    end: int


def find_v3_header(packet: bytes) -> tuple[int, int, int] | None:
    """For a message in the common form: (msgID, where its header starts, where it ends).

    None means that the slow way, `open_message`, has to tell what this is.
    """
    start = _COMMON_START.match(packet)
    if start is None:
        return None
    end = start.end(1) + read_length(start[1])
    return (int.from_bytes(start[2]), start.end(), end) if end <= len(packet) else None


def message_id_of(packet: bytes, at: int, end: int) -> int:
    """The msgID of a v3 message, read from behind its version."""
    start, stop = ber.expect(packet, at, end, ber.SEQUENCE)
    return ber.read_integer(packet, start, stop)[0]


def open_usm(packet: bytes, at: int, end: int) -> UsmMessage:
    """The security parameters of a v3 message, behind its version. Raises `DecodeError`."""
    start, header_stop = ber.expect(packet, at, end, ber.SEQUENCE)
    message_id, start = ber.read_integer(packet, start, header_stop)
    _, start = ber.read_integer(packet, start, header_stop)
    flags, start = ber.read_octets(packet, start, header_stop)
    model, _ = ber.read_integer(packet, start, header_stop)
    if len(flags) != 1 or model != USM_MODEL:
        raise DecodeError("not a message of the user-based security model")
    start, security_stop = ber.expect(packet, header_stop, end, ber.OCTET_STRING)
    start, stop = ber.expect(packet, start, security_stop, ber.SEQUENCE)
    engine_id, start = ber.read_octets(packet, start, stop)
    boots, start = ber.read_integer(packet, start, stop)
    time_s, start = ber.read_integer(packet, start, stop)
    user, start = ber.read_octets(packet, start, stop)
    code_at, start = ber.expect(packet, start, stop, ber.OCTET_STRING)
    code_bytes = start - code_at
    salt, _ = ber.read_octets(packet, start, stop)
    if not (0 <= boots <= MAX_BOOTS and 0 <= time_s <= MAX_BOOTS):
        raise DecodeError("engine boots or engine time is out of range")
    return UsmMessage(
        message_id,
        flags[0],
        engine_id,
        boots,
        time_s,
        user,
        code_at,
        code_bytes,
        salt,
        security_stop,
        end,
    )


class Opener:
    """`open_usm` for one agent: what stands in its messages for a second is read once."""

    __slots__ = ("_code_bytes", "_head", "_lead", "_salt_head", "_stated")

    def __init__(self) -> None:
        self._lead = b""
        """How the header of the last message began, up to its id."""
        self._head = b""
        """What stood between its id and its code."""
        self._salt_head = b""
        """Tag and length of its salt, which was the last of them."""
        self._stated = 0, b"", 0, 0, b""
        """Its flags, engine, boots, time and user."""
        self._code_bytes = 0

    def open(self, packet: bytes, at: int, end: int) -> UsmMessage:
        """The same as `open_usm` of the same message. Raises `DecodeError`."""
        lead, head, salt_head = self._lead, self._head, self._salt_head
        id_at = at + len(lead)
        id_end = id_at + 4
        code_at = id_end + len(head)
        salt_at = code_at + self._code_bytes + len(salt_head)
        data_at = salt_at + salt_head[-1] if head else end + 1
        if (
            data_at > end
            or not packet.startswith(lead, at)
            or not packet.startswith(head, id_end)
            or packet[code_at + self._code_bytes : salt_at] != salt_head
        ):
            message = open_usm(packet, at, end)
            self._learn(packet, at, message)
            return message
        return UsmMessage(
            int.from_bytes(packet[id_at:id_end], signed=True),
            *self._stated,
            code_at,
            self._code_bytes,
            packet[salt_at:data_at],
            data_at,
            end,
        )

    def _learn(self, packet: bytes, at: int, message: UsmMessage) -> None:
        header = _COMMON_HEADER.match(packet, at, message.end)
        if header is None or header.end() != at + 2 + packet[at + 1]:
            return
        code_end = message.code_at + message.code_bytes
        salt_head = bytes((ber.OCTET_STRING, len(message.salt)))
        salt_at = code_end + len(salt_head)
        if packet[code_end:salt_at] != salt_head or salt_at + len(message.salt) != message.data_at:
            return  # not in the shortest form, or something stands behind the salt
        self._lead, self._head = (
            packet[at : header.start(1)],
            packet[header.end(1) : message.code_at],
        )
        self._salt_head, self._code_bytes = salt_head, message.code_bytes
        self._stated = message[1:6]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all messages share that are sent with one level, at one second of the agent's clock."""

    lead: bytes
    """Version and header up to the message's id."""
    parameters: bytes
    """The rest of the header and the security parameters up to the salt; zeros for the code."""
    code_from_salt: int
    """How far before the salt the code starts."""

    @staticmethod
    def of(
        engine_id: bytes, boots: int, time_s: int, user: bytes, *, flags: int, code_bytes: int
    ) -> "Envelope":
        """With an empty code and salt for a message that is not authenticated or not private."""
        salt_bytes = SALT_BYTES if flags & PRIV_FLAG else 0
        salt_head = bytes((ber.OCTET_STRING, salt_bytes))
        parameters = (
            ber.write(ber.OCTET_STRING, engine_id)
            + ber.write_integer(boots)
            + ber.write_integer(time_s)
            + ber.write(ber.OCTET_STRING, user)
            + ber.write(ber.OCTET_STRING, bytes(code_bytes))
            + salt_head
        )
        security = ber.write(ber.SEQUENCE, parameters + bytes(salt_bytes))
        security = ber.write(ber.OCTET_STRING, security)
        rest = b"%b%c%b" % (_SIZE_AND_FLAGS, flags, _MODEL)
        id_head = b"\x02\x04"
        return Envelope(
            b"%b0%c%b" % (_VERSION, len(id_head) + 4 + len(rest), id_head),
            rest + security[: len(security) - salt_bytes],
            code_bytes + len(salt_head),
        )

    def around(self, message_id: int, salt: bytes, data: bytes) -> bytes:
        """The whole message, not signed yet: the code starts at `code_at`."""
        content = b"".join((self.lead, message_id.to_bytes(4), self.parameters, salt, data))
        return ber.write(ber.SEQUENCE, content)

    def code_at(self, message: bytes, salt: bytes, data: bytes) -> int:
        """Where the code stands in a message that was put together of these."""
        return len(message) - len(data) - len(salt) - self.code_from_salt
