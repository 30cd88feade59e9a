"""The protocol operations of an SNMP agent, RFC 3416 section 4.2: from a request to a response."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from watchfloor.simulate import ber
from watchfloor.simulate.ber import BerError, Oid
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_values import LiveValues
from watchfloor.simulate.snmprec import TIMETICKS, Row

GET, GET_NEXT, RESPONSE, SET, GET_BULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA8
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82
TOO_BIG, NO_ACCESS, AUTHORIZATION_ERROR = 1, 6, 16

_PDU_OVERHEAD = 24
"""The most that a Response-PDU adds to its bindings: two headers and three INTEGERs."""
_SMALLEST_VARBIND = 7
_LARGEST_REQUEST_ID = 0x7FFFFFFF


class Request(NamedTuple):
    """A request as read. For GetBulk the two error fields are non-repeaters, max-repetitions."""

    kind: int
    request_id: int
    error_status: int
    error_index: int
    names: list[Oid]
    bindings: bytes
    """The variable bindings as they came, to be sent back with an error."""


TRAP = 0xA7
_SYS_UP_TIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_SNMP_TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
TrapValue = tuple[Oid, bytes]
"""A varbind's name and its encoded value."""


def trap_pdu(uptime_ticks: int, oid: Oid, values: Sequence[TrapValue]) -> bytes:
    """An SNMPv2-Trap-PDU (RFC 3416 section 4.2.6)."""
    ticks = ber.tlv(TIMETICKS, ber.integer_content(uptime_ticks))
    name = ber.tlv(ber.OBJECT_IDENTIFIER, ber.encode_oid(oid))
    varbinds = b"".join(
        ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_IDENTIFIER, ber.encode_oid(each)) + value)
        for each, value in ((_SYS_UP_TIME, ticks), (_SNMP_TRAP_OID, name), *values)
    )
    request_id = secrets.randbelow(_LARGEST_REQUEST_ID)
    return write_pdu(TRAP, request_id, 0, 0, varbinds)


@dataclass  # without slots: with them it could not be one of two bases
class PduFaults:
    """How the agent's answers are wrong although each is well-formed SNMP."""

    wrong_request_id: bool = False
    stuck_oids: bool = False
    """GetNext and GetBulk never get past an instance: the walk would last for ever."""
    error_status: int = 0
    """Answer every request with this error (5 genErr), or 0."""
    bulk_error_status: int = 0
    """Answer every GetBulk with this error, or 0."""


def read_request(data: bytes, at: int, end: int) -> Request:
    """Reads one request PDU. Raises BerError for anything that is none."""
    pdu = ber.read_tlv(data, at, end)
    if pdu.tag not in (GET, GET_NEXT, SET, GET_BULK):
        raise BerError(f"PDU {pdu.tag:#04x} is not for an agent")
    request_id, at = ber.read_integer(data, pdu.start, pdu.stop)
    status, at = ber.read_integer(data, at, pdu.stop)
    index, at = ber.read_integer(data, at, pdu.stop)
    bindings = ber.expect(data, at, pdu.stop, ber.SEQUENCE)
    names = _names(data, bindings.start, bindings.stop)
    content = data[bindings.start : bindings.stop]
    return Request(pdu.tag, request_id, status, index, names, content)


def _names(data: bytes, at: int, end: int) -> list[Oid]:
    names = []
    while at < end:
        binding = ber.expect(data, at, end, ber.SEQUENCE)
        name = ber.expect(data, binding.start, binding.stop, ber.OBJECT_IDENTIFIER)
        value = ber.read_tlv(data, name.stop, binding.stop)
        if value.stop != binding.stop:
            raise BerError("a binding has more than a name and a value")
        names.append(ber.decode_oid(data[name.start : name.stop]))
        at = binding.stop
    return names


def write_pdu(kind: int, request_id: int, status: int, index: int, bindings: bytes) -> bytes:
    """One PDU with bindings that are already encoded."""
    header = ber.integer(request_id) + ber.integer(status) + ber.integer(index)
    return ber.tlv(kind, header + ber.tlv(ber.SEQUENCE, bindings))


class Responder:
    """Answers requests from one recording. Read-only: every Set is refused with noAccess."""

    def __init__(self, recording: Recording, values: LiveValues, faults: PduFaults) -> None:
        self._recording = recording
        self._values = values
        self._faults = faults

    def answer(self, request: Request, limit: int) -> bytes:
        """The Response-PDU, at most `limit` octets long."""
        if self._faults.error_status:
            return self._error(request, self._faults.error_status, 1)
        if request.kind == GET_BULK and self._faults.bulk_error_status:
            return self._error(request, self._faults.bulk_error_status, 0)
        if request.kind == SET:
            return self._error(request, NO_ACCESS, 1)
        room = limit - _PDU_OVERHEAD
        if request.kind == GET_BULK:
            return self._response(request, self._bulk(request, room))
        one = self._get if request.kind == GET else self._get_next
        bindings = b"".join([one(name) for name in request.names])
        if len(bindings) > room:
            return self.error(request.request_id, TOO_BIG)
        return self._response(request, bindings)

    def error(self, request_id: int, status: int) -> bytes:
        """A Response-PDU with an error, index 0 and no bindings."""
        return write_pdu(RESPONSE, self._response_id(request_id), status, 0, b"")

    def _error(self, request: Request, status: int, index: int) -> bytes:
        request_id = self._response_id(request.request_id)
        index = min(index, len(request.names))
        return write_pdu(RESPONSE, request_id, status, index, request.bindings)

    def _response(self, request: Request, bindings: bytes) -> bytes:
        return write_pdu(RESPONSE, self._response_id(request.request_id), 0, 0, bindings)

    def _response_id(self, request_id: int) -> int:
        if self._faults.wrong_request_id:
            return (request_id + 1) % _LARGEST_REQUEST_ID
        return request_id

    def _get(self, name: Oid) -> bytes:
        row = self._recording.get(name)
        if row is not None:
            return self._values.varbind(row)
        known = self._recording.knows_object(name)
        return _exception(name, NO_SUCH_INSTANCE if known else NO_SUCH_OBJECT)

    def _get_next(self, name: Oid) -> bytes:
        row = self._following(name)
        return _exception(name, END_OF_MIB_VIEW) if row is None else self._values.varbind(row)

    def _following(self, name: Oid) -> Row | None:
        if self._faults.stuck_oids and (row := self._recording.get(name)) is not None:
            return row
        return self._recording.next(name)

    def _bulk(self, request: Request, room: int) -> bytes:
        """As many bindings as fit: first the non-repeaters, then the repetitions in turn."""
        parts: list[bytes] = []
        size = 0
        for binding in self._bulk_bindings(request, room // _SMALLEST_VARBIND):
            size += len(binding)
            if size > room:
                break
            parts.append(binding)
        return b"".join(parts)

    def _bulk_bindings(self, request: Request, most: int) -> Iterator[bytes]:
        single = max(request.error_status, 0)
        repetitions = min(max(request.error_index, 0), most)
        for name in request.names[:single]:
            yield self._get_next(name)
        repeated = request.names[single:]
        if len(repeated) == 1 and not self._faults.stuck_oids:
            yield from self._column(repeated[0], repetitions)
        else:
            yield from self._table(repeated, repetitions)

    def _column(self, name: Oid, repetitions: int) -> Iterator[bytes]:
        """The usual walk of one column: one search, then neighbours."""
        rows = self._recording.after(name, repetitions)
        for row in rows:
            yield self._values.varbind(row)
        if len(rows) < repetitions:
            yield _exception(rows[-1].name if rows else name, END_OF_MIB_VIEW)

    def _table(self, names: list[Oid], repetitions: int) -> Iterator[bytes]:
        """Several columns side by side, until each has reached the end of the view."""
        current = list(names)
        for _ in range(repetitions):
            ended = 0
            for column, name in enumerate(current):
                row = self._following(name)
                if row is None:
                    ended += 1
                    yield _exception(name, END_OF_MIB_VIEW)
                else:
                    current[column] = row.name
                    yield self._values.varbind(row)
            if ended == len(current):
                return


def _exception(name: Oid, tag: int) -> bytes:
    """A VarBind whose value is one of the exceptions of RFC 3416 section 3."""
    encoded = ber.tlv(ber.OBJECT_IDENTIFIER, ber.encode_oid(name))
    return ber.tlv(ber.SEQUENCE, encoded + bytes((tag, 0)))
