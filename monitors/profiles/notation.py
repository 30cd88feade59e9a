"""How a profile writes OIDs, names, labels and raw values: the fields' types, each checked."""

import re
from typing import Annotated, TypeGuard

from pydantic import AfterValidator, BeforeValidator, ConfigDict, StringConstraints

from monitors.profiles.formula import Formula
from monitors.profiles.template import Template
from monitors.snmp.errors import OidError
from monitors.snmp.oid import encode_oid

STRICT = ConfigDict(extra="forbid", frozen=True)
"""A part of a profile says nothing but what the language knows, and never changes."""
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
PatternText = Annotated[str, AfterValidator(_check_pattern)]
"""A regular expression whose one group is the value."""
FormulaText = Annotated[str, AfterValidator(_check_formula)]
Oids = Annotated[list[Oid], BeforeValidator(_as_list)]
"""One OID, or a list of them."""
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


CheckedKey = Annotated[Key, AfterValidator(_check_key)]
Keys = Annotated[list[CheckedKey], BeforeValidator(_as_list)]
Words = dict[CheckedKey, Word]
"""Raw values, each with what to say for it."""
Condition = dict[LabelName, Keys]
