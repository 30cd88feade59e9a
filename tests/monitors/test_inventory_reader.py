"""What another process reads of the inventory is what this one would read, mistakes included."""

import sys
from pathlib import Path

import pytest

from monitors import inventory_reader
from monitors.config import MonitorConfig
from monitors.inventory_reader import UnreadInventoryError, center_of
from tests.monitors.sites import make_site


def config(folder: Path, devices: str) -> MonitorConfig:
    site = make_site(folder, devices, {})
    return MonitorConfig(center=site.folder, state=folder, runtime=folder, interval_s=7)


async def test_the_center_is_the_same_one(tmp_path: Path) -> None:
    known = config(tmp_path, "  sw-1: {kind: switch, feeds: [utility], address: 10.0.0.4}\n")
    center = await center_of(known)
    assert center == known.load_center()
    assert center.interval_s == 7


async def test_a_mistake_is_told_in_the_inventory_s_own_words(tmp_path: Path) -> None:
    with pytest.raises(UnreadInventoryError, match=r"center\.yaml:\d+:\d+: .*swich"):
        await center_of(config(tmp_path, "  sw-1: {kind: swich}\n"))


async def test_a_reading_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hanging))
    monkeypatch.setattr(inventory_reader, "PATIENCE_S", 0.1)
    with pytest.raises(UnreadInventoryError, match=r"not read within 0\.1 s"):
        await center_of(config(tmp_path, "  sw-1: {kind: switch, feeds: [utility]}\n"))
