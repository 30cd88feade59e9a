"""A BMC's System Event Log: IPMI v2.0 section 31 and table 32-1."""

import struct
import time

_FULL = 512
_RECORD = 16


class EventLog:
    """Event records in order of arrival, each 16 octets."""

    def __init__(self) -> None:
        self._records: list[tuple[int, bytes]] = []
        self._next_id = 1
        self.added_at = 0
        self.erased_at = 0
        self.overflowed = False

    def add(
        self, sensor_type: int, number: int, event: int, data: bytes, at: float | None = None
    ) -> None:
        """Adds a system event; `event` holds the event type, bit 7 set when it went away.

        `data` is three octets, `at` seconds since the epoch (now, unless given).
        """
        if len(self._records) >= _FULL:
            self.overflowed = True
            return
        self.added_at = int(time.time() if at is None else at)
        head = struct.pack("<HBIHB", self._next_id, 0x02, self.added_at, 0x20, 0x04)
        record = head + bytes((sensor_type, number, event)) + data
        assert len(record) == _RECORD
        self._records.append((self._next_id, record))
        self._next_id += 1

    def clear(self) -> None:
        """Erases every record."""
        self._records.clear()
        self.overflowed = False
        self.erased_at = int(time.time())

    def info(self) -> bytes:
        """The data of Get SEL Info (section 31.2)."""
        free = (_FULL - len(self._records)) * _RECORD
        support = 0x02 | self.overflowed << 7
        return struct.pack(
            "<BHHIIB", 0x51, len(self._records), free, self.added_at, self.erased_at, support
        )

    def find(self, record_id: int) -> tuple[int, bytes] | None:
        """The next record's id and the record; 0 asks for the first, 0xFFFF for the last."""
        if not self._records:
            return None
        if record_id in (0, 0xFFFF):
            at = 0 if record_id == 0 else len(self._records) - 1
        else:
            ids = [number for number, _ in self._records]
            if record_id not in ids:
                return None
            at = ids.index(record_id)
        following = self._records[at + 1][0] if at + 1 < len(self._records) else 0xFFFF
        return following, self._records[at][1]

    def __len__(self) -> int:
        return len(self._records)
