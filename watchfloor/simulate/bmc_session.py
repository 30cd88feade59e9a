"""How a console logs in to a BMC: Open Session, RAKP 1 to 4, and the session that follows."""

import hmac
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from watchfloor.simulate import rmcp
from watchfloor.simulate.bmc_state import ADMINISTRATOR, USER, BmcState, Caller
from watchfloor.simulate.rmcp import CIPHER_SUITES, CipherSuite, Exchange, Protection

INSUFFICIENT_RESOURCES, INVALID_SESSION, UNAUTHORIZED_PRIVILEGE = 0x01, 0x02, 0x0A
INVALID_NAME_LENGTH, UNAUTHORIZED_NAME, INVALID_INTEGRITY_CODE = 0x0C, 0x0D, 0x0F
NO_CIPHER_SUITE, INVALID_PARAMETER = 0x11, 0x12
"""RMCP+ status codes of IPMI v2.0 table 13-15."""

_LOGIN_S = 20.0
"""How long a half-open login holds its slot."""
_WINDOW = 16
"""How far sequence numbers may be out of order (section 6.12.14)."""


@dataclass(slots=True)
class Session:
    """One console's session, from Open Session on; usable once `protection` is set."""

    console_id: int
    suite: CipherSuite
    limit: int
    seen_at: float
    caller: Caller
    exchange: Exchange | None = None
    protection: Protection | None = None
    highest: int = 0
    recent: set[int] = field(default_factory=set)

    def is_fresh(self, sequence: int) -> bool:
        """Whether the number was not seen yet and lies in the window; remembers it."""
        if sequence in self.recent or sequence == 0 or sequence < self.highest - _WINDOW:
            return False
        if self.highest and sequence > self.highest + _WINDOW:
            return False
        self.highest = max(self.highest, sequence)
        self.recent.add(sequence)
        self.recent = {number for number in self.recent if number >= self.highest - _WINDOW}
        return True


class Sessions:
    """The BMC's session table."""

    def __init__(
        self, state: BmcState, clock: Callable[[], float], *, slots: int, timeout_s: float
    ) -> None:
        self._state = state
        self._clock = clock
        self._slots = slots
        self._timeout_s = timeout_s
        self._sessions: dict[int, Session] = {}

    def active(self, session_id: int) -> Session | None:
        """The session that is logged in under this id; None when unknown or timed out."""
        self._expire()
        session = self._sessions.get(session_id)
        return session if session is not None and session.protection is not None else None

    def now(self) -> float:
        """The table's clock."""
        return self._clock()

    def close(self, session_id: int) -> None:
        """Ends a session."""
        self._sessions.pop(session_id, None)

    def close_all(self) -> None:
        """As when the BMC restarts."""
        self._sessions.clear()

    def __len__(self) -> int:
        self._expire()
        return sum(session.protection is not None for session in self._sessions.values())

    def open(self, request: bytes) -> bytes:
        """Answers an Open Session Request (section 13.17)."""
        tag, privilege, console_id = struct.unpack_from("<BB2xI", request)
        wanted = CipherSuite(*(request[at] & 0x3F for at in (12, 20, 28)))
        self._expire()
        status = self._refusal(wanted, privilege)
        if status:
            return struct.pack("<BBBBI", tag, status, 0, 0, console_id)
        bmc_id = self._free_id()
        limit = privilege or ADMINISTRATOR
        caller = Caller(limit=limit, session_id=bmc_id)
        self._sessions[bmc_id] = Session(console_id, wanted, limit, self._clock(), caller)
        head = struct.pack("<BBBBII", tag, 0, limit, 0, console_id, bmc_id)
        chosen = (struct.pack("<B2xBB3x", kind, 8, each) for kind, each in enumerate(wanted))
        return head + b"".join(chosen)

    def rakp_1(self, request: bytes) -> bytes:
        """Answers RAKP Message 1 with Message 2 (section 13.20, 13.21)."""
        tag, bmc_id = struct.unpack_from("<B3xI", request)
        random, role, length = request[8:24], request[24], request[27]
        session = self._sessions.get(bmc_id)
        if session is None:
            return struct.pack("<BBHI", tag, INVALID_SESSION, 0, 0)
        name = request[28 : 28 + length]
        if length > 16 or len(name) != length:
            return self._refuse(bmc_id, tag, INVALID_NAME_LENGTH)
        user = self._state.user(name)
        if user is None:
            return self._refuse(bmc_id, tag, UNAUTHORIZED_NAME)
        wanted = role & 0x0F or user.privilege
        if wanted > min(user.privilege, session.limit):
            return self._refuse(bmc_id, tag, UNAUTHORIZED_PRIVILEGE)
        session.exchange = Exchange(
            session.suite, session.console_id, bmc_id, random, secrets.token_bytes(16),
            self._state.guid, role, name, user.password.encode(),
        )  # fmt: skip
        session.caller.limit = wanted
        session.caller.user_slot = self._state.users.index(user) + 2
        head = struct.pack("<BBHI", tag, 0, 0, session.console_id)
        known = session.exchange.bmc_random + self._state.guid
        return head + known + session.exchange.rakp_2_code()

    def rakp_3(self, request: bytes) -> bytes | None:
        """Answers RAKP Message 3 with Message 4; None when the console itself gave up."""
        tag, status, bmc_id = struct.unpack_from("<BB2xI", request)
        session = self._sessions.get(bmc_id)
        if session is None or session.exchange is None:
            return struct.pack("<BBHI", tag, INVALID_SESSION, 0, 0)
        if status:
            self.close(bmc_id)
            return None
        exchange = session.exchange
        if not hmac.compare_digest(request[8:], exchange.rakp_3_code()):
            return self._refuse(bmc_id, tag, INVALID_INTEGRITY_CODE)
        session.protection = Protection(exchange)
        session.caller.privilege = min(USER, session.caller.limit)
        session.seen_at = self._clock()
        return struct.pack("<BBHI", tag, 0, 0, session.console_id) + exchange.rakp_4_code()

    def _refusal(self, wanted: CipherSuite, privilege: int) -> int:
        offered = [CIPHER_SUITES[number] for number in self._state.cipher_suites]
        if wanted not in offered or self._is_off(wanted):
            return NO_CIPHER_SUITE
        if privilege > ADMINISTRATOR:
            return INVALID_PARAMETER
        return INSUFFICIENT_RESOURCES if len(self._sessions) >= self._slots else 0

    def _is_off(self, wanted: CipherSuite) -> bool:
        """LAN parameter 24: no privilege is left to sessions with the suite."""
        limits = self._state.suite_limits
        return any(
            limits.get(number) == 0 for number, suite in CIPHER_SUITES.items() if suite == wanted
        )

    def _refuse(self, bmc_id: int, tag: int, status: int) -> bytes:
        session = self._sessions.pop(bmc_id)
        return struct.pack("<BBHI", tag, status, 0, session.console_id)

    def _free_id(self) -> int:
        while True:
            number = secrets.randbits(32)
            if number and number not in self._sessions:
                return number

    def _expire(self) -> None:
        now = self._clock()
        for number, session in list(self._sessions.items()):
            limit = self._timeout_s if session.protection is not None else _LOGIN_S
            if now - session.seen_at > limit:
                del self._sessions[number]


def answer_login(sessions: Sessions, payload_type: int, payload: bytes) -> tuple[int, bytes] | None:
    """The type and payload that answer a login message; None where a BMC is silent."""
    try:
        if payload_type == rmcp.OPEN_REQUEST:
            return rmcp.OPEN_RESPONSE, sessions.open(payload)
        if payload_type == rmcp.RAKP_1:
            return rmcp.RAKP_2, sessions.rakp_1(payload)
        if payload_type == rmcp.RAKP_3:
            answer = sessions.rakp_3(payload)
            return None if answer is None else (rmcp.RAKP_4, answer)
    except (struct.error, IndexError):
        return None
    return None
