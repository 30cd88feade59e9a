"""A BMC's repositories and how they are read: FRU, sensor records, event log (IPMI v2.0)."""

from __future__ import annotations

import struct
import time

from watchfloor.simulate.bmc_sensors import sensor_records
from watchfloor.simulate.bmc_state import (
    INVALID_FIELD,
    NOT_PRESENT,
    OPERATOR,
    OUT_OF_RANGE,
    RESERVATION_LOST,
    TOO_MANY_OCTETS,
    USER,
    BmcState,
    Caller,
    CommandTable,
    Refusal,
)

STORAGE = 0x0A
"""The network function of these commands."""
_WHOLE = 0xFF


class StorageCommands:
    """Partial reads need a reservation, and too large ones are refused."""

    def __init__(self, state: BmcState) -> None:
        self._state = state
        # A record describes its sensor and holds no reading, so it is written once.
        self._records = sensor_records([*state.sensors.values()])
        self._sdr_reservation = 0
        self._sel_reservation = 0
        self.table: CommandTable = {
            (STORAGE, 0x10): (USER, self._fru_info),
            (STORAGE, 0x11): (USER, self._fru_read),
            (STORAGE, 0x20): (USER, self._sdr_info),
            (STORAGE, 0x22): (USER, self._sdr_reserve),
            (STORAGE, 0x23): (USER, self._sdr_read),
            (STORAGE, 0x40): (USER, lambda _data, _caller: self._state.log.info()),
            (STORAGE, 0x42): (USER, self._sel_reserve),
            (STORAGE, 0x43): (USER, self._sel_read),
            (STORAGE, 0x47): (OPERATOR, self._sel_clear),
            (STORAGE, 0x48): (USER, lambda _data, _caller: struct.pack("<I", int(time.time()))),
        }

    def cancel_reservations(self) -> None:
        """Whoever reads a record in parts must start over."""
        self._sdr_reservation += 1
        self._sel_reservation += 1

    def _fru_info(self, data: bytes, _caller: Caller) -> bytes:
        if data[0] != 0:
            raise Refusal(NOT_PRESENT)
        return struct.pack("<HB", len(self._state.fru.encode()), 0)

    def _fru_read(self, data: bytes, _caller: Caller) -> bytes:
        device, offset, count = struct.unpack_from("<BHB", data)
        if device != 0:
            raise Refusal(NOT_PRESENT)
        content = self._state.fru.encode()
        if offset >= len(content):
            raise Refusal(OUT_OF_RANGE)
        if count > self._state.largest_read:
            raise Refusal(TOO_MANY_OCTETS)
        part = content[offset : offset + count]
        return bytes((len(part),)) + part

    def _sdr_info(self, _data: bytes, _caller: Caller) -> bytes:
        count = len(self._records)
        return struct.pack("<BHHIIB", 0x51, count, 0xFFFE, 1_700_000_000, 0, 0x02)

    def _sdr_reserve(self, _data: bytes, _caller: Caller) -> bytes:
        self._sdr_reservation = self._sdr_reservation % 0xFFFF + 1
        return struct.pack("<H", self._sdr_reservation)

    def _sdr_read(self, data: bytes, _caller: Caller) -> bytes:
        reservation, record_id, offset, count = struct.unpack_from("<HHBB", data)
        if (offset or reservation) and reservation != self._sdr_reservation:
            raise Refusal(RESERVATION_LOST)
        records = self._records
        at = {0: 0, 0xFFFF: len(records) - 1}.get(record_id, record_id - 1)
        if at >= len(records):
            raise Refusal(NOT_PRESENT)
        following = at + 2 if at + 1 < len(records) else 0xFFFF
        return struct.pack("<H", following) + self._piece(records[at], offset, count)

    def _piece(self, record: bytes, offset: int, count: int) -> bytes:
        if offset >= len(record):
            raise Refusal(OUT_OF_RANGE)
        wanted = len(record) - offset if count == _WHOLE else count
        if wanted > self._state.largest_read:
            raise Refusal(TOO_MANY_OCTETS)
        return record[offset : offset + wanted]

    def _sel_reserve(self, _data: bytes, _caller: Caller) -> bytes:
        self._sel_reservation = self._sel_reservation % 0xFFFF + 1
        return struct.pack("<H", self._sel_reservation)

    def _sel_read(self, data: bytes, _caller: Caller) -> bytes:
        reservation, record_id, offset, count = struct.unpack_from("<HHBB", data)
        if offset and reservation != self._sel_reservation:
            raise Refusal(RESERVATION_LOST)
        found = self._state.log.find(record_id)
        if found is None:
            raise Refusal(NOT_PRESENT)
        following, record = found
        return struct.pack("<H", following) + self._piece(record, offset, count)

    def _sel_clear(self, data: bytes, _caller: Caller) -> bytes:
        reservation, mark, action = struct.unpack_from("<H3sB", data)
        if reservation != self._sel_reservation:
            raise Refusal(RESERVATION_LOST)
        if mark != b"CLR" or action not in (0x00, 0xAA):
            raise Refusal(INVALID_FIELD)
        if action == 0xAA:
            self._state.log.clear()
        return b"\x01"
