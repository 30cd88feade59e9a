"""A wall processor from a fresh host: what its headless displays show is looked at in a picture."""

import asyncio
import base64
import gzip
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite
from tests.wait import until
from watchfloor.simulate.video import SimulatedVideo

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("wall")]

WIDTH, HEIGHT, GAP = 320, 180, 10
RED, GREEN, BLUE, YELLOW, BLACK = "#c00000", "#00a000", "#0000c0", "#c0c000", "#000000"
NEAR = 40
"""How far a colour may be off: video is not lossless."""
PASSWORD = "p@ss: w/rd\\"
CONTROL = ("python3", "/usr/local/lib/watchfloor/wall_control")
AREAS = ("--area", "wall_session", "--area", "wall_tiles", "--area", "wall_status")

WALL: dict[str, Any] = {
    "displays": [["disp-1-1", "disp-1-2"], ["disp-2-1", "disp-2-2"]],
    "resolution": f"{WIDTH}x{HEIGHT}",
    "bezel": f"{GAP}px",
    "credentials": {"streams": "wall-streams"},
    "layouts": {
        "day": {
            "tiles": {
                "wide": {"columns": 2, "text": "a wide tile", "background": RED},
                "left": {"row": 2, "text": "left", "background": GREEN},
                "cam-1": {"column": 2, "row": 2, "vital": True},
            }
        },
        "night": {
            "tiles": {
                "left": {"column": 2, "rows": 2, "text": "left", "background": GREEN},
                "cam-1": {"columns": 1},
                "low": {"row": 2, "rows": 0.5, "text": "low", "background": BLUE},
            }
        },
    },
}
# Points of the picture: the middles of displays, above their tiles' words, and others.
FIRST, SECOND, THIRD, FOURTH = (160, 60), (490, 60), (160, 250), (490, 250)
LOWER_THIRD, BEHIND_BEZEL = (160, 350), (325, 60)
DAY = {FIRST: RED, SECOND: RED, THIRD: GREEN, FOURTH: YELLOW}
NIGHT = {FIRST: YELLOW, SECOND: GREEN, FOURTH: GREEN, THIRD: BLUE, LOWER_THIRD: BLACK}


@contextmanager
def camera(address: str) -> Iterator[SimulatedVideo]:
    """A camera that plays, in a thread of its own."""
    video = SimulatedVideo(host=address, user="wf-wall", password=PASSWORD)
    video.colour = YELLOW
    ready, end = threading.Event(), asyncio.Event()

    async def play() -> None:
        async with video:
            ready.set()
            await end.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(play()))
    thread.start()
    try:
        assert ready.wait(10)
        yield video
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
        loop.close()


def described(host: LabHost, port: int = 554) -> dict[str, Any]:
    """The center's further sections, when the host drives a wall of four displays."""
    names = [name for row in WALL["displays"] for name in row]
    outputs = {f"HEADLESS-{number}": name for number, name in enumerate(names, start=1)}
    processor = {
        "kind": "wall-processor",
        "address": host.address,
        "os": host.run(["sh", "-c", '. /etc/os-release; echo "$ID-$VERSION_ID"']).strip(),
        "monitoring": {"snmp": "agents"},
    }
    stream = f"rtsp://{host.network.lab.gateway}:{port}/live"
    return {
        "devices": {
            host.name: processor,
            "cam-1": {"kind": "camera", "monitoring": {"reach": [{"rtsp": stream}]}},
            **{name: {"kind": "display"} for name in names},
        },
        "credentials": {
            "wall-streams": {
                "purpose": "deploy",
                "protocol": "rtsp",
                "user": "wf-wall",
                "secret": "file:stream-password",
            },
            "agents": {"purpose": "monitor", "protocol": "snmp-v2c", "secret": "env:COMMUNITY"},
        },
        "walls": {
            "main": {**WALL, "processors": {host.name: {"headless": True, "outputs": outputs}}}
        },
    }


@pytest.fixture(scope="module", params=["bookworm", pytest.param("trixie", marks=pytest.mark.slow)])
def site(
    request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabSite]:
    """A wall processor of each Debian, deployed with its wall's areas."""
    host = lab.boot(f"wp-{request.param}", suite=request.param, variant="room")
    folder = tmp_path_factory.mktemp("wall")
    secret = folder / "stream-password"
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    with camera(host.network.lab.gateway) as video:
        site = LabSite.create(folder, [host], **described(host, video.address[1]))
        done = site.watchfloor("apply", "--yes", *AREAS)
        assert done.exit_code == 0, done.stderr + done.stdout
        assert PASSWORD not in done.stdout + done.stderr
        yield site
    lab.remove(host)


@pytest.fixture
def host(site: LabSite) -> LabHost:
    return site.hosts[0]


def picture(host: LabHost) -> tuple[int, bytes]:
    """The whole wall as its session draws it: the width, and three octets for each pixel."""
    grim = "setpriv --reuid=wall --regid=wall --clear-groups env XDG_RUNTIME_DIR=/run/wall"
    script = f"{grim} WAYLAND_DISPLAY=wayland-1 grim -t ppm - | gzip -1 | base64 -w0"
    octets = gzip.decompress(base64.b64decode(host.run(["sh", "-c", script])))
    head = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", octets)
    # Between two sessions there is no picture.
    return (int(head[1]), octets[head.end() :]) if head else (1, b"")


def differences(host: LabHost, wanted: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """The points whose colour is another than wanted, with the colour that they have."""
    width, octets = picture(host)
    found = {}
    for (x, y), colour in wanted.items():
        pixel = octets[3 * (y * width + x) :][:3]
        target = bytes.fromhex(colour[1:])
        if not pixel or any(abs(a - b) > NEAR for a, b in zip(pixel, target, strict=True)):
            found[x, y] = f"#{pixel.hex()}"
    return found


def shows(host: LabHost, wanted: dict[tuple[int, int], str], seconds: float = 20) -> None:
    """Waits until the wall shows these colours."""
    seen: dict[tuple[int, int], str] = {}

    def so() -> bool:
        seen.clear()
        seen.update(differences(host, wanted))
        return not seen

    try:
        until(so, seconds, f"{wanted}")
    except AssertionError as error:
        log = host.attempt(["journalctl", "-n", "30", "--no-pager", "-u", "wall-*"]).stdout
        raise AssertionError(f"{error}; the wall shows {seen}\n{log}") from error


def players(host: LabHost) -> dict[str, int]:
    """Tile -> the process that plays it."""
    lines = host.run(["pgrep", "-a", "-x", "mpv"]).splitlines()
    found = (re.match(r"(\d+) .*--wayland-app-id=tile-(\S+)", line) for line in lines)
    return {match[2]: int(match[1]) for match in found if match}


def reported(host: LabHost) -> list[str]:
    """What snmpd would tell the monitor of the wall."""
    command = host.run(["cat", "/etc/snmp/snmpd.conf.d/wall.conf"]).split("extend wall ")[1]
    return host.run(["sh", "-c", command]).splitlines()


def test_every_tile_is_where_its_layout_puts_it(site: LabSite, host: LabHost) -> None:
    assert site.watchfloor("wall", "show", "day").exit_code == 0
    shows(host, DAY)
    width, octets = picture(host)
    assert (width, len(octets)) == (2 * WIDTH + GAP, 3 * (2 * WIDTH + GAP) * (2 * HEIGHT + GAP))
    # No display shows what lies behind a bezel.
    assert differences(host, {BEHIND_BEZEL: RED})
    until(
        lambda: (
            {"wall1 vital_tile cam-1 playing -", "wall1 tile wide playing -"} <= {*reported(host)}
        ),
        20,
        "the watcher to see the tiles play",
    )
    assert "wall1 output HEADLESS-4 driven 320x180" in reported(host)


def test_another_layout_moves_what_stays_and_starts_only_what_is_new(
    site: LabSite, host: LabHost
) -> None:
    site.watchfloor("wall", "show", "day")
    shows(host, DAY)
    before = players(host)
    done = site.json("wall", "show", "night", code=0)["processors"][0]
    assert (done["layout"], sorted(done["moved"])) == ("night", ["cam-1", "left"])
    assert (done["started"], done["stopped"]) == (["low"], ["wide"])
    shows(host, NIGHT)
    after = players(host)
    assert (after["left"], after["cam-1"]) == (before["left"], before["cam-1"])
    assert "wide" not in after
    assert site.watchfloor("wall", "status").exit_code == 0


def test_a_switch_is_seen_in_two_seconds(site: LabSite, host: LabHost) -> None:
    """From the processor's own program on: a person's machine may be busy with something else."""
    host.run([*CONTROL, "show", "day"])
    shows(host, DAY)
    began = time.monotonic()
    host.run([*CONTROL, "show", "night"])
    shows(host, {FIRST: YELLOW, SECOND: GREEN})
    assert time.monotonic() - began < 2


def test_a_player_that_is_killed_or_hangs_comes_back_in_its_place(
    site: LabSite, host: LabHost
) -> None:
    site.watchfloor("wall", "show", "day")
    shows(host, DAY)
    killed = players(host)
    host.run(["kill", "-9", str(killed["wide"])])
    until(lambda: players(host).get("wide") not in (None, killed["wide"]), 20, "a new player")
    shows(host, DAY)
    assert players(host)["left"] == killed["left"]


def test_the_chosen_layout_outlives_the_session(site: LabSite, host: LabHost) -> None:
    site.watchfloor("wall", "show", "night")
    host.run(["systemctl", "kill", "-s", "KILL", "wall-session.service"])
    shows(host, NIGHT, 40)
    assert json.loads(host.run([*CONTROL, "list"]))["layout"] == "night"


def test_no_password_is_where_others_could_read_it(site: LabSite, host: LabHost) -> None:
    site.watchfloor("wall", "show", "day")
    shows(host, DAY)
    lines = host.run(["sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' ' '"])
    assert "--rtsp-transport=tcp" in lines
    journal = host.run(["journalctl", "--no-pager", "-o", "cat"])
    for text in (lines, journal):
        assert PASSWORD not in text
        assert "p%40ss" not in text
    assert host.witness().file("/etc/watchfloor/wall/streams").mode == 0o600


def test_the_wall_is_nobodys_way_in(host: LabHost) -> None:
    witness = host.witness()
    assert witness.user("wall").shell == "/usr/sbin/nologin"
    assert "not allowed to run sudo" in witness.check_output("sudo -n -l -U wall")
    config = host.run(["cat", "/etc/watchfloor/wall/sway.conf"])
    assert "bindsym" not in config
    assert witness.check_output("ps -o user= -C sway").strip() == "wall"


def test_a_second_apply_changes_nothing_and_what_is_broken_is_found(
    site: LabSite, host: LabHost
) -> None:
    assert site.json("apply", "--yes", *AREAS, code=0)["hosts"] == []
    host.run(["systemctl", "stop", "wall-tile@left"])
    host.run(["sh", "-c", "echo 'bindsym Mod4+Return exec foot' >>/etc/watchfloor/wall/sway.conf"])
    host.run(["systemctl", "disable", "--now", "wall-status"])
    drifted = site.watchfloor("drift", *AREAS)
    assert drifted.exit_code == 2
    for line in (
        "change /etc/watchfloor/wall/sway.conf",
        "show the chosen layout (tile left does not run)",
        "restart wall-status.service (it does not run)",
    ):
        assert line in drifted.stdout
    done = site.watchfloor("apply", "--yes", *AREAS)
    assert done.exit_code == 0, done.stderr + done.stdout
    assert site.watchfloor("drift", *AREAS).exit_code == 0
    site.watchfloor("wall", "show", "day")
    shows(host, DAY, 30)
