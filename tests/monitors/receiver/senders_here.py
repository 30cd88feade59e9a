"""An inbox with three senders on loopback, and messages that other implementations have made."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1902
from pysnmp.proto.api import v1
from pysnmp.proto.api import v2c as pysnmp_v2c

from monitors.events import Event
from monitors.receiver.drops import Tally
from monitors.receiver.inbox import Inbox
from monitors.receiver.own_engine import OwnEngine
from monitors.receiver.senders import Sender, Senders
from monitors.snmp.target import Community
from monitors.snmp.usm import Auth, Priv, UsmUser

COMMUNITY = "a-community-nobody-should-see"
AUTH_PASSWORD, PRIV_PASSWORD = "authpass1234", "privpass1234"
UPS, SWITCH, SCREEN, STRANGER = "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.9"
SERVER = "127.0.0.6"
OUR_ENGINE = bytes.fromhex("8000000005") + b"receiver"
ON_BATTERY, COLD_START = "1.3.6.1.2.1.33.2.1", "1.3.6.1.6.3.1.1.5.1"


def user(auth: Auth = Auth.SHA256, priv: Priv | None = Priv.AES128) -> UsmUser:
    return UsmUser("noc", auth, AUTH_PASSWORD, priv, PRIV_PASSWORD if priv else "")


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Here:
    """An inbox, what it kept, and what it counted."""

    usm: UsmUser = field(default_factory=user)
    clock: Clock = field(default_factory=Clock)
    room: int = 10_000
    boots: int = 3

    def __post_init__(self) -> None:
        self.kept: list[Event] = []
        self.tally = Tally()
        senders = Senders(
            {
                UPS: (Sender("ups-a", Community(COMMUNITY)),),
                SWITCH: (Sender("sw-1", self.usm),),
                SCREEN: (Sender("screen-1", None, shows=True),),
                SERVER: (Sender("srv-1", None, has_bmc=True),),
            }
        )
        engine = OwnEngine(OUR_ENGINE, self.boots, self.clock.now, self.clock)
        self.inbox = Inbox(senders, engine, self._keep, self.tally, self.clock)

    @property
    def dropped(self) -> dict[str, int]:
        """Reason -> count, over all ports."""
        return dict(sum(self.tally.dropped.values(), Counter()))

    def _keep(self, event: Event) -> bool:
        if len(self.kept) >= self.room:
            return False
        self.kept.append(event)
        return True


def v2c(
    oid: str,
    values: Sequence[tuple[str, object]] = (),
    *,
    community: str = COMMUNITY,
    inform: bool = False,
    request_id: int = 7,
) -> bytes:
    """A notification as pysnmp writes it."""
    pdu = pysnmp_v2c.InformRequestPDU() if inform else pysnmp_v2c.SNMPv2TrapPDU()
    v2c_api = pysnmp_v2c.apiPDU
    v2c_api.set_defaults(pdu)
    v2c_api.set_request_id(pdu, request_id)
    pairs = [
        ("1.3.6.1.2.1.1.3.0", rfc1902.TimeTicks(4711)),
        ("1.3.6.1.6.3.1.1.4.1.0", rfc1902.ObjectIdentifier(oid)),
        *values,
    ]
    v2c_api.set_varbinds(pdu, [(rfc1902.ObjectName(name), value) for name, value in pairs])
    return _message(pysnmp_v2c, community, pdu)


def v1_trap() -> bytes:
    """A trap of SNMPv1, as pysnmp writes it."""
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    return _message(v1, COMMUNITY, pdu)


def platform_event(
    specific: int,
    data: bytes | None,
    *,
    enterprise: str = "1.3.6.1.4.1.3183.1.1",
    community: str = "public",
) -> bytes:
    """A platform event trap as pysnmp writes it; `data` is its one value."""
    pdu = v1.TrapPDU()
    trap = v1.apiTrapPDU
    trap.set_defaults(pdu)
    trap.set_enterprise(pdu, enterprise)
    trap.set_agent_address(pdu, v1.IpAddress("10.20.9.80"))
    trap.set_generic_trap(pdu, 6)
    trap.set_specific_trap(pdu, specific)
    if data is not None:
        name = v1.ObjectIdentifier("1.3.6.1.4.1.3183.1.1.1")
        trap.set_varbinds(pdu, [(name, v1.OctetString(data))])
    return _message(v1, community, pdu)


def _message(api: object, community: str, pdu: object) -> bytes:
    message = api.Message()  # type: ignore[attr-defined]
    api.apiMessage.set_defaults(message)  # type: ignore[attr-defined]
    api.apiMessage.set_community(message, community)  # type: ignore[attr-defined]
    api.apiMessage.set_pdu(message, pdu)  # type: ignore[attr-defined]
    return bytes(encoder.encode(message))


@contextmanager
def listening(here: Here, address: str) -> Iterator[int]:
    """The inbox behind a real socket, for programs that send; all seem to come from `address`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(0.1)
        ending = threading.Event()

        def serve() -> None:
            while not ending.is_set():
                try:
                    data, sender = port.recvfrom(65535)
                except TimeoutError:
                    continue
                answer = here.inbox.trap(data, address)
                if answer is not None:
                    port.sendto(answer, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield port.getsockname()[1]
        finally:
            ending.set()
            thread.join()
