"""What one poll asks for: single instances to GET and columns to walk, encoded once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitors.snmp.oid import encode_oid

GET_CHUNK = 24
"""OIDs in one GET; more would not fit the smallest answers that agents must support."""
WALK_WIDTH = 12
"""Columns that are walked side by side in one GETBULK."""


@dataclass(frozen=True, slots=True)
class PollPlan:
    """OIDs as BER content bytes. Columns of one table stand in one group: they are as long."""

    gets: tuple[bytes, ...] = ()
    walks: tuple[tuple[bytes, ...], ...] = ()
    probes: tuple[bytes, ...] = ()
    """Subtrees of which only the first instance is read: is there anything at all?"""
    get_chunks: tuple[tuple[bytes, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "get_chunks", tuple(chunks(self.gets, GET_CHUNK)))

    @classmethod
    def of(cls, gets: Iterable[str] = (), walks: Iterable[Sequence[str]] = ()) -> "PollPlan":
        """A plan from OIDs as text; groups wider than one request are divided."""
        groups = [tuple(map(encode_oid, group)) for group in walks]
        return cls(
            tuple(dict.fromkeys(map(encode_oid, gets))),
            tuple(chunk for group in groups for chunk in chunks(group, WALK_WIDTH)),
        )


def chunks(items: tuple[bytes, ...], size: int) -> Iterable[tuple[bytes, ...]]:
    """The items in order, at most `size` at a time."""
    return (items[at : at + size] for at in range(0, len(items), size))
