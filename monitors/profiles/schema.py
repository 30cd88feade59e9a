"""What a device profile may say: the YAML's shape, checked before anything is compiled from it."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeGuard

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from monitors.profiles.formula import Formula
from monitors.profiles.template import Template
from monitors.profiles.units import RAW_UNITS
from monitors.reading import SensorClass, State
from monitors.snmp.errors import OidError
from monitors.snmp.oid import encode_oid

FORMAT = 1
"""The version of this language. A profile of another version is refused."""
BELOW_OBJECT_ID = "@."
"""How an OID begins that stands below the device's own sysObjectID."""
_ANY_BASE = "1.3.6.1.4.1.32473."
"""Stands for the device where only the form of an OID is checked."""


def _check_oid(text: str) -> str:
    try:
        encode_oid(text.replace(BELOW_OBJECT_ID, _ANY_BASE, 1))
    except OidError as error:
        raise ValueError(str(error)) from error
    return text


def _check_template(text: str) -> str:
    Template(text)
    return text


def _check_label(name: str) -> str:
    if name.startswith("index") or name == "value":
        raise ValueError(f"{name!r} has a meaning of its own; choose another label")
    return name


def _check_formula(text: str) -> str:
    Formula(text)
    return text


def _check_pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    if groups != 1:
        raise ValueError(f"{text!r} must have exactly one group: the value")
    return text


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


Oid = Annotated[str, AfterValidator(_check_oid)]
TemplateText = Annotated[str, AfterValidator(_check_template)]
Word = Annotated[str, StringConstraints(min_length=1)]
LabelName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_check_label)
]
ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Key = int | str
"""A raw value as a profile writes it: the number, or the text that the device sends."""


def is_pattern(key: Key) -> TypeGuard[str]:
    """Whether the key is `~` and a regular expression."""
    return isinstance(key, str) and key.startswith("~")


def _check_key(key: Key) -> Key:
    if is_pattern(key):
        try:
            re.compile(key[1:])
        except re.error as error:
            raise ValueError(f"{key!r} is not a regular expression: {error}") from error
    return key


Keys = Annotated[list[Annotated[Key, AfterValidator(_check_key)]], BeforeValidator(_as_list)]
Condition = dict[LabelName, Keys]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class States(_Model):
    """Which raw value means which state, with the device's own word for it."""

    ok: dict[Key, Word] = {}
    warning: dict[Key, Word] = {}
    critical: dict[Key, Word] = {}
    unknown: dict[Key, Word] = {}
    otherwise: State = State.UNKNOWN
    """For values that are not listed."""

    @model_validator(mode="after")
    def _each_value_once(self) -> Self:
        seen: set[Key] = set()
        for words in (self.ok, self.warning, self.critical, self.unknown):
            if twice := seen & words.keys():
                raise ValueError(f"{sorted(map(str, twice))} stand in two states")
            seen |= words.keys()
        return self


class ColumnLimit(_Model):
    """A limit that the device states itself, in the unit of the value."""

    column: str | int | None = None
    oid: Oid | None = None
    skip: Keys = []
    """Raw values that mean `no limit`."""


Limit = float | ColumnLimit


class Limits(_Model):
    """When a number is no longer ok. Fixed numbers are in the base unit."""

    critical_below: Limit | None = None
    warning_below: Limit | None = None
    warning_above: Limit | None = None
    critical_above: Limit | None = None


class Status(_Model):
    """The state of a number, taken from another object of the device."""

    column: str | int | None = None
    oid: Oid | None = None
    states: str


class Meaning(_Model):
    """What one kind of a sensor table's rows measures."""

    sensor_class: SensorClass = Field(alias="class")
    unit: str | None = None
    multiply: float = 1
    divide: float = 1
    states: str | None = None

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str | None) -> str | None:
        if unit is not None and unit not in RAW_UNITS:
            raise ValueError(f"{unit!r} is no unit; known: {', '.join(RAW_UNITS)}")
        return unit


class Classify(_Model):
    """A row's class by one of its labels; rows of other kinds are left out."""

    label: LabelName
    kinds: dict[Key, Meaning]


class Exponent(_Model):
    """ENTITY-SENSOR-MIB's scale and precision (RFC 3433) as labels of the row."""

    scale: LabelName | None = None
    """None where the table has decimal places alone."""
    precision: LabelName
    otherwise: int | None = Field(default=None, ge=0, le=9)
    """Decimal places where the row does not state them; such rows are left out without it."""


class Case(_Model):
    """Other states for the rows on which the condition holds; the first case wins."""

    when: Condition
    states: str


class Sensor(_Model):
    """One reading, or one for each row of a table."""

    oid: Annotated[list[Oid], BeforeValidator(_as_list)] = []
    """Scalars only: the instance. Of several, the first that the device has is read."""
    column: str | int | None = None
    """Tables only: the column below the entry, or a whole OID."""
    sensor_class: SensorClass | None = Field(default=None, alias="class")
    classify: Classify | None = None
    name: TemplateText
    component: TemplateText = ""
    unit: str | None = None
    multiply: float = 1
    divide: float = 1
    exponent: Exponent | None = None
    states: str | None = None
    cases: list[Case] = []
    status: Status | None = None
    limits: Limits = Limits()
    skip: Keys = []
    """Raw values that mean `not there` or `not measured`."""
    minimum: float | None = None
    maximum: float | None = None
    """Raw numbers beyond these are not measurements."""
    when: Condition = {}
    unless: Condition = {}
    superseded_by: str | int | None = None
    """Left out where this object (column, or instance) was read: a finer one of the same thing."""
    superseded_below: Annotated[list[Oid], BeforeValidator(_as_list)] = []
    """Tables only: left out where the device has one of these columns: finer, of other rows."""
    pattern: Annotated[str, AfterValidator(_check_pattern)] | None = None
    """Takes the value out of a text: the regular expression's one group."""
    char: int | None = Field(default=None, ge=1)
    """Takes one character of a text, counted from 1: the flags of PowerNet-MIB."""
    bit: int | None = Field(default=None, ge=0, le=63)
    """Takes one bit: of an INTEGER from the lowest, of BITS as RFC 2578 counts them."""
    agree: tuple[Word, Word] | None = None
    """Tables only: one reading for all rows, by whether they say the same; a word for either."""
    formula: Annotated[str, AfterValidator(_check_formula)] | None = None
    """Computes the value; `value` is the object's own, other names are labels."""

    _known_unit = field_validator("unit")(Meaning._known_unit.__func__)  # type: ignore[attr-defined]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.sensor_class is None) == (self.classify is None):
            raise ValueError("give either class or classify")
        if bool(self.oid) == (self.column is not None):
            raise ValueError("give either oid (for a scalar) or column (in a table)")
        if self.superseded_below and self.oid:
            raise ValueError("superseded_below is for the columns of tables")
        if self.agree and (self.sensor_class is not SensorClass.STATE or self.states or self.oid):
            raise ValueError("agree needs class state, a column and no states")
        if self.sensor_class is SensorClass.STATE and not (self.states or self.cases or self.agree):
            raise ValueError("class state needs states")
        return self


class Label(_Model):
    """A column, or a part of the index, that names or describes a row."""

    column: str | int | None = None
    part: int | None = Field(default=None, ge=1)
    """Which part of the index, counted from 1, where no column says it."""
    text: bool = False
    """Whether a text begins at that part, or is a column's index: length, octets (RFC 2578)."""
    pattern: Annotated[str, AfterValidator(_check_pattern)] | None = None
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
    model: list[Oid] = []
    serial: list[Oid] = []
    firmware: list[Oid] = []

    _lists = field_validator("model", "serial", "firmware", mode="before")(_as_list)


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
            for name in _named_states(sensor):
                if name not in self.states:
                    raise ValueError(f"{where}: no states are called {name!r}")
        for at, table in enumerate(self.tables):
            known = {*table.labels, *(("expected",) if table.expected_by else ())}
            for number, sensor in enumerate(table.sensors):
                if sensor.column is None:
                    raise ValueError(f"tables.{at}.sensors.{number}: give column, not oid")
                if unknown := _named_labels(sensor) - known:
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


def _named_states(sensor: Sensor) -> list[str]:
    names = [sensor.states, sensor.status and sensor.status.states]
    names += [case.states for case in sensor.cases]
    if sensor.classify:
        names += [meaning.states for meaning in sensor.classify.kinds.values()]
    return [name for name in names if name]


def shaping_labels(sensor: Sensor) -> set[str]:
    """The labels on which a reading's name, class and states depend."""
    names = set(Template(sensor.name).labels | Template(sensor.component).labels)
    names |= {*sensor.when, *sensor.unless, *(name for case in sensor.cases for name in case.when)}
    if sensor.classify:
        names.add(sensor.classify.label)
    if sensor.exponent:
        names |= {name for name in (sensor.exponent.scale, sensor.exponent.precision) if name}
    return names


def _named_labels(sensor: Sensor) -> set[str]:
    operands = Formula(sensor.formula).names if sensor.formula else ()
    return shaping_labels(sensor) | {name for name in operands if name != "value"}
