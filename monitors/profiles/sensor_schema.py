"""What a profile may say of one sensor: its value, unit, states and limits, and when it is read."""

from typing import Self

from pydantic import BaseModel, Field, field_validator, model_validator

from monitors.profiles.formula import Formula
from monitors.profiles.notation import (
    STRICT,
    Condition,
    FormulaText,
    Key,
    Keys,
    LabelName,
    Oid,
    Oids,
    PatternText,
    TemplateText,
    Word,
    Words,
)
from monitors.profiles.template import Template
from monitors.profiles.units import RAW_UNITS
from monitors.reading import SensorClass, State


class _Model(BaseModel):
    model_config = STRICT


class States(_Model):
    """Which raw value means which state, with the device's own word for it."""

    ok: dict[Key, Word] = {}
    warning: dict[Key, Word] = {}
    critical: dict[Key, Word] = {}
    unknown: dict[Key, Word] = {}
    absent: dict[Key, Word] = {}
    """The part is not there: a failure only of one that was seen, or that the inventory expects."""
    otherwise: State = State.UNKNOWN
    """For values that are not listed."""

    @model_validator(mode="after")
    def _each_value_once(self) -> Self:
        seen: set[Key] = set()
        for words in (self.ok, self.warning, self.critical, self.unknown, self.absent):
            if twice := seen & words.keys():
                raise ValueError(f"{sorted(map(str, twice))} stand in two states")
            seen |= words.keys()
        if self.otherwise is State.ABSENT:
            raise ValueError("otherwise: absent would hide faults; list the values")
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

    oid: Oids = []
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
    absent_when: dict[LabelName, Words] = {}
    """Labels and the values, with a word for each, with which the row's part is not there."""
    superseded_by: str | int | None = None
    """Left out where this object (column, or instance) was read: a finer one of the same thing."""
    superseded_below: Oids = []
    """Tables only: left out where the device has one of these columns: finer, of other rows."""
    pattern: PatternText | None = None
    """Takes the value out of a text: the regular expression's one group."""
    char: int | None = Field(default=None, ge=1)
    """Takes one character of a text, counted from 1: the flags of PowerNet-MIB."""
    bit: int | None = Field(default=None, ge=0, le=63)
    """Takes one bit: of an INTEGER from the lowest, of BITS as RFC 2578 counts them."""
    agree: tuple[Word, Word] | None = None
    """Tables only: one reading for all rows, by whether they say the same; a word for either."""
    formula: FormulaText | None = None
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
        if self.absent_when and self.sensor_class is not SensorClass.STATE:
            raise ValueError("absent_when needs class state; leave out a number with unless")
        return self


def named_states(sensor: Sensor) -> list[str]:
    """The names of all states that the sensor speaks of."""
    names = [sensor.states, sensor.status and sensor.status.states]
    names += [case.states for case in sensor.cases]
    if sensor.classify:
        names += [meaning.states for meaning in sensor.classify.kinds.values()]
    return [name for name in names if name]


def shaping_labels(sensor: Sensor) -> set[str]:
    """The labels on which a reading's name, class and states depend."""
    names = set(Template(sensor.name).labels | Template(sensor.component).labels)
    names |= {*sensor.when, *sensor.unless, *sensor.absent_when}
    names |= {name for case in sensor.cases for name in case.when}
    if sensor.classify:
        names.add(sensor.classify.label)
    if sensor.exponent:
        names |= {name for name in (sensor.exponent.scale, sensor.exponent.precision) if name}
    return names


def named_labels(sensor: Sensor) -> set[str]:
    """The labels of its row that the sensor speaks of."""
    operands = Formula(sensor.formula).names if sensor.formula else ()
    return shaping_labels(sensor) | {name for name in operands if name != "value"}
