"""Nodes turned into models, with pydantic's complaints said in our words at the node's place."""

import re
from collections.abc import Mapping as AnyMapping
from ipaddress import ip_network
from typing import Any, TypeVar, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inventory.document import Entry, Mapping, Node, Scalar, Sequence, plain
from inventory.nearest import hint
from inventory.problems import Mark, Problems
from inventory.reach import TAGS
from inventory.sections import walk

M = TypeVar("M", bound=BaseModel)

SECRET_FIELDS = frozenset({"secret", "privacy_secret", "keys"})
"""What somebody may have written where a reference belongs is never repeated in a message."""

_PATTERNS = {
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$": "lower case letters, digits and dashes (at most 63)",
    r"^[a-z_][a-z0-9_-]{0,31}$": "lower case letters, digits, - and _ only (at most 32)",
    r"^u\d{1,2}(-\d{1,2})?$": "write rack units as u12 or u12-13",
    r"^0[0-7]{3}$": "write an octal mask in quotes, such as '0027'",
    r"^[A-Za-z]{1,16}(-[A-Za-z0-9]{1,4}){1,3}$": "name an output as sway does, DP-1 or HDMI-A-1",
    r"^[1-6][1-9A-Z]$": "write an input as PJLink numbers it, '31' for the first digital one",
    r"^\d{3,5}x\d{3,5}$": "write width and height in pixels as 1920x1080",
    r"^\d{1,4}(\.\d{1,3})?(mm|px)$": "write a length with its unit as 3.5mm or 24px",
    r"^\d{2,4}(\.\d{1,3})?x\d{2,4}(\.\d{1,3})?mm$": "write a picture's size as 1209.6x680.4mm",
    r"^#[0-9a-fA-F]{6}$": "write a colour in quotes as '#203040'",
    r"^[a-z0-9]+(-[a-z0-9]+)+$": "write a control's id, such as ssh-root-login",
}


def build(
    model: type[M],
    entry: Entry,
    problems: Problems,
    *,
    name: str | None = None,
    extra: AnyMapping[str, Any] | None = None,
    context: AnyMapping[str, Any] | None = None,
) -> M | None:
    """The model that an entry describes, or None after reporting every mistake in it.

    `name` is the entry's key, for models that have one; `extra` fills fields that are not written.
    """
    node = entry.value
    if isinstance(node, Scalar) and node.value is None:
        node = Mapping(node.mark)
    if not isinstance(node, Mapping):
        problems.add(node.mark, f"should be a mapping with {_fields_in_words(model)}")
        return None
    data: dict[str, Any] = dict(extra or {}) | plain(node)
    if name is not None:
        _refuse_unwritten(node, problems)
        data["name"] = name
    try:
        return model.model_validate(data, context=dict(context or {}))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _report(model, Entry(entry.mark, node), detail, problems)
        return None


def _refuse_unwritten(node: Mapping, problems: Problems) -> None:
    for key in _UNWRITTEN.intersection(node.entries):
        problems.add(node.entries[key].mark, f"remove `{key}`: {_UNWRITTEN_WHY[key]}")


def _report(model: type[BaseModel], entry: Entry, detail: ErrorDetails, problems: Problems) -> None:
    loc = tuple(step for step in detail["loc"] if step not in TAGS)
    if loc == ("name",):
        problems.add(entry.mark, f"{_shown_text(detail['input'])}: {_explain(model, detail, None)}")
        return
    node = walk(entry.value, loc)
    if loc == ("id",) and node.mark == entry.mark:
        return  # the id was taken from the name, which is reported itself
    message = _explain(model, detail, node)
    if detail["type"] == "extra_forbidden":
        problems.add(_key_mark(entry, loc), message)
        return
    mark = entry.mark if node is entry.value else node.mark
    field = ".".join(str(step) for step in loc if isinstance(step, str))
    problems.add(mark, f"{field}: {message}" if field and detail["type"] != "missing" else message)


def _key_mark(entry: Entry, loc: tuple[int | str, ...]) -> Mark:
    parent = walk(entry.value, loc[:-1])
    key = parent.entries.get(str(loc[-1])) if isinstance(parent, Mapping) else None
    return key.mark if key else parent.mark


def _explain(model: type[BaseModel], detail: ErrorDetails, node: Node | None) -> str:
    kind, secret = detail["type"], bool(SECRET_FIELDS.intersection(detail["loc"]))
    context = detail.get("ctx", {})
    if kind == "missing":
        return _missing(str(detail["loc"][-1]))
    if kind == "extra_forbidden":
        return _unknown_key(model, detail["loc"])
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], f"must match {context['pattern']}")
    if kind in {"enum", "literal_error"}:
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        return f"{_shown(node, detail, secret)} is unknown: {hint(str(detail['input']), choices)}"
    if kind == "string_type" and isinstance(node, Scalar) and node.value is not None and not secret:
        return f'should be text: write it in quotes, "{_shown_text(node.text)}"'
    if detail["loc"] == ("timezone",):
        return f"{_shown(node, detail, secret)} is no time zone: {_zone_hint(str(detail['input']))}"
    if secret:
        return "should be a reference such as env:NAME (not shown: it may be a secret)"
    if kind == "ip_any_network":
        return _network_words(detail["input"])
    if kind == "no_check":
        return str(detail["msg"])
    if kind == "value_error":
        return str(context.get("error", detail["msg"])).removeprefix("Value error, ")
    if kind == "too_short":
        return "needs at least one entry"
    return f"{_own_words(detail['msg'])}, not {_shown(node, detail, secret)}"


def _missing(field: str) -> str:
    remedy = ": write it, or a `model` whose defaults have one" if field == "kind" else ""
    return f"`{field}` is missing{remedy}"


def _zone_hint(zone: str) -> str:
    known = available_timezones()
    if not known:
        return "this machine has no time zone database; install tzdata"
    return hint(zone, known, "write an IANA name such as America/Chicago")


_WORDS = (
    ("Input should be", "should be"),
    ("value is not", "should be"),
    ("a valid tuple", "a list"),
    ("a valid dictionary", "a mapping"),
    ("a valid integer, unable to parse string as an integer", "a whole number"),
    ("a valid integer", "a whole number"),
    ("a valid number, unable to parse string as a number", "a number"),
    ("greater than or equal to", "at least"),
    ("less than or equal to", "at most"),
)
"""pydantic's words, and ours."""


def _own_words(message: str) -> str:
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    return message


def _shown(node: Node | None, detail: ErrorDetails, secret: bool) -> str:
    """What was written, short; never what may be a secret."""
    if secret:
        return "what is there (not shown: it may be a secret)"
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Scalar):
        return f'"{_shown_text(node.text)}"' if node.text else "nothing"
    return f'"{_shown_text(detail["input"])}"'


def _shown_text(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _network_words(value: object) -> str:
    try:
        return f"has host bits set: write {ip_network(str(value), strict=False)}"
    except ValueError:
        return f'"{_shown_text(value)}" is not a network: write it as 10.20.9.0/24'


def _unknown_key(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    key = str(loc[-1])
    owner = _model_at(model, loc[:-1])
    known = [name for name in owner.model_fields if name not in _UNWRITTEN] if owner else []
    return f"`{_shown_text(key)}` is not a key here: {hint(key, known)}"


_UNWRITTEN_WHY = {"name": "the name is the key above", "derived": "the loader sets it"}
_UNWRITTEN = frozenset(_UNWRITTEN_WHY)
"""Fields that are not written as keys."""


def _fields_in_words(model: type[BaseModel]) -> str:
    fields = [name for name in model.model_fields if name not in _UNWRITTEN]
    return ", ".join(f"`{name}`" for name in fields[:4]) + (" …" if len(fields) > 4 else "")


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that stands at a path inside another one."""
    current: type[BaseModel] | None = model
    for step in loc:
        if step in TAGS:
            current = TAGS[str(step)]
        if current is None or step not in current.model_fields:
            continue  # an index, or a key of a mapping of models
        current = _model_in(current.model_fields[str(step)].annotation)
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)


def build_all(
    models: AnyMapping[str, type[BaseModel]],
    entries: AnyMapping[str, AnyMapping[str, Entry]],
    problems: Problems,
    context: AnyMapping[str, Any],
) -> dict[str, dict[str, Any]]:
    """Section -> name -> model, for everything that is valid."""
    built: dict[str, dict[str, Any]] = {}
    for section, model in models.items():
        built[section] = {}
        for name, entry in entries[section].items():
            thing = build(model, entry, problems, name=name, context=context)
            if thing is not None:
                built[section][name] = thing
    return built
