"""The commands by which a BMC is configured: users, LAN parameters, where its alerts go."""

from __future__ import annotations

from dataclasses import replace

from watchfloor.simulate.bmc_state import (
    ADMINISTRATOR,
    INVALID_FIELD,
    OPERATOR,
    OUT_OF_RANGE,
    PARAMETER_NOT_SUPPORTED,
    TOO_SHORT,
    BmcState,
    Caller,
    CommandTable,
    Refusal,
    SimulatedBmcUser,
)
from watchfloor.simulate.rmcp import CIPHER_SUITES

_APP, _EVENTS, _TRANSPORT = 0x06, 0x04, 0x0C
_MAX_USERS = 10
_DISABLE, _ENABLE, _SET, _TEST = 0, 1, 2, 3
_WRONG_PASSWORD = 0x80
_READ_ONLY = 0x82
_NOBODY = SimulatedBmcUser("", "", privilege=0x0F, enabled=False, messaging=False)


class SettingCommands:
    """Changes the BMC's state as an administrator asks for it."""

    def __init__(self, state: BmcState) -> None:
        self._state = state
        self.table: CommandTable = {
            (_APP, 0x43): (ADMINISTRATOR, self._set_access),
            (_APP, 0x45): (ADMINISTRATOR, self._set_name),
            (_APP, 0x47): (ADMINISTRATOR, self._set_password),
            (_TRANSPORT, 0x01): (ADMINISTRATOR, self._set_lan),
            (_EVENTS, 0x12): (ADMINISTRATOR, self._set_events),
            (_EVENTS, 0x13): (OPERATOR, self._events),
        }

    # Users, sections 22.26 to 22.30.

    def _set_access(self, data: bytes, _caller: Caller) -> bytes:
        user = self._user(data[1])
        privilege = data[2] & 0x0F
        if data[0] & 0x80:
            user = replace(user, messaging=bool(data[0] & 0x10))
        self._keep(data[1], replace(user, privilege=privilege))
        return b""

    def _set_name(self, data: bytes, _caller: Caller) -> bytes:
        name = data[1:17].partition(b"\0")[0].decode("ascii", "replace")
        self._keep(data[0], replace(self._user(data[0]), name=name))
        return b""

    def _set_password(self, data: bytes, _caller: Caller) -> bytes:
        user, operation = self._user(data[0]), data[1] & 0x03
        if operation in (_DISABLE, _ENABLE):
            self._keep(data[0], replace(user, enabled=operation == _ENABLE))
            return b""
        size = 20 if data[0] & 0x80 else 16
        if len(data) != 2 + size:
            raise Refusal(TOO_SHORT)
        password = data[2:].rstrip(b"\0").decode("utf-8", "replace")
        if operation == _SET:
            self._keep(data[0], replace(user, password=password))
        elif password != user.password and not self._state.agrees_to_any_password:
            raise Refusal(_WRONG_PASSWORD)
        return b""

    def _user(self, octet: int) -> SimulatedBmcUser:
        place = _place(octet)
        users = self._state.users
        return users[place] if place < len(users) else _NOBODY

    def _keep(self, octet: int, user: SimulatedBmcUser) -> None:
        place = _place(octet)
        users = [*self._state.users]
        users += [_NOBODY] * (place + 1 - len(users))
        users[place] = user
        self._state.users = tuple(users)

    # LAN parameters, section 23.1.

    def _set_lan(self, data: bytes, _caller: Caller) -> bytes:
        parameter, value = data[1], data[2:]
        if parameter in (18, 19):
            self._set_destination(parameter, value)
        elif parameter == 24:
            self._set_suite_limits(value)
        elif parameter in (2, 3, 4, 12, 20):
            self._state.lan[parameter] = value
        elif parameter in (1, 17, 22, 23):
            raise Refusal(_READ_ONLY)
        else:
            raise Refusal(PARAMETER_NOT_SUPPORTED)
        return b""

    def _set_destination(self, parameter: int, value: bytes) -> None:
        old = self._state.destinations.get(value[0] & 0x0F)
        if old is None:
            raise Refusal(OUT_OF_RANGE)
        kind, place = (value[:4], old[1]) if parameter == 18 else (old[0], value[:13])
        if len(kind) != 4 or len(place) != 13:
            raise Refusal(TOO_SHORT)
        self._state.destinations[value[0] & 0x0F] = kind, place

    def _set_suite_limits(self, value: bytes) -> None:
        if len(value) != 9:
            raise Refusal(TOO_SHORT)
        nibbles = [half for octet in value[1:] for half in (octet & 0x0F, octet >> 4)]
        offered = [number for number in CIPHER_SUITES if number in self._state.cipher_suites]
        self._state.suite_limits = dict(zip(offered, nibbles, strict=False))

    # Event filtering, sections 30.3 and 30.4.

    def _events(self, data: bytes, _caller: Caller) -> bytes:
        parameter, number = data[0] & 0x7F, data[1]
        if parameter == 9:
            return b"\x11" + self._policy(number)
        known = {1: b"\x01", 8: bytes((len(self._state.policies),))}
        if parameter not in known:
            raise Refusal(PARAMETER_NOT_SUPPORTED)
        return b"\x11" + known[parameter]

    def _set_events(self, data: bytes, _caller: Caller) -> bytes:
        if data[0] & 0x7F != 9:
            raise Refusal(PARAMETER_NOT_SUPPORTED)
        if len(data) != 5:
            raise Refusal(TOO_SHORT)
        self._policy(data[1])
        self._state.policies[data[1]] = data[1:5]
        return b""

    def _policy(self, number: int) -> bytes:
        if number not in self._state.policies:
            raise Refusal(OUT_OF_RANGE)
        return self._state.policies[number]


def _place(octet: int) -> int:
    """Where a slot's user is in the state; slot 1 has none that could be set."""
    slot = octet & 0x3F
    if not 2 <= slot <= _MAX_USERS:
        raise Refusal(INVALID_FIELD)
    return slot - 2
