"""A device's SNMP objects as an `.snmprec` file holds them, in order, and editable while served."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from watchfloor.simulate.ber import Oid
from watchfloor.simulate.errors import RecordingError
from watchfloor.simulate.snmprec import Drift, Row, Value, parse_line, parse_oid, typed_value


class Recording:
    """What one device answers, sorted by OID. Edits apply at once to the agents that serve it."""

    def __init__(self, rows: Mapping[Oid, Row], skipped: tuple[int, ...] = ()) -> None:
        self._rows = dict(rows)
        self._names = sorted(self._rows)
        self.skipped = skipped
        """Numbers of the lines left out because their OID was redacted (`10.xx.xx.1`)."""

    @classmethod
    def load(cls, path: Path | str) -> Recording:
        """Reads an `.snmprec` file. Raises RecordingError as `file:line: what is wrong`."""
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
        return cls.parse(content, source=str(path))

    @classmethod
    def parse(cls, content: bytes, source: str = "recording") -> Recording:
        """Reads `OID|TAG|VALUE` lines; of two rows with one OID the first counts."""
        rows: dict[Oid, Row] = {}
        skipped: list[int] = []
        for number, raw in enumerate(content.split(b"\n"), start=1):
            line = raw.rstrip(b"\r")
            if not line.strip() or line.startswith(b"#"):
                continue
            try:
                row = parse_line(line)
            except RecordingError as error:
                raise RecordingError(f"{source}:{number}: {error}") from None
            if row is None:
                skipped.append(number)
            else:
                rows.setdefault(row.name, row)
        if not rows:
            raise RecordingError(f"{source}: holds no rows: write OID|TAG|VALUE lines")
        return cls(rows, tuple(skipped))

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Row]:
        return (self._rows[name] for name in self._names)

    def get(self, name: Oid) -> Row | None:
        """The instance with exactly this name."""
        return self._rows.get(name)

    def next(self, name: Oid) -> Row | None:
        """The first instance after this name in lexicographic order; None at the end."""
        at = bisect_right(self._names, name)
        return self._rows[self._names[at]] if at < len(self._names) else None

    def after(self, name: Oid, limit: int) -> list[Row]:
        """Up to `limit` instances after this name, in order."""
        at = bisect_right(self._names, name)
        rows = self._rows
        return [rows[following] for following in self._names[at : at + limit]]

    def under(self, prefix: str) -> list[Row]:
        """The instances below a column, table or subtree, in order."""
        oid = parse_oid(prefix)
        first = bisect_left(self._names, oid)
        last = bisect_left(self._names, (*oid[:-1], oid[-1] + 1))
        return [self._rows[name] for name in self._names[first:last]]

    def knows_object(self, name: Oid) -> bool:
        """Whether `name` lies in an object that has instances here, as far as a recording tells.

        It decides between noSuchInstance and noSuchObject (RFC 3416 section 4.2.1). Without the
        MIB, the neighbours must do: an instance below the name, or one that differs only in the
        last sub-identifier.
        """
        at = bisect_left(self._names, name)
        siblings = name[:-1]
        return any(
            neighbour[: len(siblings)] == siblings
            for neighbour in self._names[max(at - 1, 0) : at + 1]
        )

    def value(self, oid: str) -> Value:
        """The value as recorded or edited. Raises RecordingError when there is no such row."""
        return self._row(oid).value

    def edit(self, oid: str, value: int | bytes | str, *, drift: Drift | None = None) -> None:
        """Sets the value of a row that exists, within its recorded type.

        Strings are encoded as UTF-8, dotted for IpAddress and OBJECT IDENTIFIER. Raises
        RecordingError when there is no such row or the value is not of its type.
        """
        row = self._row(oid)
        new = typed_value(row.tag, value)
        self._rows[row.name] = replace(row, value=new, pinned=True, drift=drift)

    def add(self, oid: str, tag: int, value: int | bytes | str) -> None:
        """Adds a row, or replaces the one with this name whatever its type."""
        name = parse_oid(oid)
        row = Row(name, tag, typed_value(tag, value), pinned=True)
        if name not in self._rows:
            self._names.insert(bisect_left(self._names, name), name)
        self._rows[name] = row

    def remove(self, oid: str) -> None:
        """Takes a row away, as when a module is pulled out."""
        name = self._row(oid).name
        del self._rows[name]
        del self._names[bisect_left(self._names, name)]

    def put(self, row: Row) -> None:
        """Puts back a row that was edited or removed."""
        if row.name not in self._rows:
            self._names.insert(bisect_left(self._names, row.name), row.name)
        self._rows[row.name] = row

    def copy(self) -> Recording:
        """An own copy to edit; the rows themselves are shared."""
        return Recording(self._rows, self.skipped)

    def with_values(self, values: Mapping[str, int | bytes | str]) -> Recording:
        """A copy with other values: one recording serves many devices that differ in a name."""
        copy = self.copy()
        for oid, value in values.items():
            row = copy._row(oid)
            copy._rows[row.name] = replace(row, value=typed_value(row.tag, value))
        return copy

    def _row(self, oid: str) -> Row:
        row = self._rows.get(parse_oid(oid))
        if row is None:
            raise RecordingError(f"the recording has no {oid}: only its own rows can be edited")
        return row
