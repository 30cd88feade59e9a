"""Loops in a graph of names."""

from collections.abc import Iterator, Mapping, Sequence


def loops(edges: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Each loop that a depth-first walk meets, as the names along it."""
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path, pending = [start], [iter(edges.get(start, ()))]
        while pending:
            below = next(pending[-1], None)
            if below is None:
                done.add(path.pop())
                pending.pop()
            elif below in path:
                yield path[path.index(below) :]
            elif below not in done:
                path.append(below)
                pending.append(iter(edges.get(below, ())))
