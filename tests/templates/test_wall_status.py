"""The wall node's watcher against a compositor that says odd things, and its report without one."""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.process import child
from tests.templates.wall_node import PROGRAM
from tests.wait import until

HEAD = b"i3-ipc"
MODE = {"width": 1920, "height": 1080, "refresh": 60000}
GOOD = {"name": "DP-1", "active": True, "dpms": True, "current_mode": MODE}
TREE = {"nodes": [{"app_id": "page", "pid": os.getpid(), "visible": True}]}


def answer(question: int, said: object) -> bytes:
    """A message of sway-ipc(7)."""
    body = json.dumps(said).encode()
    return HEAD + struct.pack("=II", len(body), question) + body


class OddSway:
    """Answers GET_OUTPUTS (3) and GET_TREE (4) with these bytes, anything else with those of 0."""

    def __init__(self, path: Path, answers: dict[int, bytes]) -> None:
        self._answers = answers
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                with connection, suppress(OSError):
                    connection.settimeout(5)
                    while asked := connection.recv(14):
                        question = int.from_bytes(asked[10:], sys.byteorder)
                        connection.sendall(self._answers.get(question, self._answers[0]))


@contextmanager
def odd_sway(folder: Path, outputs: bytes, tree: bytes) -> Iterator[None]:
    sway = OddSway(folder / "sway-ipc.1.2.sock", {0: b"", 3: outputs, 4: tree})
    try:
        yield
    finally:
        sway.end()


def places(folder: Path) -> list[str]:
    paths = {"--setup": "wall.json", "--status": "status.json"}
    return [word for option, name in paths.items() for word in (option, str(folder / name))]


def reported(folder: Path) -> list[str]:
    """What snmpd would be told."""
    command = [sys.executable, str(PROGRAM), "report", *places(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.splitlines()


def watched(folder: Path) -> list[str]:
    """The report after the watcher's first look."""
    watcher: list[str | Path] = [
        sys.executable,
        PROGRAM,
        "watch",
        "--every",
        "0.1",
        "--runtime",
        folder,
    ]
    with child([*watcher, *places(folder)]) as running:
        until(lambda: (folder / "status.json").exists() or not running.alive, 20, "a first look")
        assert running.alive, running.output
        return reported(folder)


def write_setup(folder: Path, **tile: object) -> None:
    tiles = {"page": tile} if tile else {}
    said = {"format": 1, "outputs": {"DP-1": {"mode": "1920x1080"}}, "tiles": tiles}
    (folder / "wall.json").write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        ([GOOD], "wall1 output DP-1 driven 1920x1080"),
        ([{**GOOD, "dpms": False}], "wall1 output DP-1 off -"),
        ([{**GOOD, "power": False}], "wall1 output DP-1 off -"),
        ([{**GOOD, "active": False}], "wall1 output DP-1 disabled -"),
        ([{**GOOD, "name": "DP-2"}], "wall1 output DP-1 missing -"),
        ([{**GOOD, "current_mode": {"width": 800, "height": 600}}],
         "wall1 output DP-1 wrong-mode 800x600"),
        ([{**GOOD, "current_mode": "x y\n"}], "wall1 output DP-1 wrong-mode -"),
        ({"no": "list"}, "wall1 output DP-1 missing -"),
    ],
)  # fmt: skip
def test_an_output_is_judged_by_what_sway_says(tmp_path: Path, outputs: object, line: str) -> None:
    write_setup(tmp_path)
    with odd_sway(tmp_path, answer(3, outputs), answer(4, TREE)):
        assert watched(tmp_path) == [
            "wall1 watcher wall-status running -",
            "wall1 compositor sway running -",
            line,
        ]


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        HEAD + struct.pack("=II", 2**31, 3),
        HEAD + struct.pack("=II", 4, 3) + b"nope",
        HEAD + struct.pack("=II", 200_000, 3) + b"[" * 200_000,
        HEAD,
    ],
    ids=["other-protocol", "endless", "no-json", "deep", "cut"],
)
def test_what_is_no_answer_of_sway_is_a_compositor_that_hangs(tmp_path: Path, said: bytes) -> None:
    write_setup(tmp_path)
    with odd_sway(tmp_path, said, b""):
        assert watched(tmp_path)[1:] == [
            "wall1 compositor sway hung -",
            "wall1 output DP-1 unwatched -",
        ]


def test_no_compositor_is_an_outage_and_no_silence(tmp_path: Path) -> None:
    write_setup(tmp_path, window="page")
    left_over = socket.socket(socket.AF_UNIX)
    left_over.bind(str(tmp_path / "sway-ipc.1.1.sock"))
    left_over.close()
    assert watched(tmp_path) == [
        "wall1 watcher wall-status running -",
        "wall1 compositor sway gone -",
        "wall1 output DP-1 unwatched -",
        "wall1 tile page unwatched -",
    ]


@pytest.mark.parametrize(
    ("tree", "age_s", "word"),
    [
        (TREE, 0, "showing"),
        (TREE, 60, "silent"),
        ({"nodes": [{"nodes": [{"app_id": "page", "pid": os.getpid()}]}]}, 0, "hidden"),
        ({"floating_nodes": [{"window_properties": {"class": "page"}, "pid": os.getpid(),
                              "visible": True}]}, 0, "showing"),
        ({"nodes": [{"app_id": "page", "pid": 2**30, "visible": True}]}, 0, "dead"),
        ({"floating_nodes": [{"app_id": "x", "marks": [1, "page"], "pid": os.getpid(),
                              "visible": True}]}, 0, "showing"),
        ({"nodes": [{"app_id": "x", "marks": "page", "pid": os.getpid()}]}, 0, "dead"),
        ({"nodes": 7}, 0, "dead"),
    ],
)  # fmt: skip
def test_a_page_lives_with_its_window_its_process_and_its_heartbeat(
    tmp_path: Path, tree: object, age_s: float, word: str
) -> None:
    beat = tmp_path / "beat"
    beat.touch()
    os.utime(beat, (time.time() - age_s,) * 2)
    write_setup(tmp_path, window="page", heartbeat=str(beat))
    with odd_sway(tmp_path, answer(3, [GOOD]), answer(4, tree)):
        assert watched(tmp_path)[-1] == f"wall1 tile page {word} -"


def test_a_player_that_speaks_nonsense_hangs(tmp_path: Path) -> None:
    write_setup(tmp_path, mpv=str(tmp_path / "mpv.sock"))
    player = OddSway(tmp_path / "mpv.sock", {0: b"[1]\n" * 1000})
    with odd_sway(tmp_path, answer(3, [GOOD]), answer(4, TREE)):
        try:
            assert watched(tmp_path)[-1] == "wall1 tile page hung -"
        finally:
            player.end()


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (None, "absent"),
        ("not json", "absent"),
        (json.dumps({"format": 2, "at": 0, "lines": []}), "absent"),
        (json.dumps({"format": 1, "at": 0, "lines": ["wall1 output DP-1 driven; evil"]}), "absent"),
        (json.dumps({"format": 1, "at": 0, "lines": ["wall1 compositor sway running -"]}), "stale"),
        (json.dumps({"format": 1, "at": 1e12, "lines": ["wall1 compositor sway running -"]}),
         "stale"),
    ],
)  # fmt: skip
def test_a_watcher_that_does_not_look_is_said(
    tmp_path: Path, status: str | None, word: str
) -> None:
    write_setup(tmp_path, mpv="/none", vital=True)
    if status is not None:
        (tmp_path / "status.json").write_text(status)
    assert reported(tmp_path) == [
        f"wall1 watcher wall-status {word} -",
        "wall1 compositor sway unwatched -",
        "wall1 output DP-1 unwatched -",
        "wall1 vital_tile page unwatched -",
    ]


@pytest.mark.parametrize(
    "setup",
    [
        "",
        "[" * 100_000,
        '{"format": 9}',
        '{"format": 1, "outputs": {"DP 1": {}}}',
        '{"format": 1, "tiles": {"cam": {}}}',
        '{"format": 1, "tiles": {"cam": {"mpv": 7}}}',
        '{"format": 1, "frozen_after_s": NaN}',
        json.dumps({"format": 1, "tiles": {f"t{n}": {"mpv": "/x"} for n in range(300)}}),
    ],
)
def test_a_setup_that_cannot_be_read_is_said(tmp_path: Path, setup: str) -> None:
    (tmp_path / "wall.json").write_text(setup)
    assert watched(tmp_path) == ["wall1 watcher wall-status broken -"]
