"""Facts of hosts as they were read: a virtual machine nobody has hardened, and variations of it."""

from pathlib import Path
from typing import TypeVar

from inventory.facts.area import Area, area_name
from inventory.facts.collect import HostFacts, Section

FOLDER = Path(__file__).parent / "hosts"
T = TypeVar("T")


def text_of(host: str, area: Area[T]) -> str:
    """What the host's script printed."""
    return (FOLDER / host / f"{area_name(area)}.txt").read_text()


def read(host: str, area: Area[T], *edits: tuple[str, str]) -> T:
    """The host's facts, after each pair's first text was replaced by its second."""
    text = text_of(host, area)
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return area.parse(text)


def read_all(host: str, *areas: Area[object]) -> HostFacts:
    """Several areas of a host, as `difference` wants them."""
    return HostFacts({area_name(area): Section(text_of(host, area), 0) for area in areas})
