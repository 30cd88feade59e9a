"""How a session with a BMC is opened: what it offers, the handshake, and the privilege."""

import os
import secrets
from dataclasses import dataclass, field

from monitors.ipmi import framing, rakp
from monitors.ipmi.ciphers import SUITE_0, SUITES, CipherSuite
from monitors.ipmi.errors import (
    CipherError,
    IpmiError,
    LoginRefusedError,
    PrivilegeError,
    SilentError,
    WrongPasswordError,
    WrongUserError,
)
from monitors.ipmi.framing import SealedFraming
from monitors.ipmi.link import Link
from monitors.ipmi.messages import OK, Request, Response, completion
from monitors.ipmi.pace import SequenceNumbers
from monitors.ipmi.target import IpmiTarget, Privilege

APP = 0x06
THIS_CHANNEL = 0x0E
"""The channel that the question came by."""
HANDSHAKES = 3
"""How often a handshake that the BMC forgot is begun anew."""
_MOST_CIPHER_PAGES = 64
_CIPHER_PAGE = 16
_RECORD_STANDARD = 0xC0
_RECORD_OEM = 0xC1


@dataclass(frozen=True, slots=True)
class AuthCapabilities:
    """What a BMC says before any login (Get Channel Authentication Capabilities, table 22-15)."""

    channel: int
    auth_types: frozenset[str]
    """IPMI 1.5 authentication types that are enabled at the privilege asked for."""
    anonymous_login: bool
    """A user without name and password may log in."""
    null_usernames: bool
    """A user without name may log in, with a password."""
    named_users: bool
    user_level_auth: bool
    """Packets of USER privilege must be authenticated."""
    per_message_auth: bool
    kg_set: bool
    """A BMC key other than zero takes part in each login."""
    ipmi_15: bool
    ipmi_20: bool


@dataclass(slots=True)
class Session:
    """An open session: its packets, its request numbers and what it may do."""

    framing: SealedFraming
    suite: CipherSuite
    privilege: Privilege
    numbers: SequenceNumbers = field(default_factory=SequenceNumbers)


_AUTH_TYPES = {0: "NONE", 1: "MD2", 2: "MD5", 4: "PASSWORD", 5: "OEM"}


def auth_capabilities_request(privilege: int) -> Request:
    """Asks with the bit for IPMI 2.0 data."""
    return Request(APP, 0x38, bytes((0x80 | THIS_CHANNEL, privilege)))


def parse_auth_capabilities(data: bytes) -> AuthCapabilities | None:
    """None for data that is too short to say anything."""
    if len(data) < 4:
        return None
    types, flags, extended = data[1], data[2], data[3]
    told = bool(types & 0x80)
    return AuthCapabilities(
        channel=data[0] & 0x0F,
        auth_types=frozenset(name for bit, name in _AUTH_TYPES.items() if types >> bit & 1),
        anonymous_login=bool(flags & 0x01),
        null_usernames=bool(flags & 0x02),
        named_users=bool(flags & 0x04),
        user_level_auth=not flags & 0x08,
        per_message_auth=not flags & 0x10,
        kg_set=bool(flags & 0x20),
        ipmi_15=bool(extended & 0x01) if told else True,
        ipmi_20=told and bool(extended & 0x02),
    )


async def read_auth_capabilities(link: Link, privilege: int) -> AuthCapabilities:
    """What the BMC allows at a privilege, before any login."""
    (response,) = await link.ask_sessionless([auth_capabilities_request(privilege)])
    told = parse_auth_capabilities(response.data) if response.code == OK else None
    if told is None:
        raise LoginRefusedError(
            f"{link.where} does not say how to log in ({completion(response.code)}):"
            " check its firmware"
        )
    return told


async def read_cipher_suites(link: Link) -> tuple[int, ...] | None:
    """The numbers of the suites that the BMC lists; None when it does not know the question."""
    records = b""
    for page in range(_MOST_CIPHER_PAGES):
        request = Request(APP, 0x54, bytes((THIS_CHANNEL, framing.PAYLOAD_IPMI, 0x80 | page)))
        (response,) = await link.ask_sessionless([request])
        if response.code != OK or not response.data:
            return parse_cipher_records(records) if records else None
        records += response.data[1 : 1 + _CIPHER_PAGE]
        if len(response.data) < 1 + _CIPHER_PAGE:
            break
    return parse_cipher_records(records)


def parse_cipher_records(records: bytes) -> tuple[int, ...]:
    """The suite numbers in cipher suite records (table 22-18), without the vendors' own."""
    found = []
    at = 0
    while at + 1 < len(records):
        if records[at] == _RECORD_STANDARD:
            found.append(records[at + 1])
            at += 2
        elif records[at] == _RECORD_OEM:
            at += 5
        else:
            at += 1  # An algorithm of the record before.
    return tuple(dict.fromkeys(found))


class Login:
    """Opens sessions with one BMC, and remembers which cipher suites it offers."""

    def __init__(self, link: Link, target: IpmiTarget) -> None:
        self._link = link
        self._target = target
        self._offered: tuple[int, ...] | None = None

    async def open(self, privilege: Privilege) -> Session:
        """A session with at most `privilege`; raises an IpmiError that says what is wrong."""
        told = await read_auth_capabilities(self._link, privilege)
        if not told.ipmi_20:
            raise CipherError(f"{self._link.where} speaks only IPMI 1.5: update its firmware")
        if self._offered is None:
            self._offered = await read_cipher_suites(self._link)
        for suite in self._candidates():
            try:
                return await self._open_with(suite, privilege)
            except rakp.RefusedError as error:
                if error.status not in rakp.CIPHER_STATUSES:
                    raise self._refusal(error, privilege) from error
        raise self._no_cipher()

    async def opens_with_cipher_zero(self) -> bool:
        """Whether the BMC accepts a session without any authentication. Never goes further."""
        session = secrets.randbits(32) or 1
        try:
            await self._link.ask_handshake(
                framing.PAYLOAD_OPEN_REQUEST,
                lambda tag: rakp.encode_open_request(tag, Privilege.USER, session, SUITE_0),
                lambda payload: rakp.parse_open_response(payload, session, SUITE_0),
            )
        except rakp.RefusedError:
            return False
        except SilentError:
            return False  # Dropping the request is a refusal as well.
        return True

    def _candidates(self) -> list[CipherSuite]:
        allowed = [SUITES[number] for number in self._target.cipher_suites]
        if self._offered is None:
            return allowed
        return [suite for suite in allowed if suite.number in self._offered]

    async def _open_with(self, suite: CipherSuite, privilege: Privilege) -> Session:
        for _ in range(HANDSHAKES):
            try:
                session = await self._handshake(suite, privilege)
            except rakp.RefusedError as error:
                # The BMC has proved by now that it knows the password, so a wrong proof means
                # that a message which came twice has changed its challenge in between.
                if error.status not in (rakp.STATUS_INVALID_SESSION, rakp.STATUS_WRONG_PROOF):
                    raise
            else:
                await self._set_privilege(session)
                return session
        raise LoginRefusedError(f"{self._link.where} mixes up each login: reset the BMC")

    async def _handshake(self, suite: CipherSuite, privilege: Privilege) -> Session:
        claim = self._claim(suite, privilege)
        ask = self._link.ask_handshake
        managed = await ask(
            framing.PAYLOAD_OPEN_REQUEST,
            lambda tag: rakp.encode_open_request(tag, privilege, claim.console_session, suite),
            lambda payload: rakp.parse_open_response(payload, claim.console_session, suite),
        )
        try:
            challenge = await ask(
                framing.PAYLOAD_RAKP1,
                lambda tag: rakp.encode_rakp1(tag, claim, managed),
                lambda payload: rakp.parse_rakp2(payload, claim, managed),
            )
            keys = rakp.session_keys(claim, challenge)
            await ask(
                framing.PAYLOAD_RAKP3,
                lambda tag: rakp.encode_rakp3(tag, claim, challenge),
                lambda payload: rakp.check_rakp4(payload, claim, challenge, keys),
            )
        except WrongPasswordError as error:
            raise self._wrong_password(error) from error
        sealed = SealedFraming(suite, keys, claim.console_session, managed)
        return Session(sealed, suite, privilege)

    def _claim(self, suite: CipherSuite, privilege: Privilege) -> rakp.Claim:
        return rakp.Claim(
            suite=suite,
            user=self._target.user.encode(),
            password=self._target.password.get_secret_value().encode(),
            privilege=privilege,
            console_session=secrets.randbits(32) or 1,
            console_random=os.urandom(rakp.RANDOM_BYTES),
        )

    async def _set_privilege(self, session: Session) -> None:
        if session.privilege <= Privilege.USER:
            return  # Where each session begins.
        request = Request(APP, 0x3B, bytes((session.privilege,)))
        (response,) = await ask_in_session(self._link, session, [request])
        if response.code != OK:
            raise self._no_privilege(session.privilege, completion(response.code))
        if response.data and response.data[0] & 0x0F < session.privilege:
            raise self._no_privilege(session.privilege, "the BMC grants less")

    def _refusal(self, error: rakp.RefusedError, privilege: Privilege) -> IpmiError:
        where = self._link.where
        if error.status in rakp.USER_STATUSES:
            return WrongUserError(
                f'{where} knows no user "{self._target.user}": check the user name in the'
                " inventory and the BMC's user list"
            )
        if error.status in rakp.PRIVILEGE_STATUSES:
            return self._no_privilege(privilege, str(error))
        return LoginRefusedError(f"{where} refuses the login: {error}; try again or reset the BMC")

    def _wrong_password(self, error: Exception) -> IpmiError:
        return WrongPasswordError(
            f'{self._link.where} rejects the password of user "{self._target.user}" ({error}):'
            " check the secret that the inventory names"
        )

    def _no_privilege(self, privilege: Privilege, reason: str) -> IpmiError:
        return PrivilegeError(
            f'{self._link.where} does not let user "{self._target.user}" have {privilege.name}'
            f" ({reason}): raise the user's limit on the LAN channel"
        )

    def _no_cipher(self) -> IpmiError:
        allowed = ", ".join(str(number) for number in self._target.cipher_suites)
        offered = ", ".join(str(number) for number in self._offered or ()) or "unknown suites"
        return CipherError(
            f"{self._link.where} offers no allowed cipher suite (offered: {offered};"
            f" allowed: {allowed}): enable 17 on its LAN channel"
        )


async def ask_in_session(
    link: Link, session: Session, requests: list[Request], give_up_s: float | None = None
) -> list[Response]:
    """The responses to requests within a session."""
    sealed = session.framing
    return await link.exchange(sealed, session.numbers, requests, sealed.console_session, give_up_s)
