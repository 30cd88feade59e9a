"""The page on network gear says of each platform what the code says."""

import re
from pathlib import Path

from deploy.network.intent import AREAS
from deploy.network.proved import proof
from inventory.gear import Platform

PAGE = (Path(__file__).parents[3] / "docs/network-gear.md").read_text()
HEAD = PAGE.partition("## What people write")[0]


def test_every_platform_stands_there_with_its_state() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| [^|]+ \| ([^|]+) \|$", HEAD, re.MULTILINE))
    said = {platform: rows.get(str(platform), "") for platform in Platform}
    for platform in Platform:
        if proof(platform):
            assert said[platform] == proof(platform)
        else:
            assert said[platform].startswith("proved")


def test_every_platform_has_its_sources() -> None:
    sources = PAGE.partition("## Where the commands come from")[2]
    named = {
        name.strip()
        for row in re.findall(r"^\| ([\w, ]+) \|", sources, re.MULTILINE)
        for name in row.split(",")
    }
    assert {str(platform) for platform in Platform} <= named


def test_the_areas_are_named_in_their_order() -> None:
    assert ", ".join(f"`{area}`" for area in AREAS) in PAGE
