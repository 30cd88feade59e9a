"""The SIS probe against a simulated wall processor over real SSH, and against OpenSSH's sshd."""

import asyncio
import logging
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from monitors.health import DeviceHealth
from monitors.probe import Poll, ProblemKind
from monitors.reading import State
from monitors.sis.probe import SisProbe
from monitors.sis.target import SisTarget
from tests.process import child
from tests.requirements import need
from tests.wait import until
from watchfloor.simulate.sis import SimulatedSis
from watchfloor.simulate.sis_commands import SisState, Window

USER, PASSWORD = "monitor", "simulated-word"
XTP = "12.01 11.31 11.31 48.00 +3.30 +73.40 00892 00888 00892 01061 01022 00892 00888 1111"


@dataclass(frozen=True)
class Secret:
    """A password as targets want it."""

    value: str = field(repr=False)

    def get_secret_value(self) -> str:
        return self.value


@pytest.fixture
async def gear() -> AsyncIterator[SimulatedSis]:
    async with SimulatedSis(user=USER, password=PASSWORD) as running:
        yield running


def target_of(gear: SimulatedSis) -> SisTarget:
    host, port = gear.address
    return SisTarget(
        "wp-x", host, USER, Secret(PASSWORD), gear.host_key, port, timeout_s=2.0, deadline_s=8.0
    )


@pytest.fixture
async def probe(gear: SimulatedSis) -> AsyncIterator[SisProbe]:
    probe = SisProbe(target_of(gear))
    yield probe
    await probe.close()


def shown(poll: Poll) -> Mapping[str, tuple[State, str]]:
    return {r.name: (r.state, r.text or f"{r.value:.1f}") for r in poll.readings}


async def test_reads_all_that_the_guide_lists(gear: SimulatedSis, probe: SisProbe) -> None:
    poll = await probe.poll()
    assert poll.problem is None
    assert shown(poll) == {
        "Inside": (State.OK, "38.0"),
        "Controller": (State.OK, "52.0"),
        "Hottest card": (State.OK, "44.0"),
        "Input 1": (State.OK, "signal"),
        "Input 2": (State.OK, "signal"),
        "Input 3": (State.OK, "signal"),
        "Input 4": (State.OK, "no signal"),
        "Outputs": (State.OK, "driven"),
        "Canvas 1": (State.OK, "3 windows"),
        "Canvas 1 preset": (State.OK, "preset 5"),
        "Canvas 1 windows": (State.OK, "3.0"),
        "Canvas 1 windows without signal": (State.OK, "0.0"),
    }
    identity = poll.identity
    assert (identity.vendor, identity.model) == ("Extron", "Quantum Ultra 610 60-1571-01")
    assert identity.firmware == "1.04"


@pytest.mark.parametrize("verbose", [2, 3])
async def test_tagged_answers_say_the_same(
    gear: SimulatedSis, probe: SisProbe, verbose: int
) -> None:
    plain = await probe.poll()
    await probe.close()
    gear.state.verbose = verbose
    tagged = await probe.poll()
    assert tagged.problem is None
    assert shown(tagged) == shown(plain)
    assert tagged.identity == plain.identity


async def test_one_session_is_kept_and_absent_things_are_asked_for_once(
    gear: SimulatedSis, probe: SisProbe
) -> None:
    await probe.poll()
    first = list(gear.requests)
    gear.requests.clear()
    await probe.poll()
    assert gear.logins == 1
    assert first.count("S") == 1
    assert "S" not in gear.requests
    assert [word for word in gear.requests if word.endswith("*I")] == ["1*1*I", "1*2*I", "1*4*I"]


async def test_windows_are_looked_for_anew_when_another_preset_is_recalled(
    gear: SimulatedSis, probe: SisProbe
) -> None:
    await probe.poll()
    gear.state.presets[1] = 6
    gear.state.windows = {(1, 7): Window(2), (1, 9): Window(4, format=0)}
    said = shown(await probe.poll())
    assert said["Canvas 1"] == (State.CRITICAL, "window 9: input 4 has no signal")
    assert said["Canvas 1 preset"] == (State.OK, "preset 6")


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(3, format=0), (State.CRITICAL, "window 2: input 3 has no signal")),
        (Window(3, muted=True), (State.WARNING, "window 2 is muted")),
        (Window(0, format=0), (State.OK, "3 windows")),
    ],
)
async def test_a_window_is_judged(
    gear: SimulatedSis, probe: SisProbe, window: Window, expected: tuple[State, str]
) -> None:
    gear.state.windows[1, 2] = window
    assert shown(await probe.poll())["Canvas 1"] == expected


async def test_power_save_drives_nothing(gear: SimulatedSis, probe: SisProbe) -> None:
    gear.state.power_save = True
    outputs = [r for r in (await probe.poll()).readings if r.component == "output:all"]
    assert [(r.state, r.text) for r in outputs] == [(State.CRITICAL, "power save")]


async def test_a_frame_with_supplies_and_fans(gear: SimulatedSis, probe: SisProbe) -> None:
    gear.state.system = XTP
    said = shown(await probe.poll())
    assert said["Fan 4"] == (State.OK, "1061.0")
    assert said["Rail 4"] == (State.OK, "48.0")
    assert said["Power supply 4"] == (State.OK, "installed")
    gear.state.system = XTP.replace("01061", "00000").replace("1111", "1101")
    said = shown(await probe.poll())
    assert said["Fan 4"] == (State.CRITICAL, "0.0")
    assert said["Power supply 3"] == (State.ABSENT, "not installed")
    assert said["Power supply 2"] == (State.OK, "installed")


async def test_a_supply_that_was_there_is_missed(gear: SimulatedSis, probe: SisProbe) -> None:
    health = DeviceHealth("wp-x", {"sis": 30.0})
    gear.state.system = XTP.replace("1111", "1100")
    health.absorb(await probe.poll())
    assert [part.id for part in health.parts if part.kind == "power_supply"] == [
        "power_supply:1",
        "power_supply:2",
    ]
    gear.state.system = XTP.replace("1111", "1000")
    health.absorb(await probe.poll())
    assert [part.id for part in health.bad_parts] == ["power_supply:2"]


async def test_a_wrong_password_is_named_and_does_not_show(gear: SimulatedSis) -> None:
    probe = SisProbe(replace(target_of(gear), password=Secret("not-the-one")))
    poll = await probe.poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.CREDENTIAL
    assert "rejects the user or the password" in poll.problem.message
    assert "not-the-one" not in f"{poll!r}{probe.target!r}"


@pytest.mark.parametrize(
    ("host_key", "words"),
    [("", "nothing vouches for its host key"), ("SHA256:" + "A" * 43, "shows another host key")],
)
async def test_no_password_is_offered_to_a_stranger(
    gear: SimulatedSis, host_key: str, words: str
) -> None:
    probe = SisProbe(replace(target_of(gear), host_key=host_key))
    poll = await probe.poll()
    assert poll.problem is not None
    assert words in poll.problem.message
    assert gear.host_key in poll.problem.message
    assert gear.logins == 0


async def test_a_restarted_processor_is_met_again(gear: SimulatedSis, probe: SisProbe) -> None:
    await probe.poll()
    await asyncio.to_thread(gear.hang_up)
    assert (await probe.poll()).problem is not None
    again = await probe.poll()
    assert again.problem is None
    assert gear.logins == 2


async def test_busy_is_a_problem_and_no_absence(gear: SimulatedSis, probe: SisProbe) -> None:
    before = shown(await probe.poll())
    gear.state.busy = True
    poll = await probe.poll()
    assert poll.problem is not None
    assert "E22 (busy)" in poll.problem.message
    gear.state.busy = False
    assert shown(await probe.poll()) == before


async def test_one_that_hangs_is_left_at_the_deadline(gear: SimulatedSis) -> None:
    probe = SisProbe(replace(target_of(gear), deadline_s=2.0))
    gear.faults.silence = True
    poll = await probe.poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.SILENT
    assert poll.duration_s < 6
    assert not [t for t in threading.enumerate() if t.name.startswith("Thread-paramiko")]
    await probe.close()


@pytest.mark.parametrize(
    "garbage",
    [b"no SIS here\r\n" * 80, b"x" * 9000, b"\xff\x00\r\n" * 90],
    ids=["words", "endless", "bytes"],
)
async def test_garbage_is_named(gear: SimulatedSis, probe: SisProbe, garbage: bytes) -> None:
    gear.faults.garbage = garbage
    poll = await probe.poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.GARBAGE
    assert poll.readings == ()


@contextmanager
def odd_server(said: bytes) -> Iterator[int]:
    """Says this to whoever connects, and nothing more; yields the port."""
    held: list[socket.socket] = []

    def serve(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                held.append(server.accept()[0])
                held[-1].sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    for connection in held:
        connection.close()


async def test_no_ssh_and_no_answer_and_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def probe_at(port: int, timeout_s: float = 0.5) -> SisProbe:
        login = (USER, Secret(PASSWORD), "SHA256:x")
        return SisProbe(SisTarget("x", "127.0.0.1", *login, port, timeout_s=timeout_s))

    with socket.create_server(("127.0.0.1", 0)) as mute:
        poll = await probe_at(mute.getsockname()[1]).poll()
        assert poll.problem is not None
        assert poll.problem.kind is ProblemKind.SILENT
        port = mute.getsockname()[1]
    with odd_server(b"SSH-2.0-stalls\r\n") as stalling:
        poll = await probe_at(stalling).poll()
        assert poll.problem is not None
        assert poll.problem.kind is ProblemKind.SILENT
    with odd_server(b"220 mail.example ESMTP\r\n" * 300) as other:
        poll = await probe_at(other, timeout_s=5.0).poll()
        assert poll.problem is not None
        assert poll.problem.kind is ProblemKind.GARBAGE
    poll = await probe_at(port).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.CLOSED
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


@pytest.fixture
def openssh(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """The port of OpenSSH's own server, and its key's fingerprint as OpenSSH prints it."""
    key = tmp_path / "key"
    keygen = need("ssh-keygen")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    listed = subprocess.run([keygen, "-l", "-f", key], check=True, capture_output=True, text=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = [f"HostKey={key}", "PidFile=none", "UsePAM=no", "ListenAddress=127.0.0.1"]
    command: list[str | Path] = [need("sshd"), "-D", "-e", "-f", "/dev/null", "-p", str(port)]
    command += [
        word for option in (*options, "PasswordAuthentication=yes") for word in ("-o", option)
    ]
    with child(command) as sshd:
        until(lambda: _listens(port) or not sshd.alive, 10, "sshd to listen")
        assert sshd.alive, sshd.output
        yield port, listed.stdout.split()[1]


@pytest.mark.gear
async def test_openssh_s_own_fingerprint_lets_us_on_to_the_login(openssh: tuple[int, str]) -> None:
    port, fingerprint = openssh
    target = SisTarget("x", "127.0.0.1", "stranger", Secret("x"), fingerprint, port, timeout_s=8)
    poll = await SisProbe(target).poll()
    assert poll.problem is not None
    assert poll.problem.kind is ProblemKind.CREDENTIAL
    poll = await SisProbe(replace(target, host_key="SHA256:" + "B" * 43)).poll()
    assert poll.problem is not None
    assert fingerprint in poll.problem.message


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def test_the_state_of_a_simulated_processor_is_its_own() -> None:
    assert SisState().windows is not SisState().windows
