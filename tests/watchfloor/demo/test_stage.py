"""What a demo does to the folder that it plays in."""

import asyncio
from pathlib import Path

import pytest

from inventory import assets
from watchfloor.demo.control import ControlError
from watchfloor.demo.stage import DemoError, Show, run
from watchfloor.simulate.errors import FaultError


def test_a_folder_that_holds_somebody_elses_work_is_left_alone(tmp_path: Path) -> None:
    thesis = tmp_path / "demo" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    show = Show(assets.example_center(), thesis.parent, "127.0.0.1", 1, 5.0)
    with pytest.raises(DemoError, match=r"holds thesis\.txt"):
        asyncio.run(run(show, lambda _: None, lambda _: None))
    assert thesis.read_text() == "years of work"


def test_a_fault_that_there_is_not_ends_it_before_a_monitor_starts(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    show = Show(assets.example_center(), folder, "127.0.0.1", 1, 5.0, ("ups-a:on-batery",))
    with pytest.raises(FaultError, match='did you mean "on-battery"'):
        asyncio.run(run(show, lambda _: None, lambda _: None))
    assert not (folder / "run").exists()


def test_a_folder_too_deep_for_a_socket_is_named(tmp_path: Path) -> None:
    show = Show(assets.example_center(), tmp_path / ("deep" * 30) / "demo", "127.0.0.1", 1, 5.0)
    with pytest.raises(ControlError, match="name a short folder in WATCHFLOOR_RUNTIME"):
        asyncio.run(run(show, lambda _: None, lambda _: None))
