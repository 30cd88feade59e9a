"""The facts about a BMC that the security baseline judges. Nothing is changed by reading them."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitors.ipmi.connection import DEVICE_ID, Connection
from monitors.ipmi.login import APP, AuthCapabilities
from monitors.ipmi.messages import OK, Request, completion
from monitors.ipmi.repository import STORAGE
from monitors.ipmi.target import Privilege

TRANSPORT = 0x0C
MOST_USERS = 63
MOST_CIPHER_ENTRIES = 16
_PARAM_VLAN = 20
_PARAM_CIPHER_COUNT = 22
_PARAM_CIPHER_ENTRIES = 23
_PARAM_CIPHER_PRIVILEGES = 24
_SOL_ENABLE = 1
_SOL_AUTHENTICATION = 2
_PRIVILEGES = {each.value: each.name for each in Privilege}


@dataclass(frozen=True, slots=True)
class BmcUser:
    """One user slot of the LAN channel."""

    number: int
    name: str
    """Empty for the null user."""
    privilege: str
    """CALLBACK, USER, OPERATOR, ADMINISTRATOR, OEM; NONE where access is barred."""
    enabled: bool | None
    """None where the BMC does not say."""
    ipmi_messaging: bool


@dataclass(frozen=True, slots=True)
class SolFacts:
    """Serial over LAN."""

    enabled: bool
    force_encryption: bool
    force_authentication: bool
    privilege: str


@dataclass(frozen=True, slots=True)
class BmcFacts:
    """What was read from one BMC. None means: not told, at the privilege that the user has."""

    address: str
    firmware: str
    manufacturer_id: int
    session_cipher_suite: int | None
    """The suite that this very reading used."""
    cipher_suites: tuple[int, ...] | None
    """Offered to anybody (Get Channel Cipher Suites)."""
    cipher_privileges: dict[int, str] | None
    """The privilege limit of each suite; NONE where a suite is switched off (LAN parameter 24)."""
    opens_with_cipher_zero: bool
    """Proved by one try to open a session without authentication."""
    anonymous_login: bool
    null_usernames: bool
    auth_types: frozenset[str]
    """IPMI 1.5 authentication types enabled at any privilege: NONE, MD2, MD5, PASSWORD, OEM."""
    ipmi_15: bool
    kg_set: bool
    user_privilege: str | None
    """The privilege limit of the user that read these facts."""
    users: tuple[BmcUser, ...] | None
    sol: SolFacts | None
    vlan_id: int | None
    """0 where VLAN tagging is off."""
    log_time: int | None
    """The event log's clock, seconds since 1970, when it was read."""
    unread: tuple[str, ...]
    """What the BMC did not tell, and why, for people."""


async def read_bmc_facts(connection: Connection) -> BmcFacts:
    """Reads the facts with the connection's user; raises IpmiError when there is no session.

    Questions that need more privilege than the user has are left out, and named in `unread`.
    """
    told = [await connection.auth_capabilities(level) for level in _LEVELS]
    offered = await connection.offered_cipher_suites()
    zero = await connection.opens_with_cipher_zero()
    device_id = await connection.command(DEVICE_ID)
    reader = _Reader(connection, told[0].channel)
    users = await reader.users()
    return BmcFacts(
        address=connection.target.address,
        firmware=f"{device_id[2] & 0x7F}.{device_id[3]:02x}" if len(device_id) > 3 else "",
        manufacturer_id=int.from_bytes(device_id[6:9], "little"),
        session_cipher_suite=connection.cipher_suite,
        cipher_suites=offered,
        cipher_privileges=await reader.cipher_privileges(),
        opens_with_cipher_zero=zero,
        anonymous_login=any(each.anonymous_login for each in told),
        null_usernames=any(each.null_usernames for each in told),
        auth_types=_any_auth_types(told),
        ipmi_15=any(each.ipmi_15 for each in told),
        kg_set=told[0].kg_set,
        user_privilege=_privilege_of(users, connection.target.user),
        users=users,
        sol=await reader.sol(),
        vlan_id=await reader.vlan_id(),
        log_time=await reader.log_time(),
        unread=tuple(reader.unread),
    )


_LEVELS = (Privilege.USER, Privilege.OPERATOR, Privilege.ADMINISTRATOR)


def _any_auth_types(told: Iterable[AuthCapabilities]) -> frozenset[str]:
    return frozenset(name for each in told for name in each.auth_types)


def _privilege_of(users: tuple[BmcUser, ...] | None, name: str) -> str | None:
    return next((user.privilege for user in users or () if user.name == name), None)


class _Reader:
    """Asks within the session; what is refused becomes None and an entry in `unread`."""

    def __init__(self, connection: Connection, channel: int) -> None:
        self.unread: list[str] = []
        self._connection = connection
        self._channel = channel

    async def users(self) -> tuple[BmcUser, ...] | None:
        """The users that have a name, a privilege or are switched on."""
        first = await self._ask("users", Request(APP, 0x44, bytes((self._channel, 1))))
        if first is None or len(first) < 4:
            return None
        found = []
        for number in range(1, min(first[0] & 0x3F, MOST_USERS) + 1):
            user = await self._user(number)
            if user is not None and (user.name or user.ipmi_messaging):
                found.append(user)
        return tuple(found)

    async def cipher_privileges(self) -> dict[int, str] | None:
        """LAN parameters 22 to 24 (table 23-4)."""
        count = await self._lan(_PARAM_CIPHER_COUNT, "cipher suite privileges")
        entries = await self._lan(_PARAM_CIPHER_ENTRIES, "cipher suite privileges")
        limits = await self._lan(_PARAM_CIPHER_PRIVILEGES, "cipher suite privileges")
        if not count or not entries or not limits:
            return None
        number = min(count[0] & 0x1F, MOST_CIPHER_ENTRIES, len(entries) - 1)
        nibbles = [half for each in limits[1:] for half in (each & 0x0F, each >> 4)]
        return {
            suite: _PRIVILEGES.get(limit, "NONE")
            for suite, limit in zip(entries[1 : 1 + number], nibbles, strict=False)
        }

    async def sol(self) -> SolFacts | None:
        """SOL parameters 1 and 2 (table 26-5)."""
        enable = await self._sol(_SOL_ENABLE)
        rules = await self._sol(_SOL_AUTHENTICATION)
        if not enable or not rules:
            return None
        return SolFacts(
            enabled=bool(enable[0] & 0x01),
            force_encryption=bool(rules[0] & 0x80),
            force_authentication=bool(rules[0] & 0x40),
            privilege=_PRIVILEGES.get(rules[0] & 0x0F, "NONE"),
        )

    async def vlan_id(self) -> int | None:
        """LAN parameter 20."""
        data = await self._lan(_PARAM_VLAN, "VLAN")
        if data is None or len(data) < 2:
            return None
        return (data[0] | (data[1] & 0x0F) << 8) if data[1] & 0x80 else 0

    async def log_time(self) -> int | None:
        """Get SEL Time (section 31.10)."""
        data = await self._ask("event log clock", Request(STORAGE, 0x48))
        return int.from_bytes(data[:4], "little") if data and len(data) >= 4 else None

    async def _user(self, number: int) -> BmcUser | None:
        access = await self._ask("users", Request(APP, 0x44, bytes((self._channel, number))))
        if access is None or len(access) < 4:
            return None
        name = await self._ask("user names", Request(APP, 0x46, bytes((number,)))) or b""
        return BmcUser(
            number=number,
            name=_printable(name[:16]),
            privilege=_PRIVILEGES.get(access[3] & 0x0F, "NONE"),
            enabled={1: True, 2: False}.get(access[1] >> 6),
            ipmi_messaging=bool(access[3] & 0x10),
        )

    async def _lan(self, parameter: int, what: str) -> bytes | None:
        place = bytes((self._channel, parameter, 0, 0))
        data = await self._ask(what, Request(TRANSPORT, 0x02, place))
        return None if data is None else data[1:]

    async def _sol(self, parameter: int) -> bytes | None:
        place = bytes((self._channel, parameter, 0, 0))
        data = await self._ask("serial over LAN", Request(TRANSPORT, 0x22, place))
        return None if data is None else data[1:]

    async def _ask(self, what: str, request: Request) -> bytes | None:
        response = await self._connection.ask(request)
        if response.code == OK:
            return response.data
        reason = f"{what}: {completion(response.code)}"
        if reason not in self.unread:
            self.unread.append(reason)
        return None


def _printable(name: bytes) -> str:
    text = name.split(b"\0", 1)[0].decode("latin-1")
    return "".join(letter if letter.isprintable() else "?" for letter in text)
