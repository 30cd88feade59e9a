"""A command line is believed as far as its prompts go, and waited for no longer than was said."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from paramiko import Channel

from deploy.failure import HostFailure, Reason
from deploy.remote import command_line
from deploy.remote.command_line import CommandLine


class Wire:
    """What a session needs of paramiko's channel, over a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.settimeout, self.recv = end.settimeout, end.recv
        self.sendall, self.close = end.sendall, end.close

    def recv_ready(self) -> bool:
        return False


Device = Callable[[socket.socket], None]
Talk = Callable[[Device], CommandLine]


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A conversation with a device that is a function."""
    ends: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(device: Device) -> CommandLine:
        ours, theirs = socket.socketpair()
        ends.extend((ours, theirs))
        threads.append(threading.Thread(target=device, args=(theirs,), daemon=True))
        threads[-1].start()
        return CommandLine(cast(Channel, Wire(ours)), "sw-1")

    yield start
    for end in ends:
        end.close()
    for thread in threads:
        thread.join(5)


def says(*parts: bytes) -> Device:
    """A device that answers a command with these octets, part by part."""

    def device(end: socket.socket) -> None:
        end.recv(4096)
        for part in parts:
            end.sendall(part)

    return device


@pytest.mark.parametrize(
    "parts",
    [
        (b"show x\r\nfirst\r\nsecond\r\nsw-1#",),
        (b"show x\r\nfirst\r", b"\nsecond\r\nsw", b"-1(config-if)# "),
        (b"\x1b[?2004hshow x\r\nfirst\r\nsecond\r\n\x1b[Ksw-1> ",),
    ],
    ids=["plain", "in parts", "with escapes"],
)
def test_an_answer_is_without_echo_and_prompt(talk: Talk, parts: tuple[bytes, ...]) -> None:
    assert talk(says(*parts)).ask("show x", 5) == "first\nsecond\n"


def test_a_character_in_two_parts_is_one(talk: Talk) -> None:
    line = talk(says(b"show x\r\n caf\xc3", b"\xa9\r\nsw-1#"))
    assert line.ask("show x", 5) == " caf\u00e9\n"


def test_what_only_looks_like_a_prompt_is_not_one(talk: Talk) -> None:
    line = talk(says(b"show x\r\nother#", b"\r\nsw-1 is up#\r\nsw-1#"))
    assert line.ask("show x", 5) == "other#\nsw-1 is up#\n"


def test_the_yes_of_the_plan_is_given_once(talk: Talk) -> None:
    got: list[bytes] = []

    def device(end: socket.socket) -> None:
        end.recv(4096)
        end.sendall(b"no username x\r\nRemove all of it? [confirm]")
        got.append(end.recv(4096))
        end.sendall(b"\r\nsw-1(config)#")

    talk(device).ask("no username x", 5)
    assert got == [b"\n"]


def test_a_new_name_is_learnt(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "QUIET_S", 0.05)
    line = talk(says(b"hostname sw-2\r\nsw-2(config)#"))
    assert line.ask("hostname sw-2", 5) == ""


def test_silence_ends_at_its_deadline_and_the_session_with_it(talk: Talk) -> None:
    line = talk(says(b"show x\r\nfirst\r\n"))
    with pytest.raises(HostFailure, match=r"no prompt within 0\.2 s") as failure:
        line.ask("show x", 0.2)
    assert failure.value.reason is Reason.TIMEOUT
    with pytest.raises(HostFailure, match="lost before"):
        line.ask("show y", 5)


def test_an_answer_without_end_is_cut(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "MOST", 1000)
    with pytest.raises(HostFailure) as failure:
        talk(says(b"show x\r\n" + b"x" * 5000)).ask("show x", 5)
    assert failure.value.reason is Reason.CONNECTION_LOST


def test_a_session_that_is_ended_says_so(talk: Talk) -> None:
    def device(end: socket.socket) -> None:
        end.recv(4096)
        end.shutdown(socket.SHUT_RDWR)

    with pytest.raises(HostFailure, match="ended the session"):
        talk(device).ask("show x", 5)
