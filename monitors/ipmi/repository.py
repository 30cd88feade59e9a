"""The sensor data records of one BMC: read once, kept, and read again only when they change."""

import asyncio
import random
from dataclasses import dataclass, field

from monitors.ipmi.connection import Connection
from monitors.ipmi.errors import CommandError, IpmiError
from monitors.ipmi.messages import OK, OUT_OF_RANGE, TOO_MANY_BYTES, Request, Response, completion

STORAGE = 0x0A
SENSOR_EVENT = 0x04
WHOLE = 0xFF
HEADER_BYTES = 5
LARGEST_CHUNK = 128
FIRST_CHUNK = 64
SMALLEST_CHUNK = 8
MOST_RECORDS = 2048
MOST_RESTARTS = 12
"""For one record: shorter reads that had to be learnt, and reservations that were lost."""
REREAD_S = 60.0
"""A BMC whose timestamp never rests is not read anew more often than that."""
LONGEST_RECORD = 0xFF
"""Bytes that an offset of one byte can reach; real records end at 64."""
LONGEST_PAUSE_S = 0.1
LAST_RECORD = 0xFFFF
RESERVATION_LOST = 0xC5
_TOO_LONG = frozenset({TOO_MANY_BYTES, OUT_OF_RANGE, 0xC7, 0xC8, 0xFF})


@dataclass(frozen=True, slots=True)
class RecordSource:
    """Which commands read the records: the repository's (section 33) or the device's (35)."""

    netfn: int
    info: int
    reserve: int
    read: int


REPOSITORY = RecordSource(STORAGE, 0x20, 0x22, 0x23)
DEVICE_RECORDS = RecordSource(SENSOR_EVENT, 0x20, 0x22, 0x21)


def source_for(device_id: bytes) -> RecordSource:
    """Where a BMC keeps its records, by its Get Device ID data (table 20-2)."""
    has_device_records = len(device_id) > 1 and device_id[1] & 0x80
    has_repository = len(device_id) > 5 and device_id[5] & 0x02
    return DEVICE_RECORDS if has_device_records and not has_repository else REPOSITORY


@dataclass(slots=True)
class _Progress:
    """How far a reading of the records has come; a poll that runs out of time goes on here."""

    stamp: bytes
    records: dict[int, bytes] = field(default_factory=dict)
    next_id: int = 0


class SensorRepository:
    """Keeps the raw records of one BMC."""

    def __init__(self, connection: Connection) -> None:
        self.records: tuple[bytes, ...] = ()
        self._connection = connection
        self._source = REPOSITORY
        self._stamp: bytes | None = None
        self._read_at = 0.0
        self._progress: _Progress | None = None
        self._reservation: bytes | None = None
        self._chunk = WHOLE

    @property
    def known(self) -> bool:
        """Whether the records have been read."""
        return self._stamp is not None

    @property
    def stamp_request(self) -> Request:
        """Asks when the records were last changed."""
        return Request(self._source.netfn, self._source.info)

    def changed(self, response: Response) -> bool:
        """Whether the answer to `stamp_request` says that the kept records are out of date."""
        if self._stamp is None:
            return True
        if response.code != OK or _stamp(response.data) == self._stamp:
            return False
        return asyncio.get_running_loop().time() - self._read_at >= REREAD_S

    async def read(self, source: RecordSource) -> None:
        """Reads all records, going on where an earlier call was cut off. Raises IpmiError."""
        if source != self._source:
            self._source, self._progress = source, None
        stamp = _stamp(await self._connection.command(self.stamp_request))
        if self._progress is None or self._progress.stamp != stamp:
            self._progress = _Progress(stamp)
        progress = self._progress
        while progress.next_id != LAST_RECORD:
            self._check_bounds(progress)
            wanted = progress.next_id
            next_id, record = await self._read_record(wanted)
            progress.records[wanted] = record
            progress.next_id = next_id
        self.records = tuple(progress.records.values())
        self._stamp, self._progress = stamp, None
        self._read_at = asyncio.get_running_loop().time()

    def _check_bounds(self, progress: _Progress) -> None:
        where = self._connection.link.where
        if progress.next_id in progress.records:
            self._progress = None
            raise IpmiError(f"{where} lists its sensors in a circle: reset the BMC")
        if len(progress.records) >= MOST_RECORDS:
            self._progress = None
            raise IpmiError(f"{where} lists more than {MOST_RECORDS} sensor records: reset the BMC")

    async def _read_record(self, record_id: int) -> tuple[int, bytes]:
        """The next record's id, and this record."""
        part = b""
        next_id = LAST_RECORD
        length = HEADER_BYTES
        for _ in range(MOST_RESTARTS + length + 256 // SMALLEST_CHUNK):
            count = self._count(len(part), length)
            response = await self._connection.ask(await self._request(record_id, len(part), count))
            if response.code == RESERVATION_LOST:
                await self._reserve_later()
                continue
            if self._shortens(response.code):
                continue
            next_id, fresh = self._data_of(response, count)
            part += fresh
            if len(part) >= HEADER_BYTES:
                length = min(HEADER_BYTES + part[4], LONGEST_RECORD)
            if len(part) >= length and (len(part) > HEADER_BYTES or not part[4]):
                return next_id, part[:length]
        raise IpmiError(
            f"{self._connection.link.where} never finishes sensor record {record_id:#06x}:"
            " reset the BMC"
        )

    def _count(self, offset: int, length: int) -> int:
        if self._chunk == WHOLE and not offset:
            return WHOLE
        if not offset:
            return HEADER_BYTES
        return min(self._chunk, length - offset)

    async def _request(self, record_id: int, offset: int, count: int) -> Request:
        if self._reservation is None and self._chunk != WHOLE:
            reserve = Request(self._source.netfn, self._source.reserve)
            self._reservation = (await self._connection.command(reserve))[:2].ljust(2, b"\0")
        place = record_id.to_bytes(2, "little") + bytes((offset, count))
        return Request(
            self._source.netfn, self._source.read, (self._reservation or b"\0\0") + place
        )

    async def _reserve_later(self) -> None:
        """Another console reserved in between; a random pause lets one of the two go on."""
        self._reservation = None
        if self._chunk == WHOLE:
            self._chunk = LARGEST_CHUNK
        await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_S))  # noqa: S311 # no secret

    def _shortens(self, code: int) -> bool:
        """Whether the answer asks for a shorter read."""
        if code not in _TOO_LONG or self._chunk <= SMALLEST_CHUNK:
            return False
        whole = self._chunk == WHOLE
        self._chunk = FIRST_CHUNK if whole else max(SMALLEST_CHUNK, self._chunk // 2)
        return True

    def _data_of(self, response: Response, count: int) -> tuple[int, bytes]:
        where = self._connection.link.where
        if response.code != OK:
            raise CommandError(
                f"{where} does not give its sensor records ({completion(response.code)}):"
                " check the user's privilege and the firmware",
                response.code,
            )
        data = response.data
        if len(data) < 3 or (count != WHOLE and len(data) - 2 > count):
            raise IpmiError(f"{where} gives a broken sensor record: reset the BMC")
        return int.from_bytes(data[:2], "little"), data[2:]


def _stamp(data: bytes) -> bytes:
    """Version, count and times of change, without the free space and the flags."""
    return data[:3] + data[5:13]
