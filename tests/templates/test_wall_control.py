"""A wall's tiles with real sway, a real player and a real browser: placed, watched, and moved."""

import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.browsers import kiosk_policy
from inventory import assets
from tests.process import Child, child
from tests.requirements import need
from tests.templates.wall_node import NOBODY, WallNode, as_nobody, python, wall_node
from tests.wait import until

pytestmark = [pytest.mark.gear, pytest.mark.xdist_group("wall")]

PROGRAM = assets.templates() / "wall" / "wall_control"
POLICED = """\
mount -t tmpfs -o mode=755 none /etc/chromium
mkdir -p /etc/chromium/policies/managed
printf %s "$0" >/etc/chromium/policies/managed/kiosk.json
exec "$@"
"""
"""Puts a policy where Chromium looks for it, for one program alone."""
SHOWS = "WATCHDOG=1\nSTATUS=shows"
HERE, THERE = [40, 20, 300, 200], [10, 150, 200, 100]


class Page(BaseHTTPRequestHandler):
    """One green page."""

    def do_GET(self) -> None:
        body = b"<title>noc</title><body style='background:#00a000'>well"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def served(port: int = 0) -> Iterator[str]:
    """The page's URL while its server runs."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def page() -> Iterator[str]:
    with served() as url:
        yield url


class Tiles:
    """A node whose tiles are run as their units would run them."""

    def __init__(self, node: WallNode, stack: ExitStack) -> None:
        self._node = node
        self._stack = stack
        self.root = node.folder / "root"
        self._program = shutil.copytree(PROGRAM, node.folder / "wall_control")
        for name in ("run", "run/watchfloor-layout", "var/lib/watchfloor-pages", "home"):
            (self.root / name).mkdir(parents=True)
        if os.geteuid() == 0:
            for name in ("var/lib/watchfloor-pages", "home"):
                os.chown(self.root / name, NOBODY, NOBODY)
        (self.root / "run/wall").symlink_to(node.runtime)
        sway = next(node.runtime.glob("sway-ipc.*.sock"))
        (node.runtime / "sway.sock").symlink_to(sway)
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._told.bind(str(node.folder / "notify"))
        self._told.setblocking(False)
        self._heard = b""
        (node.folder / "notify").chmod(0o777)
        stack.callback(self._told.close)

    def show(self, **tiles: Any) -> None:
        """What `wall_control show` would write."""
        text = json.dumps({"format": 1, "tiles": tiles})
        (self.root / "run/watchfloor-layout/wall.json").write_text(text)

    def start(self, tile: str, policy: str = "") -> Child:
        """`wall_control tile NAME`, as an ordinary user, with a policy for its browser."""
        command = [*as_nobody(), python(), str(self._program), "--root", str(self.root)]
        if policy and os.geteuid() == 0:
            command = [need("unshare"), "--mount", "sh", "-euc", POLICED, policy, *command]
        environment = {
            "XDG_RUNTIME_DIR": str(self._node.runtime),
            "HOME": str(self.root / "home"),
            "NOTIFY_SOCKET": str(self._node.folder / "notify"),
        }
        return self._stack.enter_context(child([*command, "tile", tile], env=environment))

    def words(self) -> str:
        """What systemd was told since the last time."""
        self._hear()
        heard, self._heard = self._heard, b""
        return heard.decode()

    def _hear(self) -> None:
        """Keeps the queue short: whoever tells waits while it is full."""
        with suppress(BlockingIOError):
            while True:
                self._heard += self._told.recv(4096) + b"\n"

    def places(self) -> dict[str, list[int]]:
        """Mark -> the window's rectangle, as sway says."""
        self._hear()
        path = str(self._node.runtime / "sway.sock")
        with child([need("swaymsg"), "-s", path, "-t", "get_tree", "-r"]) as asked:
            until(lambda: not asked.alive, 10, "sway to answer")
            waiting: list[Any] = [json.loads(asked.output)]
        found: dict[str, list[int]] = {}
        while waiting:
            node = waiting.pop()
            rect = [node["rect"][key] for key in ("x", "y", "width", "height")]
            found |= dict.fromkeys(node.get("marks", ()), rect)
            waiting += [*node["nodes"], *node["floating_nodes"]]
        return found


@pytest.fixture
def tiles() -> Iterator[Tiles]:
    with wall_node() as node, ExitStack() as stack:
        node.start_sway()
        yield Tiles(node, stack)


def source(**of: str) -> dict[str, str]:
    return {"kind": "", "url": "", "credential": "", "text": "", "background": "", **of}


def test_a_page_is_in_its_place_and_alive(tiles: Tiles, page: str) -> None:
    need("chromium")
    beat = tiles.root / "run/wall/tile-noc.beat"
    tiles.show(noc={"at": HERE, "source": source(kind="page", url=page)})
    running = tiles.start("noc", kiosk_policy([page]))
    until(lambda: tiles.places().get("tile-noc") == HERE, 40, "the page in its place")
    until(lambda: SHOWS in tiles.words(), 40, "a page that answers")
    assert beat.exists()
    tiles.show(noc={"at": THERE, "source": source(kind="page", url=page)})
    until(lambda: tiles.places().get("tile-noc") == THERE, 20, "the page in its new place")
    assert running.alive, running.output


def test_a_page_whose_server_comes_late_is_loaded_again(tiles: Tiles) -> None:
    need("chromium")
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    tiles.show(noc={"at": HERE, "source": source(kind="page", url=url)})
    tiles.start("noc", kiosk_policy([url]))
    until(lambda: tiles.places().get("tile-noc") == HERE, 40, "the window")
    said = tiles.words()
    assert "READY=1" in said
    assert SHOWS not in said
    with served(port):
        until(lambda: SHOWS in tiles.words(), 40, "the page that answers now")


def test_words_are_shown_until_something_else_is_to_be(tiles: Tiles) -> None:
    words = source(kind="text", text="Good $morning", background="#203040")
    tiles.show(hello={"at": HERE, "source": words, "video": "wlshm"})
    running = tiles.start("hello")
    until(lambda: tiles.places().get("tile-hello") == HERE, 20, "the words in their place")
    until(lambda: SHOWS in tiles.words(), 20, "a picture that moves")
    other = source(kind="text", text="Good night", background="#000000")
    tiles.show(hello={"at": HERE, "source": other, "video": "wlshm"})
    until(lambda: not running.alive, 10, "the tile to end, so that its unit starts it anew")
    assert "it is to show something else" in running.output


def test_a_stream_that_is_not_there_ends_the_tile(tiles: Tiles, tmp_path: Path) -> None:
    nowhere = source(kind="stream", url="rtsp://127.0.0.1:9/live")
    tiles.show(gate={"at": HERE, "source": nowhere, "video": "wlshm"})
    running = tiles.start("gate")
    until(lambda: not running.alive, 30, "the tile to end")
    assert SHOWS not in tiles.words()
