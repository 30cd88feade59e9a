"""The BMC's refusals, packet by packet: a minimal console that can also do everything wrong."""

import hmac
import os
import struct
from collections.abc import Callable

import pytest

from watchfloor.simulate import rmcp
from watchfloor.simulate.bmc import SimulatedBmc
from watchfloor.simulate.bmc_state import SimulatedBmcUser
from watchfloor.simulate.errors import FaultError, GearError
from watchfloor.simulate.rmcp import CIPHER_SUITES, Exchange

USER, PASSWORD = "watch", "bmc-password"
CONSOLE = 0x11223344
APP, STORAGE, CHASSIS, SENSOR = 0x06, 0x0A, 0x00, 0x04


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Console:
    """Logs in step by step. It signs and encrypts by itself, from the same key schedule."""

    def __init__(self, bmc: SimulatedBmc, suite: int = 17) -> None:
        self.bmc = bmc
        self.suite = CIPHER_SUITES[suite]
        self.sequence = 0
        self.exchange: Exchange | None = None

    def plain(self, kind: int, payload: bytes) -> bytes | None:
        answer = self.bmc.answer(rmcp.wrap_plain(kind, payload, rmcp_plus=True))
        return None if answer is None else answer[16:]

    def open(self) -> bytes:
        algorithms = b"".join(
            struct.pack("<B2xBB3x", kind, 8, number) for kind, number in enumerate(self.suite)
        )
        request = struct.pack("<BB2xI", 1, 0, CONSOLE) + algorithms
        answer = self.plain(rmcp.OPEN_REQUEST, request)
        assert answer is not None
        return answer

    def rakp_1(self, bmc_id: int, user: str = USER, role: int = 0x14) -> bytes:
        self.random = os.urandom(16)
        name = user.encode()
        request = struct.pack("<B3xI", 2, bmc_id) + self.random
        answer = self.plain(rmcp.RAKP_1, request + bytes((role, 0, 0, len(name))) + name)
        assert answer is not None
        if answer[1] == 0:
            self.exchange = Exchange(
                self.suite,
                CONSOLE,
                bmc_id,
                self.random,
                answer[8:24],
                answer[24:40],
                role,
                name,
                PASSWORD.encode(),
            )
        return answer

    def rakp_3(self, code: bytes | None = None, status: int = 0) -> bytes | None:
        assert self.exchange is not None
        code = self.exchange.rakp_3_code() if code is None else code
        return self.plain(
            rmcp.RAKP_3, struct.pack("<BBHI", 3, status, 0, self.exchange.bmc_id) + code
        )

    def login(self, role: int = 0x14) -> "Console":
        bmc_id = struct.unpack_from("<I", self.open(), 8)[0]
        assert self.rakp_1(bmc_id, role=role)[1] == 0
        answer = self.rakp_3()
        assert answer is not None
        assert answer[1] == 0
        return self

    def packet(self, function: int, command: int, data: bytes = b"") -> bytes:
        """A protected request: what `Protection.wrap` makes, addressed to the BMC."""
        assert self.exchange is not None
        head, body = bytes((0x20, function << 2)), bytes((0x81, 4, command)) + data
        message = head + bytes((-sum(head) & 255,)) + body + bytes((-sum(body) & 255,))
        to_bmc = rmcp.Protection(self.exchange)
        to_bmc._console_id = self.exchange.bmc_id
        to_bmc._sequence = self.sequence
        self.sequence += 1
        return to_bmc.wrap(message)

    def read(self, answer: bytes) -> bytes:
        """Completion code and data."""
        assert self.exchange is not None
        message = rmcp.Protection(self.exchange).unwrap(answer, rmcp.read_packet(answer))
        return message[6:-1]

    def ask(self, function: int, command: int, data: bytes = b"") -> bytes:
        answer = self.bmc.answer(self.packet(function, command, data))
        assert answer is not None
        return self.read(answer)


def make_bmc(**options: object) -> SimulatedBmc:
    return SimulatedBmc(user=USER, password=PASSWORD, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("suite", [3, 17])
def test_login_proves_both_sides_and_serves(suite: int) -> None:
    console = Console(make_bmc(), suite).login()
    assert console.ask(APP, 0x01)[0] == 0
    assert len(console.bmc.sessions) == 1


@pytest.mark.parametrize("suite", [0, 1, 2, 15, 16])
def test_suites_that_are_not_offered_are_refused(suite: int) -> None:
    assert Console(make_bmc(), suite).open()[1] == 0x11


def test_a_bmc_can_play_the_hole_of_cipher_zero() -> None:
    console = Console(make_bmc(cipher_suites=(0, 3)), 0).login()
    assert console.ask(APP, 0x01)[0] == 0


def test_an_unknown_name_is_refused() -> None:
    console = Console(make_bmc())
    bmc_id = struct.unpack_from("<I", console.open(), 8)[0]
    assert console.rakp_1(bmc_id, user="nobody")[1] == 0x0D


def test_a_disabled_user_is_refused() -> None:
    off = SimulatedBmcUser("gone", "some-password", enabled=False)
    console = Console(make_bmc(users=[off]))
    bmc_id = struct.unpack_from("<I", console.open(), 8)[0]
    assert console.rakp_1(bmc_id, user="gone")[1] == 0x0D


def test_a_wrong_password_is_refused_and_gives_no_session() -> None:
    console = Console(make_bmc())
    bmc_id = struct.unpack_from("<I", console.open(), 8)[0]
    console.rakp_1(bmc_id)
    wrong = hmac.digest(b"wrong", b"anything", "sha256")
    answer = console.rakp_3(wrong)
    assert answer is not None
    assert answer[1] == 0x0F
    assert console.bmc.answer(console.packet(APP, 0x01)) is None


def test_more_privilege_than_the_user_has_is_refused() -> None:
    reader = SimulatedBmcUser("reader", PASSWORD, privilege=2)
    console = Console(make_bmc(users=[reader]))
    bmc_id = struct.unpack_from("<I", console.open(), 8)[0]
    assert console.rakp_1(bmc_id, user="reader", role=0x14)[1] == 0x0A
    bmc_id = struct.unpack_from("<I", console.open(), 8)[0]
    assert console.rakp_1(bmc_id, user="reader", role=0x12)[1] == 0


def test_privilege_is_raised_by_command_and_only_to_the_limit() -> None:
    console = Console(make_bmc()).login(role=0x13)
    assert console.ask(STORAGE, 0x47, b"\0\0CLR\0")[0] == 0xD4  # a session starts as user
    assert console.ask(APP, 0x3B, b"\x04")[0] == 0x81
    assert console.ask(APP, 0x3B, b"\x03") == b"\0\x03"
    assert console.ask(STORAGE, 0x47, b"\0\0CLR\0")[0] == 0


def test_packets_are_taken_once_whole_and_protected() -> None:
    console = Console(make_bmc()).login()
    packet = console.packet(APP, 0x01)
    assert console.bmc.answer(packet) is not None
    assert console.bmc.answer(packet) is None, "a replay"
    forged = bytearray(console.packet(APP, 0x01))
    forged[20] ^= 1
    assert console.bmc.answer(bytes(forged)) is None
    bare = rmcp.wrap_plain(0, b"\x20\x18\xc8\x81\x04\x01\x7a", rmcp_plus=True)
    stolen = bare[:6] + struct.pack("<I", console.exchange.bmc_id) + bare[10:]  # type: ignore[union-attr]
    assert console.bmc.answer(stolen) is None, "without signature"
    assert console.ask(APP, 0x01)[0] == 0, "the session lives on"


def test_outside_of_a_session_little_is_told() -> None:
    bmc = make_bmc()
    for command, code in ((0x01, 0xD4), (0x38, 0x00), (0x99, 0xC1)):
        body = bytes((0x81, 4, command, 0x8E, 0x04))
        message = b"\x20\x18\xc8" + body + bytes((-sum(body) & 255,))
        answer = bmc.answer(rmcp.wrap_plain(0, message, rmcp_plus=False))
        assert answer is not None
        assert answer[14 + 6] == code


def test_sessions_end_by_command_by_idling_and_with_their_slots() -> None:
    clock = Clock()
    bmc = make_bmc(clock=clock, slots=2, session_timeout_s=60.0)
    first, second = Console(bmc).login(), Console(bmc).login()
    assert Console(bmc).open()[1] == 0x01, "no slot is left"
    wrong_id = struct.pack("<I", 99)
    assert first.ask(APP, 0x3C, wrong_id)[0] == 0x87
    assert first.ask(APP, 0x3C, struct.pack("<I", first.exchange.bmc_id)) == b"\0"  # type: ignore[union-attr]
    assert bmc.answer(first.packet(APP, 0x01)) is None
    clock.now_s += 61
    assert bmc.answer(second.packet(APP, 0x01)) is None
    assert len(bmc.sessions) == 0


def test_half_open_logins_give_their_slot_back() -> None:
    clock = Clock()
    bmc = make_bmc(clock=clock, slots=1)
    assert Console(bmc).open()[1] == 0
    assert Console(bmc).open()[1] == 0x01
    clock.now_s += 21
    assert Console(bmc).open()[1] == 0


def test_partial_reads_need_a_living_reservation() -> None:
    console = Console(make_bmc()).login()
    reservation = console.ask(STORAGE, 0x22)[1:]
    ask = reservation + struct.pack("<HBB", 3, 5, 16)
    assert console.ask(STORAGE, 0x23, ask)[0] == 0
    console.bmc.commands.cancel_reservations()
    assert console.ask(STORAGE, 0x23, ask)[0] == 0xC5


def test_too_much_at_once_is_refused() -> None:
    console = Console(make_bmc()).login()
    assert console.ask(STORAGE, 0x11, struct.pack("<BHB", 0, 0, 224))[0] == 0xCA
    assert console.ask(STORAGE, 0x23, struct.pack("<HHBB", 0, 3, 0, 200))[0] == 0xCA
    assert console.ask(STORAGE, 0x23, b"\0\0")[0] == 0xC7, "too short"
    assert console.ask(SENSOR, 0x2D, b"\xfe")[0] == 0xCB, "no such sensor"


def test_sensors_change_while_it_runs_and_the_log_tells() -> None:
    bmc = make_bmc()
    console = Console(bmc).login()
    bmc.set_value("Inlet Temp", 41)
    bmc.set_states("PS2 Status", 0, 3)
    assert console.ask(SENSOR, 0x2D, b"\x05")[:4] == bytes((0, 41, 0xC0, 0xC0 | 0x18))
    assert console.ask(SENSOR, 0x2D, b"\x72")[3] == 0b1001
    assert len(bmc.state.log) == 3
    bmc.lose_sensor("FAN1")
    assert console.ask(SENSOR, 0x2D, b"\x20")[2] & 0x20
    bmc.restore()
    assert console.ask(SENSOR, 0x2D, b"\x05")[:4] == bytes((0, 22, 0xC0, 0xC0))
    assert len(bmc.state.log) == 6, "what went away was logged, too"


def test_what_a_sensor_cannot_do_is_refused() -> None:
    bmc = make_bmc()
    changes: tuple[Callable[[], None], ...] = (
        lambda: bmc.set_value("PS1 Status", 1),
        lambda: bmc.set_states("Inlet Temp", 1),
        lambda: bmc.set_states("PS1 Status", 14),
        lambda: bmc.set_value("Nothing", 1),
    )
    for change in changes:
        with pytest.raises(FaultError):
            change()


def test_power_is_switched_and_seen() -> None:
    console = Console(make_bmc()).login()
    console.ask(APP, 0x3B, b"\x04")
    assert console.ask(CHASSIS, 0x01)[1] & 1
    assert console.ask(CHASSIS, 0x02, b"\x00") == b"\0"
    assert not console.ask(CHASSIS, 0x01)[1] & 1
    assert console.ask(CHASSIS, 0x02, b"\x03")[0] == 0xD5, "a server that is off cannot be reset"


def test_a_ping_is_answered() -> None:
    pong = make_bmc().answer(bytes.fromhex("0600ff06000011be80070000"))
    assert pong is not None
    assert pong[8:10] == b"\x40\x07"
    assert pong[20] == 0x81


@pytest.mark.parametrize(
    "datagram", [b"", b"\x06\x00\xff\x07", b"\x06\x00\xff\x07\x06" * 6, b"GET /"]
)
def test_garbage_is_dropped(datagram: bytes) -> None:
    assert make_bmc().answer(datagram) is None


def test_suites_that_do_not_exist_are_refused_at_once() -> None:
    with pytest.raises(GearError, match="cipher suites"):
        make_bmc(cipher_suites=(99,))
