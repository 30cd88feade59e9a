"""The JSON Schema of an inventory file, so that editors complete keys and check as people type."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from inventory.baseline import Baseline
from inventory.model import FORMAT, Center, Kind
from inventory.sections import NAMED

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = {"pattern": r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}
ACCOUNT_NAME = {"pattern": r"^[a-z_][a-z0-9_-]{0,31}$"}
_UNWRITTEN = ("name", "derived")
_BY_DEFAULT = ("id", "kind")
"""Required in a device that is complete, but not in the text: ids and defaults fill them in."""


def document_schema() -> Schema:
    """The JSON Schema (2020-12) of one file of a center's folder, short forms included."""
    models: list[type[BaseModel]] = [*NAMED.values(), Center, Baseline]
    _, generated = models_json_schema(
        [(each, "validation") for each in models], ref_template="#/$defs/{model}"
    )
    definitions: Schema = generated["$defs"]
    written: list[type[BaseModel]] = [*NAMED.values(), Center]
    for model in written:
        _as_written(definitions[model.__name__])
    definitions["CenterHead"] = _head(definitions.pop("Center"))
    definitions.update(_short_forms())
    return {
        "$schema": DIALECT,
        "$id": f"urn:watchfloor:inventory:{FORMAT}",
        "title": "Watchfloor inventory file",
        "type": "object",
        "additionalProperties": False,
        "properties": _sections(),
        "$defs": definitions,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _or_nothing(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _as_written(definition: Schema) -> None:
    """Takes out what is not written as a key, and what defaults may fill in."""
    for value in definition["properties"].values():
        if "patternProperties" in value:  # pydantic leaves other keys open
            value["additionalProperties"] = False
    for key in _UNWRITTEN:
        definition["properties"].pop(key, None)
    required = set(definition.get("required", ())) - {*_UNWRITTEN, *_BY_DEFAULT}
    definition.pop("required", None)
    if required:
        definition["required"] = sorted(required)


def _head(center: Schema) -> Schema:
    """The `center:` section: the center's own values, without what has a section of its own."""
    properties = {k: v for k, v in center["properties"].items() if k not in {*NAMED, "baseline"}}
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "What the center is called and how it is watched.",
        "properties": {"name": {"type": "string", **NAME}, **properties},
        # Not required: the section may be spread over files.
    }


def _short_forms() -> Schema:
    """What is written as one word or one small mapping, where the models have objects."""
    members = {"type": "array", "items": _ref("Need"), "minItems": 1}

    def only(**properties: Schema) -> Schema:
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    return {
        "FeedRef": {
            "type": "string",
            "pattern": "^[^/]+(/[0-9]+)?$",
            "description": "A power path: the source, and its outlet, `pdu-r3-a/5`.",
        },
        "UplinkRef": {
            "type": "string",
            "pattern": "^[^/]+(/.+)?$",
            "description": "A network path: the device above, and its port, `sw-core-a/Gi1/0/12`.",
        },
        "Need": {
            "description": "A group or device, or several of which all, any or some are needed.",
            "anyOf": [
                {"type": "string"},
                only(all=members),
                only(any=members),
                only(needs={"type": "integer", "minimum": 1}, of=members),
            ],
        },
    }


def _sections() -> Schema:
    rack = {"type": "object", "required": ["name"], "additionalProperties": False}
    rack["properties"] = {
        "name": {"type": "string", **NAME},
        "title": {"type": "string"},
        "units": {"type": "integer", "minimum": 1, "maximum": 60},
        "room": {"type": "string"},
    }
    return {
        "format": {"const": FORMAT, "description": "The version of this format."},
        "center": _or_nothing(_ref("CenterHead")),
        "baseline": _or_nothing(_ref("Baseline")),
        "defaults": _or_nothing(_defaults()),
        "rack": {
            "description": "The rack that this file's devices stand in.",
            "anyOf": [{"type": "string", **NAME}, rack],
        },
        **{section: _or_nothing(_named(section, model)) for section, model in NAMED.items()},
    }


def _defaults() -> Schema:
    return {
        "type": "object",
        "description": "What devices inherit: their kind's values, and over them their model's.",
        "additionalProperties": False,
        "properties": {
            "kinds": {
                "type": "object",
                "additionalProperties": False,
                "properties": {str(kind): _ref("Device") for kind in Kind},
            },
            "models": {"type": "object", "additionalProperties": _ref("Device")},
        },
    }


def _named(section: str, model: type[BaseModel]) -> Schema:
    thing = _ref(model.__name__)
    return {
        "type": "object",
        "propertyNames": ACCOUNT_NAME if section == "accounts" else NAME,
        "additionalProperties": _or_nothing(thing) if section in {"devices", "racks"} else thing,
    }
