"""What a BMC knows that outlives a session, and how a command is refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from watchfloor.simulate.bmc_sensors import Sensor
from watchfloor.simulate.fru import Fru
from watchfloor.simulate.ipmi_log import EventLog

OK, INVALID_COMMAND, RESERVATION_LOST = 0x00, 0xC1, 0xC5
TOO_SHORT, OUT_OF_RANGE, TOO_MANY_OCTETS = 0xC7, 0xC9, 0xCA
NOT_PRESENT, INVALID_FIELD, NO_PRIVILEGE, NOT_SUPPORTED_NOW = 0xCB, 0xCC, 0xD4, 0xD5
"""Completion codes of IPMI v2.0 table 5-2."""
PARAMETER_NOT_SUPPORTED = 0x80

NO_SESSION, CALLBACK, USER, OPERATOR, ADMINISTRATOR = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class SimulatedBmcUser:
    """A user slot of the BMC."""

    name: str
    password: str = field(repr=False)
    privilege: int = ADMINISTRATOR
    enabled: bool = True
    messaging: bool = True
    """Whether the user may log in over IPMI."""


def _destinations() -> dict[int, tuple[bytes, bytes]]:
    return {number: (bytes((number, 0, 3, 3)), bytes((number, *bytes(12)))) for number in (1, 2)}


def _policies() -> dict[int, bytes]:
    return {number: bytes((number, 0, 0, 0)) for number in range(1, 5)}


@dataclass(slots=True)
class BmcState:
    """Everything a BMC knows that outlives a session. Changed at run time by tests and faults."""

    users: tuple[SimulatedBmcUser, ...]
    """Slot 2 and on; slot 1 is the nameless user, disabled."""
    cipher_suites: tuple[int, ...]
    sensors: dict[str, Sensor]
    fru: Fru
    guid: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    log: EventLog = field(default_factory=EventLog)
    powered: bool = True
    manufacturer: int = 0
    product: int = 1
    firmware: tuple[int, int] = (2, 14)
    largest_read: int = 64
    """The most octets of an SDR or a FRU in one answer; a console must then ask for less."""
    lan: dict[int, bytes] = field(default_factory=dict)
    """LAN parameters of section 23.2 beside the ones derived here."""

    suite_limits: dict[int, int] = field(default_factory=dict)
    """The highest privilege with a cipher suite; administrator where none is set, 0 is off."""
    destinations: dict[int, tuple[bytes, bytes]] = field(default_factory=_destinations)
    """LAN parameters 18 and 19 of each alert destination."""
    policies: dict[int, bytes] = field(default_factory=_policies)
    """Event filtering's parameter 9."""
    agrees_to_any_password: bool = False
    """As some do, when they are asked to test one."""
    refused: dict[tuple[int, int], int] = field(default_factory=dict)
    """Completion codes of commands that this vendor does not carry out."""

    def user(self, name: bytes) -> SimulatedBmcUser | None:
        """The enabled user of this name."""
        for user in self.users:
            if user.enabled and user.messaging and user.name.encode() == name:
                return user
        return None


class Refusal(Exception):  # noqa: N818  (a completion code is an answer, not a simulator's error)
    """The command completes with this code and no data."""

    def __init__(self, code: int) -> None:
        self.code = code


@dataclass(slots=True)
class Caller:
    """Who sends the command: the session's current and highest privilege, and its id."""

    privilege: int = NO_SESSION
    limit: int = NO_SESSION
    session_id: int = 0
    user_slot: int = 0
    closed: bool = False


Command = Callable[[bytes, Caller], bytes]

CommandTable = dict[tuple[int, int], tuple[int, Command]]
"""Network function and command number to the least privilege and the method."""
