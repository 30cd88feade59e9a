"""What one poll asks for: single instances to GET and columns to walk, encoded once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from monitors.snmp.oid import encode_oid

GET_CHUNK = 24
"""OIDs in one GET; more would not fit the smallest answers that agents must support."""
WALK_WIDTH = 12
"""Columns that are walked side by side in one GETBULK."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, weakref_slot=True)
class PollPlan:
    """OIDs as BER content bytes. Columns of one table stand in one group: they are as long."""

    gets: tuple[bytes, ...] = ()
    walks: tuple[tuple[bytes, ...], ...] = ()
    probes: tuple[bytes, ...] = ()
    """Subtrees of which only the first instance is read: is there anything at all?"""
    get_chunks: tuple[tuple[bytes, ...], ...] = field(init=False)

    def covers(self, oid: bytes) -> bool:
        """Whether a name lies in a column that is walked."""
        return any(oid.startswith(column) for group in self.walks for column in group)

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


def chunks(items: tuple[T, ...], size: int) -> Iterable[tuple[T, ...]]:
    """The items in order, at most `size` at a time."""
    return (items[at : at + size] for at in range(0, len(items), size))


FEWEST_TO_SWEEP = 3
WIDEST_GAP = 3
"""Between neighbours: reading over two columns costs less than a walk for what is behind them."""
MOST_UNWANTED = 0.25
"""Columns between those that are wanted, as a share: they are read and left lying."""


def grouped(columns: Iterable[bytes]) -> tuple[tuple[bytes, ...], ...]:
    """Columns as groups to walk: those that stand one behind the other first, see `is_dense`."""
    rest: list[bytes] = []
    groups: list[tuple[bytes, ...]] = []
    for run in _runs(sorted(columns, key=lambda column: (len(column), column))):
        if is_dense(run):
            groups.append(run)
        else:
            rest += run
    tables: dict[bytes, list[bytes]] = {}
    for column in rest:
        tables.setdefault(column[:-1], []).append(column)
    for table in tables.values():
        groups += chunks(tuple(table), WALK_WIDTH)
    return tuple(groups)


def is_dense(columns: Sequence[bytes]) -> bool:
    """Whether reading a table from the first to the last of these columns wastes little."""
    first, last = columns[0], columns[-1]
    if len(columns) < FEWEST_TO_SWEEP or last[-1] > 0x7F or len(first) != len(last):
        return False
    if any(column[:-1] != first[:-1] for column in columns) or list(columns) != sorted(columns):
        return False
    return last[-1] - first[-1] + 1 <= len(columns) * (1 + MOST_UNWANTED)


def _runs(columns: Iterable[bytes]) -> Iterable[tuple[bytes, ...]]:
    """Neighbours: columns of one table of which each is at most so far behind the one before."""
    run: list[bytes] = []
    for column in columns:
        if run and (column[:-1] != run[-1][:-1] or column[-1] - run[-1][-1] > WIDEST_GAP):
            yield tuple(run)
            run = []
        run.append(column)
    if run:
        yield tuple(run)
