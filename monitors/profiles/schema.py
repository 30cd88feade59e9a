"""What a device profile may say: the YAML's shape, checked before anything is compiled from it."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from monitors.profiles.notation import (
    BELOW_OBJECT_ID,
    STRICT,
    LabelName,
    Oid,
    Oids,
    PatternText,
    ProfileName,
    TemplateText,
    Word,
)
from monitors.profiles.sensor_schema import Sensor, States, named_labels, named_states

FORMAT = 1
"""The version of this language. A profile of another version is refused."""


class _Model(BaseModel):
    model_config = STRICT


class Label(_Model):
    """A column, or a part of the index, that names or describes a row."""

    column: str | int | None = None
    part: int | None = Field(default=None, ge=1)
    """Which part of the index, counted from 1, where no column says it."""
    text: bool = False
    """Whether a text begins at that part, or is a column's index: length, octets (RFC 2578)."""
    pattern: PatternText | None = None
    """Takes the label out of a text: the regular expression's one group."""
    index: TemplateText = "{index}"
    """The row in which to look, where the column belongs to another table."""
    words: dict[int, str] = {}
    """What to say for the numbers that the device sends."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is None) == (self.part is None):
            raise ValueError("give either column or part")
        if self.text and self.part is None and self.index == "{index}":
            raise ValueError("text needs the part at which it begins, or an index of its own")
        return self


class Table(_Model):
    """A conceptual table: one entry OID, its labels, and the sensors of each row."""

    entry: Oid
    labels: dict[LabelName, Label] = {}
    expected_by: list[LabelName] = []
    """Labels to compare with what the inventory expects; sets the label `expected` to yes or no."""
    sensors: list[Sensor]

    @field_validator("labels", mode="before")
    @classmethod
    def _short_labels(cls, labels: object) -> object:
        if not isinstance(labels, dict):
            return labels
        return {
            name: label if isinstance(label, dict) else {"column": label}
            for name, label in labels.items()
        }


class Recognise(_Model):
    """How a device is known. One object ID or one probe is enough."""

    object_id: list[Oid] = []
    """Prefixes of sysObjectID."""
    probe: list[Oid] = []
    """Subtrees in which the device has something."""
    always: bool = False
    """A standard that any device may implement: it is always looked for."""

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if not (self.object_id or self.probe or self.always):
            raise ValueError("give object_id, probe or always: true")
        return self


class IdentitySource(_Model):
    """Where a device says what it is."""

    vendor: str = ""
    model: Oids = []
    serial: Oids = []
    firmware: Oids = []


class Profile(_Model):
    """One device family."""

    format: Literal[1]
    profile: ProfileName
    title: Word
    source: Word
    """The MIB from which the facts are."""
    recognise: Recognise
    replaces: list[ProfileName] = []
    """Profiles that would read the same sensors a second time."""
    identity: IdentitySource = IdentitySource()
    states: dict[str, States] = {}
    scalars: list[Sensor] = []
    tables: list[Table] = []

    @property
    def is_relative(self) -> bool:
        """Whether some of its OIDs stand below the device's sysObjectID."""
        return any(text.startswith(BELOW_OBJECT_ID) for text in _texts(self.model_dump()))

    def below(self, object_id: str) -> "Profile":
        """The profile with the OIDs that a device with this sysObjectID has."""
        return Profile.model_validate(_placed(self.model_dump(by_alias=True), object_id))

    @model_validator(mode="after")
    def _object_id_is_known(self) -> Self:
        if self.is_relative and (self.recognise.probe or self.recognise.always):
            raise ValueError(
                f"with OIDs below the device's ({BELOW_OBJECT_ID}), give object_id only"
            )
        return self

    @model_validator(mode="after")
    def _references_resolve(self) -> Self:
        for where, sensor in self._sensors():
            for name in named_states(sensor):
                if name not in self.states:
                    raise ValueError(f"{where}: no states are called {name!r}")
        for at, table in enumerate(self.tables):
            known = {*table.labels, *(("expected",) if table.expected_by else ())}
            for number, sensor in enumerate(table.sensors):
                if sensor.column is None:
                    raise ValueError(f"tables.{at}.sensors.{number}: give column, not oid")
                if unknown := named_labels(sensor) - known:
                    raise ValueError(
                        f"tables.{at}.sensors.{number}: no labels are called {sorted(unknown)}"
                    )
        return self

    def _sensors(self) -> list[tuple[str, Sensor]]:
        scalars = [(f"scalars.{at}", sensor) for at, sensor in enumerate(self.scalars)]
        return scalars + [
            (f"tables.{at}.sensors.{number}", sensor)
            for at, table in enumerate(self.tables)
            for number, sensor in enumerate(table.sensors)
        ]


def _texts(value: object) -> Iterator[str]:
    """Every text in it, whatever the depth."""
    if isinstance(value, str):
        yield value
    for part in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _texts(part)


def _placed(value: object, object_id: str) -> object:
    """The same, with every relative OID below this one."""
    if isinstance(value, str):
        below = value.removeprefix(BELOW_OBJECT_ID)
        return value if below == value else f"{object_id}.{below}"
    if isinstance(value, dict):
        return {key: _placed(item, object_id) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_placed(item, object_id) for item in value]
    return value
