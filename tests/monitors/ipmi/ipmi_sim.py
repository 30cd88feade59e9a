"""A small server for OpenIPMI's ipmi_sim: its sensors are written as the simulator's commands."""

import signal
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.process import Child, start
from tests.requirements import need
from tests.wait import until

USER, PASSWORD = "monitor", "monitor-secret"
ADMIN, ADMIN_PASSWORD = "root", "root-secret"
_MC = "0x20"
_BIT_NAMES = 15
_STATE_MASK = (1 << _BIT_NAMES) - 1


@dataclass(frozen=True)
class Analog:
    """value = raw * multiplier * 10 ** exponent; thresholds are raw, mild to grave."""

    number: int
    name: str
    sensor_type: int
    unit: int
    entity: tuple[int, int]
    raw: int
    multiplier: int = 1
    exponent: int = 0
    low: tuple[int, int, int] | None = None
    high: tuple[int, int, int] | None = None
    percent: bool = False

    def record(self) -> tuple[int, bytes]:
        """A full sensor record."""
        thresholds = (7 if self.low else 0) | (0x38 if self.high else 0)
        low, high = self.low or (0, 0, 0), self.high or (0, 0, 0)
        head = [0x20, 0, self.number, *self.entity, 0x7F, 0x68, self.sensor_type, 0x01]
        masks = [0, 0x70 if self.low else 0, 0, 0x70 if self.high else 0, thresholds, 0]
        units = [int(self.percent), self.unit, 0]
        formula = [0, self.multiplier, 0, 0, 0, 0, (self.exponent & 0x0F) << 4]
        limits = [0, self.raw, 255, 0, 255, 0, *reversed(high), *reversed(low), 1, 1, 0, 0, 0]
        return 1, bytes(head + masks + units + formula + limits) + _named(self.name)

    def commands(self) -> Iterator[str]:
        """What makes the simulator have it."""
        yield f"sensor_add {_MC} 0 {self.number} {self.sensor_type} 0x01"
        yield f"sensor_set_value {_MC} 0 {self.number} {self.raw} 0"
        if self.low or self.high:
            enabled = ("111" if self.high else "000") + ("111" if self.low else "000")
            raws = [*reversed(self.high or (0, 0, 0)), *reversed(self.low or (0, 0, 0))]
            values = " ".join(str(each) for each in raws)
            yield f"sensor_set_threshold {_MC} 0 {self.number} settable {enabled} {values}"
        yield _events(self.number, 0x0FFF)


@dataclass(frozen=True)
class Discrete:
    """Bits are states; `able` names those that the sensor can have."""

    number: int
    name: str
    sensor_type: int
    reading_type: int
    entity: tuple[int, int]
    on: tuple[int, ...]
    able: tuple[int, ...]

    def record(self) -> tuple[int, bytes]:
        """A compact sensor record."""
        mask = list(sum(1 << bit for bit in self.able).to_bytes(2, "little"))
        kind = [self.sensor_type, self.reading_type]
        head = [0x20, 0, self.number, *self.entity, 0x67, 0x40, *kind]
        return 2, bytes(head + 3 * mask + [0xC0, 0, 0, 1] + 7 * [0]) + _named(self.name)

    def commands(self) -> Iterator[str]:
        """What makes the simulator have it."""
        yield f"sensor_add {_MC} 0 {self.number} {self.sensor_type} {self.reading_type}"
        yield _events(self.number, sum(1 << bit for bit in self.able))
        for bit in self.on:
            yield f"sensor_set_bit {_MC} 0 {self.number} {bit} 1 0"


Sensor = Analog | Discrete
INLET, FAN_1, PSU_1, PSU_2, SUPPLIES, FANS, DISK, LID = 1, 16, 48, 49, 50, 51, 52, 53
_WARM = (50, 60, 70)
_COLD = (5, 3, 1)

SERVER: tuple[Sensor, ...] = (
    Analog(INLET, "Inlet", 0x01, 1, (0x37, 1), 21, low=_COLD, high=_WARM),
    Analog(2, "CPU 1", 0x01, 1, (3, 1), 48, high=(85, 90, 95)),
    Analog(3, "CPU 2", 0x01, 1, (3, 2), 51, high=(85, 90, 95)),
    Analog(FAN_1, "Fan 1", 0x04, 18, (29, 1), 60, 120, low=(10, 8, 6)),
    Analog(17, "Fan 2", 0x04, 18, (29, 2), 61, 120, low=(10, 8, 6)),
    Analog(18, "Fan duty", 0x04, 0, (30, 1), 40, percent=True, low=(3, 2, 1)),
    Analog(32, "12 V", 0x02, 4, (7, 1), 201, 6, -2, low=(180, 175, 170), high=(220, 225, 230)),
    Analog(40, "PSU 1 Power", 0x0B, 6, (10, 1), 55, 4, high=(200, 220, 240)),
    Analog(41, "PSU 2 Power", 0x0B, 6, (10, 2), 52, 4, high=(200, 220, 240)),
    Discrete(PSU_1, "PSU 1", 0x08, 0x6F, (10, 1), (0,), (0, 1, 2, 3)),
    Discrete(PSU_2, "PSU 2", 0x08, 0x6F, (10, 2), (0,), (0, 1, 2, 3)),
    Discrete(SUPPLIES, "PSU Redundancy", 0x08, 0x0B, (19, 1), (0,), (0, 1, 2, 3, 5)),
    Discrete(FANS, "Fan Redundancy", 0x04, 0x0B, (30, 1), (0,), (0, 1, 2, 5)),
    Discrete(DISK, "Disk 3", 0x0D, 0x6F, (26, 3), (), (0, 1, 2, 7)),
    Discrete(LID, "Lid", 0x05, 0x6F, (23, 1), (), (0,)),
)
"""Every sensor well, and drive bay 3 empty."""


def many_sensors(count: int) -> tuple[Sensor, ...]:
    """A server of that many temperatures, for measuring."""
    return tuple(
        Analog(number, f"Temp {number}", 0x01, 1, (7, number), 20 + number % 30, high=(85, 90, 95))
        for number in range(1, count + 1)
    )


@dataclass
class IpmiSim:
    """A running ipmi_sim, which can be told to change, to end and to start again."""

    folder: Path
    port: int
    console_port: int
    _child: Child | None = None
    _console: socket.socket | None = None

    def start(self) -> None:
        """Starts it and waits until it serves its console and its port."""
        state = self.folder / "state"
        state.mkdir(exist_ok=True)
        config, commands = self.folder / "lan.conf", self.folder / "server.emu"
        argv: list[str | Path] = [need("ipmi_sim"), "-n", "-c", config, "-f", commands, "-s", state]
        self._child = start(argv, log=self.folder / "ipmi_sim.log")
        # One console for all: the simulator ends (SIGPIPE) when one leaves before its prompt.
        console = until(self._connect, 10, "ipmi_sim's console")
        assert console is not None
        _read_prompt(console, "connecting")
        self._console = console

    def stop(self) -> None:
        """Ends it as a power cut would."""
        if self._console is not None:
            self._console.close()
            self._console = None
        if self._child is not None:
            self._child.signal_group(signal.SIGCONT)
            self._child.end()
            self._child = None

    def freeze(self) -> None:
        """Lets it hang: the port stays open and nothing answers."""
        assert self._child is not None
        self._child.signal_group(signal.SIGSTOP)

    def tell(self, *commands: str) -> None:
        """Runs commands of ipmi_sim_cmd(5), and waits until the last one is done."""
        assert self._console is not None
        for command in commands:
            self._console.sendall(command.encode() + b"\r\n")
            _read_prompt(self._console, command)

    def set_value(self, number: int, raw: int, event: bool = True) -> None:
        """Changes an analog sensor."""
        self.tell(f"sensor_set_value {_MC} 0 {number} {raw} {int(event)}")

    def set_states(self, number: int, *bits: int, able: Iterable[int] = range(8)) -> None:
        """Changes which states of a discrete sensor hold."""
        self.tell(*(f"sensor_set_bit {_MC} 0 {number} {b} {int(b in bits)} 1" for b in able))

    def _connect(self) -> socket.socket | None:
        assert self._child is not None
        assert self._child.alive, self._child.output
        with suppress(OSError):
            return socket.create_connection(("127.0.0.1", self.console_port), 5)
        return None


@contextmanager
def running(folder: Path, sensors: Iterable[Sensor] = SERVER) -> Iterator[IpmiSim]:
    """An ipmi_sim with these sensors on free ports of loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    sim = IpmiSim(folder, _free_port(socket.SOCK_DGRAM), _free_port(socket.SOCK_STREAM))
    (folder / "lan.conf").write_text(_lan_config(sim))
    (folder / "server.emu").write_text("\n".join(_server_commands(sensors)) + "\n")
    sim.start()
    try:
        yield sim
    finally:
        sim.stop()


def _lan_config(sim: IpmiSim) -> str:
    allowed = "".join(
        f"    allowed_auths_{level} none md5\n"
        for level in ("callback", "user", "operator", "admin")
    )
    return (
        f'name "test"\nset_working_mc {_MC}\n'
        f"  startlan 1\n    addr 127.0.0.1 {sim.port}\n    priv_limit admin\n{allowed}"
        "    guid 00112233445566778899aabbccddeeff\n  endlan\n"
        f'  user 2 true "{ADMIN}" "{ADMIN_PASSWORD}" admin 10 none md5\n'
        f'  user 3 true "{USER}" "{PASSWORD}" user 10 none md5\n'
        f"console 127.0.0.1 {sim.console_port}\n"
    )


def _server_commands(sensors: Iterable[Sensor]) -> Iterator[str]:
    yield f"mc_setbmc {_MC}"
    yield f"mc_add {_MC} 0x20 no-device-sdrs 0x01 0x02 0x17 0x9f 0x001234 0x0056"
    yield f"sel_enable {_MC} 500 0x0a"
    for record_id, sensor in enumerate(sensors, 1):
        yield from sensor.commands()
        kind, body = sensor.record()
        header = record_id.to_bytes(2, "little") + bytes((0x51, kind, len(body)))
        yield f"main_sdr_add {_MC} {_hex(header + body)}"
    yield f"mc_add_fru_data {_MC} 0 256 data {_hex(_fru().ljust(256, bytes(1)))}"
    yield f"mc_enable {_MC}"


def _fru() -> bytes:
    fields = [b"Example Servers", b"RX-2", b"PN-1", b"1.0", b"SER-0042"]
    body = b"".join(bytes((0xC0 | len(each),)) + each for each in fields) + b"\xc1"
    area = bytearray(b"\x01\x00\x19" + body)
    area += bytes(-(len(area) + 1) % 8)
    area[1] = (len(area) + 1) // 8
    header = bytes((1, 0, 0, 0, 1, 0, 0))
    return header + _zero_sum(header) + bytes(area) + _zero_sum(bytes(area))


def _zero_sum(data: bytes) -> bytes:
    return bytes((-sum(data) & 0xFF,))


def _named(name: str) -> bytes:
    return bytes((0xC0 | len(name),)) + name.encode()


def _hex(data: bytes) -> str:
    return " ".join(f"0x{each:02x}" for each in data)


def _events(number: int, mask: int) -> str:
    bits = f"{mask & _STATE_MASK:015b}"
    return f"sensor_set_event_support {_MC} 0 {number} enable scanning per-state " + " ".join(
        [bits] * 4
    )


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read_prompt(console: socket.socket, command: str) -> None:
    """The simulator prompts with `> ` when a command is done."""
    seen = b""
    deadline = time.monotonic() + 5
    while not seen.rstrip(b" ").endswith(b">"):
        assert time.monotonic() < deadline, f"no prompt after {command!r}: {seen!r}"
        seen += console.recv(4096)
    assert b"rror" not in seen, f"{command!r}: {seen!r}"
