"""Which simulated devices are without power or network, and which have lost some feeds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

CARRIES_ON = frozenset({"ups"})
"""Kinds that go on from a battery when every feed is gone."""


@dataclass(frozen=True, slots=True)
class PowerPicture:
    """What follows from the cuts."""

    dark: frozenset[str]
    """Devices that give no power on and, unless they carry on from a battery, do not run."""
    lost_feeds: Mapping[str, tuple[int, ...]]
    """For each device that still runs and lost some feeds: their numbers, counted from 1."""


def power_picture(
    feeds: Mapping[str, Sequence[str]],
    kinds: Mapping[str, str],
    cut: Collection[str],
) -> PowerPicture:
    """Follows cuts down the power paths.

    `feeds` names for each device what feeds it, as `device` or `device/outlet`, in the order of
    its supplies; `cut` holds devices and single outlets that give no power.
    """
    dead = set(cut)
    while more := {
        name
        for name, sources in feeds.items()
        if name not in dead
        and kinds.get(name) not in CARRIES_ON
        and sources
        and all(_is_dead(source, dead) for source in sources)
    }:
        dead |= more
    lost = {
        name: numbers
        for name, sources in feeds.items()
        if name not in dead
        and (numbers := tuple(n for n, s in enumerate(sources, 1) if _is_dead(s, dead)))
    }
    return PowerPicture(frozenset(dead), lost)


def cut_off(uplinks: Mapping[str, Sequence[str]], dark: Collection[str]) -> frozenset[str]:
    """The devices whose every way up through the network leads to a device without power."""
    unreachable: set[str] = set()
    while more := {
        name
        for name, above in uplinks.items()
        if name not in unreachable
        and above
        and all(device in dark or device in unreachable for device in above)
    }:
        unreachable |= more
    return frozenset(unreachable)


def _is_dead(source: str, dead: Collection[str]) -> bool:
    return source in dead or source.partition("/")[0] in dead
