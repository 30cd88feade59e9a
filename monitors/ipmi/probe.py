"""Polls one server's BMC: sensors, chassis, event log and identity."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitors.ipmi.chassis import CHASSIS_STATUS, read_chassis
from monitors.ipmi.client import IpmiClient
from monitors.ipmi.connection import DEVICE_ID
from monitors.ipmi.errors import CommandError, IpmiError
from monitors.ipmi.events import LOG_INFO, EventLog, LogEvent, log_readings, parse_log_info
from monitors.ipmi.fru import read_fru_identity
from monitors.ipmi.messages import NO_PRIVILEGE, OK, Request, Response
from monitors.ipmi.records import SensorRecord, read_records
from monitors.ipmi.repository import SensorRepository, source_for
from monitors.ipmi.sensors import SensorReader, UnreadableError
from monitors.ipmi.target import IpmiTarget
from monitors.probe import Identity, Poll, Problem, ProblemKind
from monitors.reading import Reading
from monitors.readings import Recurring

PROTOCOL = "ipmi"
MOST_UNREAD_EVENTS = 1024
_NAMED_UNREADABLE = 3


@dataclass(slots=True)
class _Harvest:
    """What a poll has brought so far, so that a failure halfway keeps it."""

    readings: list[Reading]
    problem: Problem | None = None


class IpmiProbe:
    """Reads one BMC; keeps its session, its sensor list and its place in the event log."""

    def __init__(self, client: IpmiClient, target: IpmiTarget) -> None:
        self.target = target
        self._connection = client.connect(target)
        self._repository = SensorRepository(self._connection)
        self._log = EventLog(self._connection)
        self._readers: tuple[SensorReader, ...] = ()
        self._by_number: dict[int, SensorRecord] = {}
        self._foreign = 0
        self._unreadable_records = 0
        self._identity = Identity()
        self._recurring = Recurring()
        self._prepared_login = 0
        self._events: list[LogEvent] = []
        self._polling = asyncio.Lock()

    @property
    def device(self) -> str:
        """The server's name in the inventory."""
        return self.target.device

    @property
    def protocol(self) -> str:
        """Always `ipmi`."""
        return PROTOCOL

    def take_events(self) -> tuple[LogEvent, ...]:
        """The log's new entries that polls have found since the last call."""
        taken, self._events = tuple(self._events), []
        return taken

    async def poll(self) -> Poll:
        """Polls once within the target's deadline."""
        started_at, start = datetime.now(UTC), time.monotonic()
        harvest = _Harvest([])
        try:
            async with self._polling, asyncio.timeout(self.target.deadline_s):
                await self._poll_with_enough_privilege(harvest)
        except IpmiError as error:
            harvest.problem = error.problem()
        except TimeoutError:
            harvest.problem = self._too_slow()
        return Poll(
            device=self.device,
            protocol=PROTOCOL,
            started_at=started_at,
            duration_s=time.monotonic() - start,
            readings=self._recurring.of(harvest.readings),
            identity=self._identity,
            problem=harvest.problem,
        )

    async def close(self) -> None:
        """Ends the session. Safe to call twice."""
        await self._connection.close()

    async def _poll_with_enough_privilege(self, harvest: _Harvest) -> None:
        try:
            await self._poll(harvest)
        except CommandError as error:
            if error.code != NO_PRIVILEGE or not await self._connection.raise_privilege():
                raise
            await self._poll(harvest)

    async def _poll(self, harvest: _Harvest) -> None:
        if not self._prepared_login or self._connection.logins != self._prepared_login:
            await self._prepare()
        responses = await self._ask_all()
        if self._repository.changed(responses[0]):
            await self._read_sensor_list()
            responses = await self._ask_all()
        _, chassis, log, *answers = responses
        harvest.readings += read_chassis(chassis, self.target.expected_power_on)
        await self._harvest_sensors(harvest, answers)
        await self._harvest_log(harvest, log)

    async def _ask_all(self) -> list[Response]:
        wanted: list[Request] = [self._repository.stamp_request, CHASSIS_STATUS, LOG_INFO]
        wanted += [reader.request for reader in self._readers]
        responses = await self._connection.exchange(wanted)
        refused = any(response.code == NO_PRIVILEGE for response in responses)
        if refused and await self._connection.raise_privilege():
            return await self._connection.exchange(wanted)
        return responses

    async def _prepare(self) -> None:
        """Reads what rarely changes: after a login, the BMC may be another one."""
        device_id = await self._connection.command(DEVICE_ID)
        login = self._connection.logins
        if not self._repository.known:
            await self._repository.read(source_for(device_id))
            self._adopt_records()
        self._identity = await self._read_identity(device_id)
        self._prepared_login = login

    async def _read_sensor_list(self) -> None:
        await self._repository.read(source_for(await self._connection.command(DEVICE_ID)))
        self._adopt_records()

    def _adopt_records(self) -> None:
        found = read_records(self._repository.records)
        self._readers = tuple(SensorReader(record) for record in found.sensors)
        self._by_number = {record.number: record for record in found.sensors}
        self._foreign, self._unreadable_records = found.foreign, found.unreadable

    async def _read_identity(self, device_id: bytes) -> Identity:
        fru = await read_fru_identity(self._connection)
        firmware = ""
        maker = b""
        if len(device_id) >= 4:
            firmware = f"{device_id[2] & 0x7F}.{device_id[3]:02x}"
            maker = device_id[6:9]
        return Identity(
            object_id=f"1.3.6.1.4.1.{int.from_bytes(maker, 'little')}" if maker else "",
            vendor=fru.vendor,
            model=fru.model,
            serial=fru.serial,
            firmware=firmware,
        )

    async def _harvest_sensors(self, harvest: _Harvest, answers: Sequence[Response]) -> None:
        failed: list[str] = []
        for reader, answer in zip(self._readers, answers, strict=True):
            try:
                reading = reader.read(answer, await self._factors(reader, answer))
            except UnreadableError as error:
                failed.append(str(error))
            else:
                if reading is not None:
                    harvest.readings.append(reading)
        if failed or self._unreadable_records:
            harvest.problem = self._partial(failed)

    async def _factors(self, reader: SensorReader, answer: Response) -> bytes:
        request = reader.factors_request(answer)
        if request is None:
            return b""
        response = await self._connection.ask(request)
        return response.data if response.code == OK else b""

    async def _harvest_log(self, harvest: _Harvest, answer: Response) -> None:
        info = parse_log_info(answer)
        if info is None:
            return
        harvest.readings += log_readings(info)
        fresh = await self._log.read_new(info, self._by_number)
        self._events = [*self._events, *fresh][-MOST_UNREAD_EVENTS:]

    def _partial(self, failed: Sequence[str]) -> Problem:
        count = len(failed) + self._unreadable_records
        named = ", ".join(failed[:_NAMED_UNREADABLE])
        more = " …" if len(failed) > _NAMED_UNREADABLE else ""
        return Problem(
            ProblemKind.FAILED,
            f"{self._connection.link.where}: {count} of"
            f" {len(self._readers) + self._unreadable_records} sensors cannot be read"
            + (f" ({named}{more})" if named else "")
            + ": check the BMC's firmware",
        )

    def _too_slow(self) -> Problem:
        return Problem(
            ProblemKind.SILENT,
            f"{self._connection.link.where} answers too slowly: not done after"
            f" {self.target.deadline_s:g} s; the next poll goes on, or raise the deadline",
        )
