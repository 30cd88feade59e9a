"""YAML as a tree that remembers where every value stands: bounded, YAML 1.2 core scalars only.

PyYAML scans and parses; the tree is built here, because its own constructors follow YAML 1.1
(`on` and `no` are booleans there), drop duplicate keys silently and expand aliases without limit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from inventory.problems import Mark, Problems

MOST_CHARACTERS = 2_000_000
MOST_NODES = 200_000
"""Counted with aliases expanded, which stops a billion laughs."""
MOST_DEPTH = 24

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# YAML 1.2.2, section 10.3.2 (core schema: tag resolution).
_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")
_BASED = re.compile(r"0o[0-7]{1,18}\Z|0x[0-9a-fA-F]{1,15}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, and its text as it was written."""

    mark: Mark
    value: str | int | float | bool | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    mark: Mark
    items: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping, where it stands, and its value."""

    mark: Mark
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; its keys are the text that was written, in the order of the file."""

    mark: Mark
    entries: dict[str, Entry] = field(default_factory=dict)

    def get(self, key: str) -> "Node | None":
        """The value under a key, or None."""
        entry = self.entries.get(key)
        return entry.value if entry else None


Node = Scalar | Sequence | Mapping


def parse(text: str, file: str, problems: Problems) -> Node | None:
    """The tree of one YAML document; None when it is empty or cannot be read.

    Mistakes go to `problems`; nothing is raised.
    """
    if len(text) > MOST_CHARACTERS:
        problems.add(Mark(file), f"larger than {MOST_CHARACTERS} characters: split it")
        return None
    try:
        return _Composer(text, file, problems).document()
    except _RefusedError as error:
        problems.add(error.mark, str(error))
    except yaml.YAMLError as error:
        mark = _mark_of(error, text, file)
        problems.add(mark, f"not valid YAML: {_words_of(error, text, mark)}")
    return None


def plain(node: Node) -> Any:
    """The values alone, as pydantic wants them."""
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def merge(base: Mapping, over: Mapping) -> Mapping:
    """`over` on top of `base`: mappings join, everything else is replaced. Marks are kept."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        if below and isinstance(below.value, Mapping) and isinstance(entry.value, Mapping):
            entry = Entry(entry.mark, merge(below.value, entry.value))  # noqa: PLW2901 - joined
        entries[key] = entry
    return Mapping(over.mark, entries)


class _RefusedError(Exception):
    def __init__(self, mark: Mark, message: str) -> None:
        self.mark = mark
        super().__init__(message)


class _Composer:
    """Builds the tree from PyYAML's events, which are made lazily: a limit stops the parser."""

    def __init__(self, text: str, file: str, problems: Problems) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self._file = file
        self._problems = problems
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _RefusedError(self._mark(event), "a second document: use another file")
                root = self._node(next(self._events), 1)
        return None if isinstance(root, Scalar) and root.value is None else root

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, depth: int) -> Node:
        mark = self._mark(event)
        if depth > MOST_DEPTH:
            raise _RefusedError(mark, f"nested deeper than {MOST_DEPTH} levels: flatten it")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, mark)
        if event.tag not in {None, "!"}:
            raise _RefusedError(mark, f"the tag {event.tag[:40]} is not used here: remove it")
        before = self._count
        self._grow(1, mark)
        node = self._collection(event, mark, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._count - before)
        return node

    def _grow(self, nodes: int, mark: Mark) -> None:
        self._count += nodes
        if self._count > MOST_NODES:
            raise _RefusedError(mark, f"more than {MOST_NODES} values: write fewer aliases")

    def _alias(self, event: Any, mark: Mark) -> Node:
        if event.anchor not in self._anchors:
            raise _RefusedError(mark, f"*{event.anchor[:40]} has no anchor before it")
        node, size = self._anchors[event.anchor]
        self._grow(size, mark)
        return node

    def _collection(self, event: Any, mark: Mark, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(mark, _resolve(event), event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(mark, tuple(self._items(depth)))
        return Mapping(mark, self._entries(depth))

    def _items(self, depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            mark = self._mark(event)
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar) or not key.text:
                self._problems.add(mark, "a key must be a word, not a list, a mapping or nothing")
            elif key.text in entries:
                first = entries[key.text].mark.line
                self._problems.add(mark, f'"{key.text[:60]}" is already on line {first}: keep one')
            else:
                entries[key.text] = Entry(mark, value)
        return entries


def _resolve(event: Any) -> str | int | float | bool | None:
    """The value of a scalar by the core schema; what is quoted stays text."""
    text: str = event.value
    if not event.implicit[0]:
        return text
    if _NULL.match(text):
        return None
    if _BOOLEAN.match(text):
        return text.lower() == "true"
    if _INTEGER.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _SPECIAL.match(text) else text


def _mark_of(error: yaml.YAMLError, text: str, file: str) -> Mark:
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if place is not None:
        return Mark(file, place.line + 1, place.column + 1)
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return Mark(file)
    before = text[:position]
    return Mark(file, before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def _words_of(error: yaml.YAMLError, text: str, mark: Mark) -> str:
    lines = text.splitlines()  # the parser's idea of a line, at the end of the text one less
    line = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
    if line[mark.column - 1 : mark.column] == "\t":
        return "a tab: indent with spaces"
    words = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    return f"{words} ({context})" if context else str(words)
