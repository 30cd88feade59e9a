"""What a demo does to the folder that it plays in."""

import asyncio
from pathlib import Path

import pytest

from inventory import assets
from watchfloor.demo.stage import DemoError, Show, run


def test_a_folder_that_holds_somebody_elses_work_is_left_alone(tmp_path: Path) -> None:
    thesis = tmp_path / "demo" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    show = Show(assets.example_center(), thesis.parent, "127.0.0.1", 1, 5.0)
    with pytest.raises(DemoError, match=r"holds thesis\.txt"):
        asyncio.run(run(show, lambda _: None, lambda _: None))
    assert thesis.read_text() == "years of work"
