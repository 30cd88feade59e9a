"""Turns what comes in at the ports into events: checks the sender, its pace and its credential."""

import hmac
import itertools
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from pydantic import JsonValue

from monitors.events import Event, EventKind
from monitors.reading import State
from monitors.receiver.drops import DroppedError, Tally
from monitors.receiver.notice import read_notice
from monitors.receiver.notification import Notification, read_notification
from monitors.receiver.own_engine import OwnEngine
from monitors.receiver.pace import Clock, Pace, Rate
from monitors.receiver.platform_event import read_platform_event
from monitors.receiver.senders import Sender, Senders
from monitors.receiver.syslog_line import read_line
from monitors.receiver.usm import Opened, UsmReceiver
from monitors.receiver.words import tell
from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.message import (
    VERSION_1,
    VERSION_2C,
    VERSION_3,
    community_preamble,
    open_message,
)
from monitors.snmp.target import Community
from monitors.snmp.usm import UsmUser

TRAPS, SYSLOG, NOTICES = "traps", "syslog", "notices"
PACES: Mapping[str, tuple[Rate, Rate]] = {
    TRAPS: (Rate(10, 50), Rate(200, 500)),
    SYSLOG: (Rate(20, 100), Rate(400, 1000)),
    NOTICES: (Rate(2, 10), Rate(20, 50)),
}
"""Of each port: what one source may send, and all of them together."""
REMEMBERED_INFORMS = 1024
"""An inform that is sent again because our answer was lost is answered again and counts once."""

Keep = Callable[[Event], bool]
"""Takes an event over; False when there is no room for it."""


class Inbox:
    """All three ports' messages, one at a time. Nothing that comes in makes it raise."""

    def __init__(
        self,
        senders: Senders,
        engine: OwnEngine,
        keep: Keep,
        tally: Tally,
        clock: Clock = time.monotonic,
    ) -> None:
        self.tally = tally
        self._senders = senders
        self._keep = keep
        self._usm = UsmReceiver(engine)
        self._paces = {port: Pace(*rates, clock) for port, rates in PACES.items()}
        self._run = secrets.token_hex(6)
        self._numbers = itertools.count(1)
        self._informs: OrderedDict[bytes, None] = OrderedDict()

    def trap(self, data: bytes, address: str) -> bytes | None:
        """A datagram at the trap port; returns what is to be answered."""
        try:
            senders = self._known(TRAPS, address)
            version, at, end = open_message(data)
            if version == VERSION_1:
                self._take_platform_event(data, at, end, senders)
                return None
            sender, opened = self._open(version, data, at, end, senders)
            return self._take_notification(sender, opened)
        except DroppedError as drop:
            self.tally.drop(TRAPS, drop.reason)
        except DecodeError:
            self.tally.drop(TRAPS, "garbage")
        return None

    def syslog(self, data: bytes, address: str) -> None:
        """One syslog message, without its framing."""
        try:
            sender = _only(self._known(SYSLOG, address))
            line = read_line(data)
            if not line.text:
                raise DroppedError("empty")
            summary = f"{line.app}: {line.text}" if line.app else line.text
            values: dict[str, JsonValue] = {"severity": line.severity}
            self._pass_on(EventKind.SYSLOG, sender, summary, line.state, values=values)
        except DroppedError as drop:
            self.tally.drop(SYSLOG, drop.reason)

    def notice(self, data: bytes, address: str) -> None:
        """A datagram at the port of PJLink notices."""
        try:
            senders = self._known(NOTICES, address)
            sender = _only(tuple(each for each in senders if each.shows), "no_display")
            summary = read_notice(data)
            if summary is None:
                raise DroppedError("garbage")
            self._pass_on(EventKind.NOTICE, sender, summary, State.UNKNOWN)
        except DroppedError as drop:
            self.tally.drop(NOTICES, drop.reason)

    def _known(self, port: str, address: str) -> tuple[Sender, ...]:
        senders = self._senders.at(address)
        if not senders:
            raise DroppedError("unknown_sender")
        if refusal := self._paces[port].refusal(senders[0].device):
            raise DroppedError(refusal)
        return senders

    def _open(
        self, version: int, data: bytes, at: int, end: int, senders: tuple[Sender, ...]
    ) -> tuple[Sender, Opened]:
        if version == VERSION_2C:
            return self._open_v2c(data, at, end, senders)
        if version == VERSION_3:
            return self._open_v3(data, at, end, senders)
        raise DroppedError("version")

    def _open_v2c(
        self, data: bytes, at: int, end: int, senders: tuple[Sender, ...]
    ) -> tuple[Sender, Opened]:
        given, at = ber.read_octets(data, at, end)
        believed = [(each, each.snmp) for each in senders if isinstance(each.snmp, Community)]
        if not believed:
            raise DroppedError(_why_not(senders))
        fitting = [
            sender
            for sender, community in believed
            if hmac.compare_digest(given, community.value.encode())
        ]
        sender = _only(tuple(fitting), "community")
        notification = read_notification(data, at, end)
        if not notification.confirmed:
            return sender, Opened(notification)
        preamble = community_preamble(given)
        return sender, Opened(
            notification, ber.write(ber.SEQUENCE, preamble + notification.response())
        )

    def _open_v3(
        self, data: bytes, at: int, end: int, senders: tuple[Sender, ...]
    ) -> tuple[Sender, Opened]:
        believed = [(each, each.snmp) for each in senders if isinstance(each.snmp, UsmUser)]
        if not believed:
            raise DroppedError(_why_not(senders))
        if len(believed) > 1:
            raise DroppedError("ambiguous")
        sender, user = believed[0]
        return sender, self._usm.open(data, at, end, sender.device, user)

    def _take_platform_event(
        self, data: bytes, at: int, end: int, senders: tuple[Sender, ...]
    ) -> None:
        """BMCs speak nothing newer; the community that they send proves nothing."""
        sender = _only(tuple(each for each in senders if each.has_bmc), "version")
        _, at = ber.read_octets(data, at, end)
        told = read_platform_event(data, at, end)
        if told is None:
            raise DroppedError("version")
        values: dict[str, JsonValue] = {} if told.sensor is None else {"sensor": told.sensor}
        self._pass_on(
            EventKind.TRAP,
            sender,
            told.summary,
            told.state,
            values=values,
            name="platformEvent",
            counted="trap",
        )

    def _take_notification(self, sender: Sender, opened: Opened) -> bytes | None:
        notification = opened.notification
        if notification is None or not notification.confirmed:
            if notification is not None:
                self._tell(sender, notification)
            return opened.answer
        said = f"{sender.device}\0{notification.request_id}\0".encode()
        mark = sha256(said + notification.varbinds).digest()
        if mark not in self._informs:
            self._tell(sender, notification)
            self._informs[mark] = None  # only now: one that found no room will come again
            if len(self._informs) > REMEMBERED_INFORMS:
                self._informs.popitem(last=False)
        return opened.answer

    def _tell(self, sender: Sender, notification: Notification) -> None:
        told = tell(notification)
        values: dict[str, JsonValue] = dict(told.values)
        self._pass_on(
            EventKind.TRAP,
            sender,
            told.summary,
            told.state,
            values=values,
            name=told.name,
            counted="inform" if notification.confirmed else "trap",
        )

    def _pass_on(
        self,
        kind: EventKind,
        sender: Sender,
        summary: str,
        state: State,
        *,
        values: dict[str, JsonValue] | None = None,
        name: str = "",
        counted: str = "",
    ) -> None:
        payload: dict[str, JsonValue] = {"summary": summary, "state": state.value}
        if name:
            payload["name"] = name
        if values:
            payload["values"] = values
        event = Event(
            id=f"{self._run}-{next(self._numbers)}",
            kind=kind,
            at=datetime.now(UTC),
            actor="receiver",
            device=sender.device,
            payload=payload,
        )
        if not self._keep(event):
            raise DroppedError("queue_full")
        self.tally.received[counted or kind.value] += 1


def _only(senders: tuple[Sender, ...], missing: str = "unknown_sender") -> Sender:
    if len(senders) == 1:
        return senders[0]
    raise DroppedError("ambiguous" if senders else missing)


def _why_not(senders: tuple[Sender, ...]) -> str:
    """The version is not the one that the device's credential is for, or it has none."""
    return "version" if any(each.snmp is not None for each in senders) else "no_credential"
