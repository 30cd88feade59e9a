"""`watchfloor runbook`: live numbers beside a monitor; without one, the text all the same."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from inventory import assets
from inventory.errors import WatchfloorError
from inventory.loader import load
from monitors.channel import ChannelServer, socket_path
from monitors.channel_server import Handler
from monitors.reading import Reading, SensorClass, State
from monitors.snapshot import device_to_json
from tests.snapshots import snapshot
from watchfloor.cli.runbook import runbook

CENTER = ["--center", str(assets.example_center())]


def show(tmp_path: Path, *arguments: str) -> tuple[str, str, BaseException | None]:
    result = CliRunner().invoke(
        runbook,
        ["show", *arguments, *CENTER, "--runtime-dir", str(tmp_path)],
        env={"COLUMNS": "200"},
    )
    return result.stdout, result.stderr, result.exception


def test_list_names_every_runbook_once() -> None:
    result = CliRunner().invoke(runbook, ["list", "--json"])
    rows = json.loads(result.stdout)
    assert {row["alert"] for row in rows} >= {"ups-on-battery", "switch-down", "host-drifted"}
    assert len({row["path"] for row in rows}) == len(rows)


def test_without_a_monitor_the_text_stands_and_says_what_it_lacks(tmp_path: Path) -> None:
    out, err, _ = show(tmp_path, "ups-on-battery", "ups-a")
    assert "UPS on battery: ups-a" in out
    assert "no reading (never seen)" in out
    assert "pdu-r1-a (its only feed)" in out
    assert err.startswith("no live facts: no monitor runs here")


def test_json_says_that_it_is_not_live(tmp_path: Path) -> None:
    out, _, _ = show(tmp_path, "ups-on-battery", "ups-a", "--json")
    document = json.loads(out)
    assert document["live"] is False
    assert document["sections"][0][0] == "Meaning"


def test_near_misses_are_named(tmp_path: Path) -> None:
    _, _, error = show(tmp_path, "ups-on-batery", "ups-a")
    assert isinstance(error, WatchfloorError)
    assert 'did you mean "ups-on-battery"?' in str(error)
    _, _, error = show(tmp_path, "ups-on-battery", "ups-aa")
    assert 'did you mean "ups-a"?' in str(error)


def test_beside_a_monitor_the_text_has_the_devices_numbers() -> None:
    charge = Reading(
        SensorClass.CHARGE, "Battery charge", 0.87, "ratio", State.OK, "battery", "1.3", "ups"
    )
    live = snapshot(load(assets.example_center()), readings={"ups-a": (charge,)})

    async def answer(command: str, body: bytes) -> bytes:
        if command == "device":
            return device_to_json(live.devices[body.decode()])
        return live.bare_json()

    with TemporaryDirectory(prefix="wf-") as folder, serving(socket_path(Path(folder)), answer):
        out, err, _ = show(Path(folder), "ups-on-battery", "ups-a")
    assert err == ""
    assert "charge 87 %" in out


@contextmanager
def serving(path: Path, handler: Handler) -> Iterator[None]:
    """An engine's socket in a thread of its own, since the command runs a loop of its own."""
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as thread:
        server = ChannelServer(path, handler)
        stop = asyncio.Event()
        runner.run(server.start())
        turning = thread.submit(runner.run, stop.wait())
        try:
            yield
        finally:
            runner.get_loop().call_soon_threadsafe(stop.set)
            turning.result(10)
            runner.run(server.stop())
