"""Digests of facts and of plans: equal content, equal digest, whatever the order of its keys."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel


def digest(value: object) -> str:
    """SHA-256 of the value's canonical JSON, as 64 hex digits.

    Fields of dataclasses that are marked `metadata={"volatile": True}` are left out: a clock's
    offset differs at each reading and says nothing about whether somebody changed the host.
    """
    found = hashlib.sha256()
    for part in _parts(value, depth=2):
        found.update(part.encode(errors="backslashreplace"))
    return found.hexdigest()


def _parts(value: object, depth: int) -> Iterator[str]:
    """The canonical JSON, piece by piece: that of a plan for a thousand hosts is large."""
    if depth == 0 or not isinstance(value, tuple | list):
        yield json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return
    yield "["
    for number, item in enumerate(value):
        if number:
            yield ","
        yield from _parts(item, depth - 1)
    yield "]"


_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


@cache
def _steady_fields(kind: type) -> tuple[str, ...]:
    return tuple(
        field.name for field in dataclasses.fields(kind) if not field.metadata.get("volatile")
    )


def _plain(value: object) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(kind):
        return {name: _plain(getattr(value, name)) for name in _steady_fields(kind)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted((_plain(item) for item in value), key=repr)
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form")
