"""A Redfish resource as typed questions to hostile JSON: nothing that it holds raises. Pure."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitors.printable import printable

LONGEST_DOCUMENT = 1024 * 1024
"""Octets of one answer."""
MOST_MEMBERS = 512
"""Members of one collection or array that are looked at."""
LONGEST_TEXT = 128
_PATH = re.compile(r"/redfish/[!-~]{0,500}")


class MalformedDocumentError(ValueError):
    """Octets that are no JSON object, or one that is past all bounds."""


def _no_constant(_: str) -> float:
    return math.nan


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON object of Redfish, or a part of one."""

    values: Mapping[str, Any]

    @classmethod
    def parse(cls, octets: bytes) -> "Document":
        """Reads an answer. Raises MalformedDocumentError, and nothing else."""
        if len(octets) > LONGEST_DOCUMENT:
            raise MalformedDocumentError(f"more than {LONGEST_DOCUMENT} bytes")
        try:
            # Nesting past the interpreter's own limit is a RecursionError, numbers without end a
            # ValueError; all readers below go a fixed number of levels down.
            values = json.loads(octets, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise MalformedDocumentError("no JSON") from error
        if not isinstance(values, dict):
            raise MalformedDocumentError("no JSON object")
        return cls(values)

    def text(self, key: str) -> str:
        """A text without what could disturb a page; empty when there is none."""
        value = self.values.get(key)
        return shortened(value) if isinstance(value, str) else ""

    def number(self, key: str) -> float | None:
        """A finite number; None when there is none."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None

    def flag(self, key: str) -> bool | None:
        """A truth value; None when there is none."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else None

    def part(self, key: str) -> "Document":
        """An object inside; an empty one when there is none."""
        value = self.values.get(key)
        return Document(value) if isinstance(value, dict) else EMPTY

    def parts(self, key: str) -> Iterator["Document"]:
        """The objects of an array inside, at most MOST_MEMBERS; null ones are left out."""
        value = self.values.get(key)
        for item in value[:MOST_MEMBERS] if isinstance(value, list) else ():
            if isinstance(item, dict):
                yield Document(item)

    @property
    def path(self) -> str:
        """Its own `@odata.id`; empty when that leads anywhere but below /redfish/."""
        value = self.values.get("@odata.id")
        return value if isinstance(value, str) and _PATH.fullmatch(value) else ""

    def link(self, *keys: str) -> str:
        """The path that an object inside refers to; empty when there is none."""
        found = self
        for key in keys:
            found = found.part(key)
        return found.path

    @property
    def next_page(self) -> str:
        """The path of a collection's next page; empty on the last."""
        value = self.values.get("Members@odata.nextLink")
        return value if isinstance(value, str) and _PATH.fullmatch(value) else ""

    @property
    def complete(self) -> bool:
        """Whether it is a resource of its own, not only a reference to one."""
        return any(not key.startswith("@") for key in self.values)


EMPTY = Document({})


def shortened(text: str) -> str:
    """The beginning of a text, in one line."""
    return printable(text[: LONGEST_TEXT * 2])[:LONGEST_TEXT]
