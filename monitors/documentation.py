"""The page docs/monitoring.md, written from what the code knows, so that it cannot lag behind it.

`make docs` writes it; a test holds it against the code.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from inventory import assets
from monitors.alerts.definition import load_definitions
from monitors.metric_families import FAMILIES
from monitors.profiles.library import Library, shipped
from monitors.profiles.schema import Profile
from monitors.profiles.sensor_schema import Sensor, States
from monitors.quantity import duration
from monitors.reading import UNITS, SensorClass, State

TEMPLATE = "monitoring.md.j2"


@dataclass(frozen=True, slots=True)
class StatesEntry:
    """One enumeration of a profile, as a line for people."""

    name: str
    meanings: tuple[tuple[State, str], ...]
    """State -> `1 good, 2 fair`; only states that have values."""
    otherwise: State


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """One profile, as the page shows it."""

    name: str
    title: str
    source: str
    standard: bool
    recognised_by: str
    classes: tuple[SensorClass, ...]
    components: tuple[str, ...]
    states: tuple[StatesEntry, ...]


def profile_entries(library: Library) -> list[ProfileEntry]:
    """Every profile by name."""
    return sorted((_entry(item.profile) for item in library.profiles), key=lambda e: e.name)


def page(library: Library | None = None) -> str:
    """The whole page as Markdown."""
    environment = Environment(
        loader=FileSystemLoader(assets.templates() / "reports"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown of our own words, read by people, never served
    )
    environment.filters["cell"] = _cell
    environment.filters["duration"] = duration
    environment.filters["code"] = "`{}`".format
    return environment.get_template(TEMPLATE).render(
        families=FAMILIES,
        classes=[(item, UNITS[item]) for item in SensorClass],
        alerts=list(load_definitions().values()),
        profiles=profile_entries(library or shipped()),
    )


def _entry(profile: Profile) -> ProfileEntry:
    sensors = list(_sensors(profile))
    classes = {item for sensor in sensors for item in _classes(sensor)}
    kinds = {sensor.component.partition(":")[0] for sensor in sensors if sensor.component}
    return ProfileEntry(
        name=profile.profile,
        title=profile.title,
        source=" ".join(profile.source.split()),
        standard=profile.recognise.always,
        recognised_by=_recognised_by(profile),
        classes=tuple(item for item in SensorClass if item in classes),
        components=tuple(sorted(kind for kind in kinds if "{" not in kind)),
        states=tuple(_states(name, states) for name, states in profile.states.items()),
    )


def _sensors(profile: Profile) -> Iterator[Sensor]:
    yield from profile.scalars
    for table in profile.tables:
        yield from table.sensors


def _classes(sensor: Sensor) -> Iterator[SensorClass]:
    if sensor.sensor_class is not None:
        yield sensor.sensor_class
    if sensor.classify is not None:
        for meaning in sensor.classify.kinds.values():
            yield meaning.sensor_class


def _recognised_by(profile: Profile) -> str:
    how = profile.recognise
    if how.always:
        return "any device that implements it"
    parts = [f"sysObjectID `{oid}`" for oid in how.object_id]
    parts += [f"something below `{oid}`" for oid in how.probe]
    return ", ".join(parts)


def _states(name: str, states: States) -> StatesEntry:
    by_state = (
        (State.OK, states.ok),
        (State.WARNING, states.warning),
        (State.CRITICAL, states.critical),
        (State.UNKNOWN, states.unknown),
        (State.ABSENT, states.absent),
    )
    meanings = tuple(
        (state, ", ".join(f"{key} {word}" for key, word in words.items()))
        for state, words in by_state
        if words
    )
    return StatesEntry(name, meanings, states.otherwise)


def _cell(text: str) -> str:
    """A text that may stand in a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Writes the page to the file that is named, or prints it."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main()
