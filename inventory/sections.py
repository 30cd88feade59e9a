"""The files of a center joined into sections: every named thing once, defaults inherited."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from inventory.document import Entry, Mapping, Node, Scalar, Sequence, merge
from inventory.model import (
    FORMAT,
    Account,
    Contact,
    Credential,
    Device,
    Function,
    Group,
    Network,
    Rack,
    Role,
    Rota,
    Waiver,
    Window,
)
from inventory.nearest import hint
from inventory.problems import Problems
from inventory.virtual import VirtualAddress
from inventory.walls import Wall

NAMED: dict[str, type[BaseModel]] = {
    "racks": Rack,
    "devices": Device,
    "groups": Group,
    "functions": Function,
    "networks": Network,
    "roles": Role,
    "accounts": Account,
    "credentials": Credential,
    "virtual_addresses": VirtualAddress,
    "walls": Wall,
    "contacts": Contact,
    "rotas": Rota,
    "windows": Window,
    "waivers": Waiver,
}
"""The sections that map names to things, and what each thing is."""

SINGULAR = {s: s.removesuffix("s") for s in NAMED} | {
    "rotas": "rota",
    "virtual_addresses": "virtual address",
}
TOP_LEVEL = ("format", "center", "baseline", "defaults", "rack", *NAMED)
DEFAULTS = ("kinds", "models")


@dataclass(slots=True)
class Sections:
    """Everything that the files say, joined; nothing of it is validated yet."""

    center: Mapping | None = None
    baseline: Mapping | None = None
    kinds: dict[str, Entry] = field(default_factory=dict)
    models: dict[str, Entry] = field(default_factory=dict)
    named: dict[str, dict[str, Entry]] = field(default_factory=lambda: {s: {} for s in NAMED})


def gather(documents: Iterable[Node], problems: Problems) -> Sections:
    """Joins the documents. Unknown sections and names that appear twice go to `problems`."""
    sections = Sections()
    scopes: dict[str, Entry] = {}
    for document in documents:
        if not isinstance(document, Mapping):
            problems.add(document.mark, "a document is a mapping of sections, such as `devices:`")
            continue
        _gather_document(document, sections, scopes, problems)
    for name, scope in scopes.items():
        sections.named["racks"].setdefault(name, scope)
    for name, entry in sections.named["devices"].items():
        sections.named["devices"][name] = _with_defaults(entry, sections)
    return sections


def _gather_document(
    document: Mapping, sections: Sections, scopes: dict[str, Entry], problems: Problems
) -> None:
    rack = _rack_scope(document, sections, scopes, problems)
    for key, entry in document.entries.items():
        if key not in TOP_LEVEL:
            problems.add(entry.mark, f'"{key}" is not a section: {hint(key, TOP_LEVEL)}')
        elif key in {"format", "rack"} or _is_empty(entry.value):
            continue
        elif not isinstance(entry.value, Mapping):
            problems.add(entry.value.mark, f"`{key}` is a mapping: write `name: value` lines")
        elif key == "center":
            sections.center = _joined(sections.center, entry.value, problems)
        elif key == "baseline":
            sections.baseline = _joined(sections.baseline, entry.value, problems)
        elif key == "defaults":
            _gather_defaults(entry.value, sections, problems)
        else:
            _add_named(
                sections.named[key], _in_rack(key, entry.value, rack), SINGULAR[key], problems
            )


def _rack_scope(
    document: Mapping, sections: Sections, scopes: dict[str, Entry], problems: Problems
) -> Scalar | None:
    """The rack that this file's devices stand in, declared by the way when nobody else does."""
    entry = document.entries.get("rack")
    if entry is None:
        return None
    if isinstance(entry.value, Scalar) and isinstance(entry.value.value, str):
        scopes.setdefault(entry.value.value, Entry(entry.value.mark, Mapping(entry.value.mark)))
        return entry.value
    name = entry.value.get("name") if isinstance(entry.value, Mapping) else None
    if not isinstance(entry.value, Mapping) or not isinstance(name, Scalar):
        problems.add(
            entry.mark, "`rack` is a name, or a mapping with a name: {name: r1, units: 42}"
        )
        return None
    rest = {k: e for k, e in entry.value.entries.items() if k != "name"}
    declared = Mapping(name.mark, {name.text: Entry(name.mark, Mapping(name.mark, rest))})
    _add_named(sections.named["racks"], declared, "rack", problems)
    return name


def _in_rack(section: str, things: Mapping, rack: Scalar | None) -> Mapping:
    if section != "devices" or rack is None:
        return things
    scope = Mapping(rack.mark, {"rack": Entry(rack.mark, rack)})
    return Mapping(
        things.mark,
        {
            name: Entry(entry.mark, merge(scope, entry.value))
            if isinstance(entry.value, Mapping) and "place" not in entry.value.entries
            else entry
            for name, entry in things.entries.items()
        },
    )


def _joined(known: Mapping | None, more: Mapping, problems: Problems) -> Mapping:
    if known is None:
        return more
    joined = dict(known.entries)
    _add_named(joined, more, "value", problems)
    return Mapping(known.mark, joined)


def _gather_defaults(defaults: Mapping, sections: Sections, problems: Problems) -> None:
    for key, entry in defaults.entries.items():
        if key not in DEFAULTS:
            problems.add(entry.mark, f'"{key}" cannot have defaults: {hint(key, DEFAULTS)}')
        elif isinstance(entry.value, Mapping):
            _add_named(
                sections.kinds if key == "kinds" else sections.models,
                entry.value,
                f"default of {key}",
                problems,
            )
        else:
            problems.add(entry.value.mark, f"`{key}` is a mapping of {key} to their defaults")


def _add_named(known: dict[str, Entry], things: Mapping, singular: str, problems: Problems) -> None:
    for name, entry in things.entries.items():
        if name in known:
            problems.add(
                entry.mark, f'the {singular} "{name}" is already at {known[name].mark}: keep one'
            )
        else:
            known[name] = entry


def _with_defaults(entry: Entry, sections: Sections) -> Entry:
    """The device on top of its model's defaults, on top of its kind's."""
    own = entry.value
    if isinstance(own, Scalar) and own.value is None:
        own = Mapping(own.mark)
    if not isinstance(own, Mapping):
        return entry
    merged = own
    for key, defaults in (("model", sections.models), ("kind", sections.kinds)):
        below = defaults.get(_text_of(merged.get(key)))
        if below is not None and isinstance(below.value, Mapping):
            merged = merge(below.value, merged)
    return Entry(entry.mark, Mapping(own.mark, merged.entries))


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _text_of(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def check_format(documents: Iterable[Node], problems: Problems, *, complete: bool) -> None:
    """Refuses an unknown format version, and (when all files could be read) a missing one."""
    seen = False
    marks = []
    for document in documents:
        marks.append(document.mark)
        node = document.get("format") if isinstance(document, Mapping) else None
        if node is None:
            continue
        seen = True
        if not isinstance(node, Scalar) or node.value is True or node.value != FORMAT:
            problems.add(
                node.mark,
                f"this Watchfloor reads inventory format {FORMAT}: write `format: {FORMAT}`, "
                "or use the version that wrote this file",
            )
    if complete and not seen and marks:
        problems.add(marks[0], f"no file says its format: write `format: {FORMAT}` at the top")


def walk(node: Node, path: Iterable[str | int]) -> Node:
    """The node at a path, or the deepest one on the way to it."""
    for step in path:
        below = _below(node, step)
        if below is None:
            break
        node = below
    return node


def _below(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Sequence):
        return node.items[step] if isinstance(step, int) and step < len(node.items) else None
    if not isinstance(node, Mapping):
        return None
    if step == "of" and "of" not in node.entries:  # the short forms {all: [...]} and {any: [...]}
        step = next((word for word in ("all", "any") if word in node.entries), "of")
    return node.get(str(step))
