"""A small JSON Schema validator: the keywords that the exported schema uses, and no other."""

import re
from typing import Any

ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "default", "format"}


def errors(schema: dict[str, Any], value: Any, root: dict[str, Any], at: str = "") -> list[str]:
    """What is wrong with a value, one line each. An unknown keyword is a KeyError, not silence."""
    found: list[str] = []
    for keyword, wanted in schema.items():
        if keyword not in ANNOTATIONS:
            found += KEYWORDS[keyword](wanted, value, root, at, schema)
    return found


def _ref(wanted: str, value: Any, root: dict[str, Any], at: str, _: Any) -> list[str]:
    node: Any = root
    for step in wanted.removeprefix("#/").split("/"):
        node = node[step]
    return errors(node, value, root, at)


def _type(wanted: str, value: Any, root: Any, at: str, _: Any) -> list[str]:
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    fits = isinstance(value, kinds[wanted]) and (wanted == "boolean" or not isinstance(value, bool))
    return [] if fits else [f"{at}: not a {wanted}"]


def _any_of(wanted: list[Any], value: Any, root: Any, at: str, _: Any) -> list[str]:
    tries = [errors(each, value, root, at) for each in wanted]
    return [] if any(not each for each in tries) else min(tries, key=len)


def _one_of(wanted: list[Any], value: Any, root: Any, at: str, _: Any) -> list[str]:
    tries = [errors(each, value, root, at) for each in wanted]
    fitting = sum(not each for each in tries)
    if fitting > 1:
        return [f"{at}: fits {fitting} of {len(wanted)}"]
    return [] if fitting else min(tries, key=len)


def _properties(wanted: Any, value: Any, root: Any, at: str, _: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [
        e for k, v in value.items() if k in wanted for e in errors(wanted[k], v, root, f"{at}/{k}")
    ]


def _patterns(wanted: Any, value: Any, root: Any, at: str, _: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [
        e
        for p, each in wanted.items()
        for k, v in value.items()
        if re.search(p, k)
        for e in errors(each, v, root, f"{at}/{k}")
    ]


def _additional(wanted: Any, value: Any, root: Any, at: str, schema: Any) -> list[str]:
    if not isinstance(value, dict):
        return []
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    more = {
        k: v
        for k, v in value.items()
        if k not in known and not any(re.search(p, k) for p in patterns)
    }
    if wanted is False:
        return [f"{at}/{k}: not allowed" for k in more]
    if wanted is True:
        return []
    return [e for k, v in more.items() for e in errors(wanted, v, root, f"{at}/{k}")]


def _names(wanted: Any, value: Any, root: Any, at: str, _: Any) -> list[str]:
    return (
        [e for k in value for e in errors(wanted, k, root, at)] if isinstance(value, dict) else []
    )


def _required(wanted: list[str], value: Any, root: Any, at: str, _: Any) -> list[str]:
    return [f"{at}: no {k}" for k in wanted if isinstance(value, dict) and k not in value]


def _items(wanted: Any, value: Any, root: Any, at: str, _: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    return [e for n, v in enumerate(value) for e in errors(wanted, v, root, f"{at}/{n}")]


def _pattern(wanted: str, value: Any, root: Any, at: str, _: Any) -> list[str]:
    fits = not isinstance(value, str) or re.search(wanted, value)
    return [] if fits else [f"{at}: {value!r} does not match {wanted}"]


def _compare(test: Any) -> Any:
    def keyword(wanted: Any, value: Any, root: Any, at: str, _: Any) -> list[str]:
        return [] if test(wanted, value) else [f"{at}: {value!r} against {wanted!r}"]

    return keyword


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


KEYWORDS: dict[str, Any] = {
    "$ref": _ref,
    "type": _type,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "properties": _properties,
    "patternProperties": _patterns,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "required": _required,
    "items": _items,
    "pattern": _pattern,
    "enum": _compare(lambda wanted, value: value in wanted),
    "const": _compare(lambda wanted, value: value == wanted),
    "minimum": _compare(lambda wanted, value: not _is_number(value) or value >= wanted),
    "maximum": _compare(lambda wanted, value: not _is_number(value) or value <= wanted),
    "exclusiveMinimum": _compare(lambda wanted, value: not _is_number(value) or value > wanted),
    "minItems": _compare(lambda wanted, value: not isinstance(value, list) or len(value) >= wanted),
    "maxItems": _compare(lambda wanted, value: not isinstance(value, list) or len(value) <= wanted),
    "minProperties": _compare(
        lambda wanted, value: not isinstance(value, dict) or len(value) >= wanted
    ),
    "maxProperties": _compare(
        lambda wanted, value: not isinstance(value, dict) or len(value) <= wanted
    ),
    "minLength": _compare(lambda wanted, value: not isinstance(value, str) or len(value) >= wanted),
    "maxLength": _compare(lambda wanted, value: not isinstance(value, str) or len(value) <= wanted),
}
