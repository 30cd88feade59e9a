"""What a BMC answers to each IPMI command, one small method each, after the IPMI v2.0 text."""

from __future__ import annotations

import struct

from watchfloor.simulate.bmc_sensors import AnalogSensor, DiscreteSensor, Sensor
from watchfloor.simulate.bmc_state import (
    ADMINISTRATOR,
    CALLBACK,
    INVALID_COMMAND,
    INVALID_FIELD,
    NO_PRIVILEGE,
    NO_SESSION,
    NOT_PRESENT,
    NOT_SUPPORTED_NOW,
    OK,
    OPERATOR,
    OUT_OF_RANGE,
    PARAMETER_NOT_SUPPORTED,
    TOO_SHORT,
    USER,
    BmcState,
    Caller,
    CommandTable,
    Refusal,
    SimulatedBmcUser,
)
from watchfloor.simulate.ipmi_settings import SettingCommands
from watchfloor.simulate.ipmi_storage import StorageCommands
from watchfloor.simulate.rmcp import CIPHER_SUITES

_CHASSIS, _SENSOR, _APP, _TRANSPORT = 0x00, 0x04, 0x06, 0x0C
_MAX_USERS = 10
_NAME_OCTETS = 16


class IpmiCommands:
    """Runs commands on the BMC's state."""

    def __init__(self, state: BmcState) -> None:
        self._state = state
        self._storage = StorageCommands(state)
        self._table: CommandTable = {
            (_APP, 0x01): (USER, self._device_id),
            (_APP, 0x04): (USER, lambda _data, _caller: b"\x55\x00"),
            (_APP, 0x08): (USER, lambda _data, _caller: self._state.guid),
            (_APP, 0x37): (NO_SESSION, lambda _data, _caller: self._state.guid),
            (_APP, 0x38): (NO_SESSION, self._channel_capabilities),
            (_APP, 0x3B): (CALLBACK, self._set_privilege),
            (_APP, 0x3C): (CALLBACK, self._close_session),
            (_APP, 0x3D): (USER, self._session_info),
            (_APP, 0x41): (USER, self._channel_access),
            (_APP, 0x42): (USER, self._channel_info),
            (_APP, 0x44): (OPERATOR, self._user_access),
            (_APP, 0x46): (OPERATOR, self._user_name),
            (_APP, 0x54): (NO_SESSION, self._cipher_suites),
            (_CHASSIS, 0x01): (USER, self._chassis_status),
            (_CHASSIS, 0x02): (OPERATOR, self._chassis_control),
            (_SENSOR, 0x27): (USER, self._sensor_thresholds),
            (_SENSOR, 0x2D): (USER, self._sensor_reading),
            **self._storage.table,
            **SettingCommands(state).table,
            (_TRANSPORT, 0x02): (OPERATOR, self._lan_parameter),
        }

    def run(self, net_function: int, command: int, data: bytes, caller: Caller) -> bytes:
        """The completion code and the data of the answer."""
        if code := self._state.refused.get((net_function, command)):
            return bytes((code,))
        needed, handler = self._table.get((net_function, command), (NO_SESSION, _unknown))
        if caller.privilege < needed:
            return bytes((NO_PRIVILEGE,))
        try:
            return bytes((OK,)) + handler(data, caller)
        except Refusal as refusal:
            return bytes((refusal.code,))
        except (IndexError, struct.error):
            return bytes((TOO_SHORT,))

    def cancel_reservations(self) -> None:
        """As when a record is added or another console reserves: partial reads must start over."""
        self._storage.cancel_reservations()

    # Application commands, chapters 20 and 22.

    def _device_id(self, _data: bytes, _caller: Caller) -> bytes:
        major, minor = self._state.firmware
        head = bytes((0x20, 0x81, major, minor // 10 << 4 | minor % 10, 0x02, 0x8F))
        maker = self._state.manufacturer.to_bytes(3, "little")
        return head + maker + self._state.product.to_bytes(2, "little") + bytes(4)

    def _channel_capabilities(self, data: bytes, _caller: Caller) -> bytes:
        channel, _privilege = _lan_channel(data[0]), data[1]
        extended = bool(data[0] & 0x80)
        nameless = any(not user.name and user.enabled for user in self._state.users)
        status = 0x04 | nameless
        # No IPMI 1.5 session is offered, so no authentication type of it is set.
        return bytes((channel, 0x80 * extended, status, 0x02 * extended, 0, 0, 0, 0))

    def _set_privilege(self, data: bytes, caller: Caller) -> bytes:
        wanted = data[0] & 0x0F
        if wanted > ADMINISTRATOR:
            raise Refusal(INVALID_FIELD)
        if wanted > caller.limit:
            raise Refusal(0x81)
        caller.privilege = wanted or caller.privilege
        return bytes((caller.privilege,))

    def _close_session(self, data: bytes, caller: Caller) -> bytes:
        (session_id,) = struct.unpack_from("<I", data)
        if session_id != caller.session_id:
            raise Refusal(0x87)
        caller.closed = True
        return b""

    def _session_info(self, _data: bytes, caller: Caller) -> bytes:
        return bytes((1, 8, 1, caller.user_slot, caller.privilege, 0x11))

    def _channel_access(self, data: bytes, _caller: Caller) -> bytes:
        """Always available, each message authenticated, up to administrator."""
        _lan_channel(data[0])
        if data[1] >> 6 not in (1, 2):
            raise Refusal(INVALID_FIELD)
        return bytes((0x02, ADMINISTRATOR))

    def _channel_info(self, data: bytes, _caller: Caller) -> bytes:
        return bytes((_lan_channel(data[0]), 0x04, 0x01, 0x80, 0xF2, 0x1B, 0, 0, 0))

    def _user_access(self, data: bytes, _caller: Caller) -> bytes:
        _lan_channel(data[0])
        slot = _slot(data[1])
        user = self._slot_user(slot)
        enabled = user is not None and user.enabled
        count = sum(each.enabled for each in self._state.users)
        access = 0x20 | user.messaging << 4 | user.privilege if user is not None else 0x0F
        return bytes((_MAX_USERS, (0x40 if enabled else 0x80) | count, 0, access))

    def _user_name(self, data: bytes, _caller: Caller) -> bytes:
        user = self._slot_user(_slot(data[0]))
        if user is None:
            raise Refusal(INVALID_FIELD)
        return user.name.encode()[:_NAME_OCTETS].ljust(_NAME_OCTETS, b"\0")

    def _slot_user(self, slot: int) -> SimulatedBmcUser | None:
        users = self._state.users
        return users[slot - 2] if 2 <= slot < len(users) + 2 else None

    def _cipher_suites(self, data: bytes, _caller: Caller) -> bytes:
        """Section 22.15: the records come in pieces of 16 octets."""
        channel, index = _lan_channel(data[0]), data[2] & 0x3F
        records = b"".join(
            bytes((0xC0, number, suite.authentication, 0x40 | suite.integrity))
            + bytes((0x80 | suite.confidentiality,))
            for number, suite in CIPHER_SUITES.items()
            if number in self._state.cipher_suites
        )
        return bytes((channel,)) + records[16 * index : 16 * index + 16]

    # Chassis commands, chapter 28.

    def _chassis_status(self, _data: bytes, _caller: Caller) -> bytes:
        intrusion = self._has_state("Chassis Intru", 0)
        fan_fault = not self._has_state("Fan Redundancy", 0)
        drive_fault = self._has_state("Drive Bay 0", 1)
        misc = intrusion | drive_fault << 2 | fan_fault << 3
        return bytes((0x40 | self._state.powered, 0x10 * self._state.powered, misc))

    def _has_state(self, name: str, state: int) -> bool:
        sensor = self._state.sensors.get(name)
        return isinstance(sensor, DiscreteSensor) and state in sensor.states

    def _chassis_control(self, data: bytes, _caller: Caller) -> bytes:
        action = data[0] & 0x0F
        if action > 5:
            raise Refusal(INVALID_FIELD)
        if action in (2, 3) and not self._state.powered:
            raise Refusal(NOT_SUPPORTED_NOW)
        self._state.powered = action not in (0, 5)
        return b""

    # Sensor commands, chapter 35.

    def _sensor_reading(self, data: bytes, _caller: Caller) -> bytes:
        return self._sensor(data[0]).reading()

    def _sensor_thresholds(self, data: bytes, _caller: Caller) -> bytes:
        sensor = self._sensor(data[0])
        if not isinstance(sensor, AnalogSensor):
            raise Refusal(NOT_PRESENT)
        return sensor.threshold_data()

    def _sensor(self, number: int) -> Sensor:
        for sensor in self._state.sensors.values():
            if sensor.number == number:
                return sensor
        raise Refusal(NOT_PRESENT)

    # Transport commands, chapter 23.

    def _lan_parameter(self, data: bytes, _caller: Caller) -> bytes:
        _lan_channel(data[0])
        parameter = data[1]
        revision = b"\x11"
        if data[0] & 0x80:
            return revision
        suites = [number for number in CIPHER_SUITES if number in self._state.cipher_suites]
        derived = {
            0: b"\0",
            1: b"\0",
            2: bytes(5),
            3: bytes(4),
            4: b"\x01",
            17: bytes((len(self._state.destinations),)),
            20: bytes(2),
            22: bytes((len(suites),)),
            23: bytes((0, *suites)).ljust(17, b"\0"),
            24: self._suite_privileges(suites),
        }
        if parameter in (18, 19):
            return revision + self._destination(data[2])[parameter - 18]
        value = self._state.lan.get(parameter, derived.get(parameter))
        if value is None:
            raise Refusal(PARAMETER_NOT_SUPPORTED)
        return revision + value

    def _destination(self, number: int) -> tuple[bytes, bytes]:
        if number not in self._state.destinations:
            raise Refusal(OUT_OF_RANGE)
        return self._state.destinations[number]

    def _suite_privileges(self, suites: list[int]) -> bytes:
        """LAN parameter 24: a nibble per suite in the order of parameter 23."""
        limits = [self._state.suite_limits.get(suite, ADMINISTRATOR) for suite in suites]
        nibbles = limits + [0] * (16 - len(limits))
        return bytes((0, *(nibbles[i] | nibbles[i + 1] << 4 for i in range(0, 16, 2))))


def _unknown(_data: bytes, _caller: Caller) -> bytes:
    raise Refusal(INVALID_COMMAND)


def _lan_channel(octet: int) -> int:
    """There is one LAN channel, number 1; 0xE means the one that is asked over."""
    channel = octet & 0x0F
    if channel not in (0x01, 0x0E):
        raise Refusal(INVALID_FIELD)
    return 1


def _slot(octet: int) -> int:
    slot = octet & 0x3F
    if not 1 <= slot <= _MAX_USERS:
        raise Refusal(INVALID_FIELD)
    return slot
