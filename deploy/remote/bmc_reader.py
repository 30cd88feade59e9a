"""Asks a BMC for the facts of each area: users, cipher suites, LAN and alert settings."""

from collections.abc import Iterator, Mapping
from secrets import token_hex

from pydantic import SecretStr

from deploy.bmc.facts import (
    MOST_DESTINATIONS,
    MOST_POLICIES,
    MOST_SUITES,
    MOST_USERS,
    AlertFacts,
    CipherFacts,
    Destination,
    Facts,
    LanFacts,
    Policy,
    Slot,
    Told,
    UserFacts,
)
from deploy.bmc_change import BmcUserState
from deploy.remote.bmc_session import APP, EVENTS, TRANSPORT, BmcRefusal, BmcSession

LONGEST_PASSWORD = 20
_SHORT = 16
_CURRENT_CHANNEL = 0x0E
_TEST = 3
_TWENTY = 0x80


class BmcReader:
    """Reads through one session; what the BMC refuses is told in the facts."""

    def __init__(self, session: BmcSession) -> None:
        self._session = session
        self._channel: int | None = None

    @property
    def channel(self) -> int:
        """The number of the channel that we came in by (Get Channel Info, section 22.24)."""
        if self._channel is None:
            info = self._session.ask(APP, 0x42, _CURRENT_CHANNEL)
            self._channel = info[0] & 0x0F if info else 1
        return self._channel

    def users(self, passwords: Mapping[str, SecretStr]) -> Facts:
        """Every slot, and whether these users have these passwords."""
        try:
            slots = tuple(self._slots())
        except (BmcRefusal, IndexError) as why:
            return UserFacts(refused=f"its users: {_words(why)}")
        by_name = {slot.state.name: slot.number for slot in slots if slot.state.name}
        told = {name: self.told(by_name.get(name), text) for name, text in passwords.items()}
        return UserFacts(slots=slots, passwords=told)

    def _slots(self) -> Iterator[Slot]:
        first = self._access(1)
        fixed = first[2] & 0x3F
        for number in range(1, min(first[0] & 0x3F, MOST_USERS) + 1):
            yield Slot(number=number, state=self.user(number), fixed=number <= fixed)

    def user(self, number: int) -> BmcUserState:
        """One slot (Get User Access and Name, sections 22.27 and 22.29). Raises `BmcRefusal`."""
        access = self._access(number)
        return BmcUserState(
            name=self._name(number),
            privilege=access[3] & 0x0F,
            messaging=bool(access[3] & 0x10),
            enabled={1: True, 2: False}.get(access[1] >> 6),
        )

    def _access(self, number: int) -> bytes:
        access = self._session.ask(APP, 0x44, self.channel, number)
        if len(access) < 4:
            raise IndexError(number)
        return access

    def _name(self, number: int) -> str:
        try:
            octets = self._session.ask(APP, 0x46, number)[:16]
        except BmcRefusal:  # how many say that the slot is empty
            return ""
        return "".join(chr(o) if 0x20 <= o < 0x7F else "?" for o in octets.partition(b"\0")[0])

    def told(self, slot: int | None, password: SecretStr) -> Told:
        """Whether the slot's password is this one (Set User Password's test, section 22.30)."""
        octets = password.get_secret_value().encode()
        if len(octets) > LONGEST_PASSWORD:
            return "too-long"
        if slot is None:
            return "absent"
        if not self._agrees(slot, octets):
            return "wrong"
        # Some agree to anything: their word is worth nothing.
        return "untold" if self._agrees(slot, token_hex(8).encode()) else "right"

    def _agrees(self, slot: int, octets: bytes) -> bool:
        try:
            self._session.ask(APP, 0x47, *password_octets(slot, _TEST, octets))
        except BmcRefusal:
            return False
        return True

    def ciphers(self) -> Facts:
        """LAN parameters 22 to 24 (table 23-4)."""
        try:
            count = self.lan(22)[0] & 0x1F
            suites = tuple(self.lan(23)[1:])[: min(count, MOST_SUITES)]
            octets = self.lan(24)[1:9]
        except (BmcRefusal, IndexError) as why:
            return CipherFacts(refused=f"its cipher suites: {_words(why)}")
        limits = tuple(half for octet in octets for half in (octet & 0x0F, octet >> 4))
        return CipherFacts(suites=suites, limits=limits, session=self._session.suite)

    def network(self) -> Facts:
        """LAN parameters 2, 3, 4 and 20."""
        try:
            types, source, address = self.lan(2)[:5], self.lan(4)[0] & 0x0F, self.lan(3)[:4]
            vlan = self.lan(20)
            tag = (vlan[0] | (vlan[1] & 0x0F) << 8) if vlan[1] & 0x80 else 0
        except (BmcRefusal, IndexError) as why:
            return LanFacts(refused=f"its LAN settings: {_words(why)}")
        shown = ".".join(str(octet) for octet in address)
        return LanFacts(types=tuple(types), address=shown, source=source, vlan=tag)

    def alerts(self) -> Facts:
        """LAN parameters 17 to 19, and event filtering's 1, 8 and 9 (table 30-5)."""
        try:
            count = min(self.lan(17)[0] & 0x0F, MOST_DESTINATIONS)
            places = tuple(self._destination(number) for number in range(1, count + 1))
            policies = tuple(self._policies()) if count else ()
            filtering = bool(count and self.events(1)[0] & 0x01)
        except (BmcRefusal, IndexError, ValueError) as why:
            return AlertFacts(refused=f"its alert destinations: {_words(why)}")
        return AlertFacts(
            channel=self.channel, destinations=places, policies=policies, filtering=filtering
        )

    def _destination(self, number: int) -> Destination:
        kind, place = self.lan(18, number)[:4], self.lan(19, number)[:17]
        return Destination(number=number, kind=tuple(kind), place=tuple(place))

    def _policies(self) -> Iterator[Policy]:
        count = self.events(8)[0] & 0x7F
        for number in range(1, min(count, MOST_POLICIES) + 1):
            yield Policy(octets=tuple(self.events(9, number)[:4]))

    def lan(self, parameter: int, selector: int = 0) -> bytes:
        """A LAN parameter behind its revision (section 23.2). Raises `BmcRefusal`."""
        return self._session.ask(TRANSPORT, 0x02, self.channel, parameter, selector, 0)[1:]

    def events(self, parameter: int, selector: int = 0) -> bytes:
        """A parameter of event filtering (section 30.4). Raises `BmcRefusal`."""
        return self._session.ask(EVENTS, 0x13, parameter, selector, 0)[1:]


def password_octets(slot: int, operation: int, password: bytes) -> bytes:
    """The data of Set User Password (section 22.30), 16 or 20 octets of password."""
    is_long = len(password) > _SHORT
    size = LONGEST_PASSWORD if is_long else _SHORT
    return bytes((slot | _TWENTY * is_long, operation)) + password.ljust(size, b"\0")


def _words(why: Exception) -> str:
    return str(why) if isinstance(why, BmcRefusal) else "it answers in another form"
