"""The algebra of cut sets: the smallest sets of failures that take something out of service.

A cut is a bit mask of failing devices; a `Cuts` value is the set of all minimal cuts up to an
order. The operations are those of fault-tree analysis (NUREG-0492, chapter VII: top-down
substitution with absorption), cut off at `most` failures, which keeps them small: beyond three
simultaneous failures a control room has other questions.
"""

from collections.abc import Iterable

Cuts = frozenset[int]

NEVER: Cuts = frozenset()
"""No failures up to the order in question take it out."""
ALWAYS: Cuts = frozenset({0})
"""It is out already: the empty set of further failures is enough."""


def _parts(cut: int) -> Iterable[int]:
    """The proper non-empty subsets of a cut's bits."""
    subset = (cut - 1) & cut
    while subset:
        yield subset
        subset = (subset - 1) & cut


def absorb(cuts: Iterable[int], most: int) -> Cuts:
    """Keeps the minimal cuts of at most `most` failures."""
    kept = {cut for cut in cuts if cut.bit_count() <= most}
    if 0 in kept:
        return ALWAYS
    return frozenset(cut for cut in kept if not any(part in kept for part in _parts(cut)))


def either(alternatives: Iterable[Cuts], most: int) -> Cuts:
    """Cuts of what fails when any of the alternatives fails."""
    return absorb((cut for cuts in alternatives for cut in cuts), most)


def both(left: Cuts, right: Cuts, most: int) -> Cuts:
    """Cuts of what fails only when both fail."""
    return absorb((a | b for a in left for b in right), most)


def too_few(members: Iterable[Cuts], needed: int, most: int) -> Cuts:
    """Cuts of what needs `needed` of its members: so many must fail that fewer are left.

    Goes through the members once and keeps, for every number of failures so far, the cuts that
    cause at least so many; this avoids listing the combinations of a large group.
    """
    pool = list(members)
    fatal = len(pool) - needed + 1
    if fatal <= 0:
        return ALWAYS
    if fatal == 1:
        return either(pool, most)
    at_least: list[Cuts] = [ALWAYS] + [NEVER] * fatal
    for cuts in pool:
        for count in range(fatal, 0, -1):
            if at_least[count - 1]:
                worse = both(at_least[count - 1], cuts, most)
                at_least[count] = absorb(at_least[count] | worse, most)
    return at_least[fatal]
