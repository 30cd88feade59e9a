"""A wall node in one folder: headless sway, players, a camera that can stall, and the watcher."""

import json
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from inventory import assets
from tests.process import Child, child
from tests.requirements import need
from tests.wait import until

PROGRAM = assets.templates() / "wall" / "wall_status"
NOBODY = 65534
"""sway refuses to run as root."""
SWAY_CONFIG = """\
output HEADLESS-1 resolution 640x360
output HEADLESS-2 disable
"""
TESTSRC = "av://lavfi:testsrc=size=64x48:rate=10"


def as_nobody() -> list[str]:
    """What stands before a command, so that a user without rights runs it."""
    if os.geteuid() != 0:
        return []
    return [need("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


def python() -> str:
    """The system's own Python, as on a node: one that users without rights may run."""
    own = Path("/usr/bin/python3")
    return str(own) if own.exists() else sys.executable


class Camera:
    """Serves a raw picture ten times a second over TCP, until it stalls."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self.stalled = threading.Event()
        self.url = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        """Hangs up and waits for the thread."""
        self._ended.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._server.accept()
            with connection:
                connection.sendall(b"YUV4MPEG2 W64 H48 F10:1 Ip A1:1 C420\n")
                while not self._ended.wait(0.1):
                    if not self.stalled.is_set():
                        connection.sendall(b"FRAME\n" + bytes(64 * 48 * 3 // 2))


class WallNode:
    """The processes of one node; everything stands in a folder that `nobody` may use."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.setup = folder / "wall.json"
        self.status = folder / "status" / "status.json"
        self.runtime = folder / "runtime"
        self._program = shutil.copytree(PROGRAM, folder / "wall_status")
        self._stack = stack
        for place in (self.status.parent, self.runtime):
            place.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(place, NOBODY, NOBODY)
        self.status.parent.chmod(0o755)

    def write(self, outputs: Mapping[str, object], tiles: Mapping[str, object]) -> None:
        """What the node should show; a tile frozen for a second is frozen."""
        said = {"format": 1, "outputs": outputs, "tiles": tiles, "frozen_after_s": 1.0}
        self.setup.write_text(json.dumps(said))

    def start_sway(self) -> Child:
        """A compositor with two outputs, of which one is disabled."""
        config = self.folder / "sway.conf"
        config.write_text(SWAY_CONFIG)
        sway = self._start(
            [need("sway"), "--config", str(config)],
            WLR_BACKENDS="headless",
            WLR_RENDERER="pixman",
            WLR_LIBINPUT_NO_DEVICES="1",
            WLR_HEADLESS_OUTPUTS="2",
            LIBSEAT_BACKEND="noop",
        )
        until(
            lambda: ([*self.runtime.glob("sway-ipc.*.sock")] and self._display()) or not sway.alive,
            20,
            "sway to listen",
        )
        assert sway.alive, sway.output
        return sway

    def start_player(self, name: str, source: str) -> Child:
        """An mpv in a window `tile-<name>`, with its socket."""
        options = ["--no-config", "--vo=wlshm", "--no-audio", f"--wayland-app-id=tile-{name}"]
        options += [f"--input-ipc-server={self.player_socket(name)}", "--cache=yes"]
        if source.startswith("tcp:"):
            options += ["--demuxer-lavf-format=yuv4mpegpipe", "--cache-secs=1"]
        return self._start([need("mpv"), *options, source], WAYLAND_DISPLAY=self._display())

    def start_watcher(self) -> Child:
        """The program under test, looking often."""
        return self._start([python(), str(self._program), "watch", "--every", "0.2", *self.places])

    @property
    def places(self) -> list[str]:
        """The options that say where everything stands."""
        return ["--setup", str(self.setup), "--status", str(self.status)]

    @property
    def report(self) -> list[str]:
        """The command that snmpd runs."""
        return [python(), str(self._program), "report", *self.places]

    def player_socket(self, name: str) -> str:
        """Where a tile's player listens."""
        return str(self.runtime / f"{name}.sock")

    def tell_player(self, name: str, *command: object) -> None:
        """One command over the player's JSON IPC."""
        with socket.socket(socket.AF_UNIX) as told:
            told.connect(self.player_socket(name))
            told.sendall(json.dumps({"command": command}).encode() + b"\n")
            told.recv(4096)

    def _display(self) -> str:
        found = [path.name for path in self.runtime.glob("wayland-*") if path.suffix != ".lock"]
        return found[0] if found else ""

    def _start(self, command: list[str], **environment: str) -> Child:
        environment["XDG_RUNTIME_DIR"] = str(self.runtime)
        return self._stack.enter_context(child([*as_nobody(), *command], env=environment))


@contextmanager
def wall_node() -> Iterator[WallNode]:
    """A node without any process yet; what it starts ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="wf-wall-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            yield WallNode(folder, stack)
    finally:
        shutil.rmtree(folder)
