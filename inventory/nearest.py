"""Near-miss names: what somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

FEW = 12
"""So many choices are listed when none is near; more would only hide the message."""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that looks most like the word, or None."""
    return _nearest(word.lower()[:100], frozenset(choices))


@lru_cache(maxsize=256)  # the same wrong name often stands in many places
def _nearest(word: str, choices: frozenset[str]) -> str | None:
    folded = {choice.lower(): choice for choice in sorted(choices, reverse=True)}
    found = get_close_matches(word, sorted(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def hint(word: str, choices: Iterable[str], otherwise: str = "") -> str:
    """How an error ends: `did you mean "x"?`, else the few choices, else `otherwise`."""
    pool = sorted(set(choices))
    if near := nearest(word, pool):
        return f'did you mean "{near}"?'
    if otherwise:
        return otherwise
    if not pool:
        return "there is none yet, so declare it first"
    return f"use {one_of(pool)}" if len(pool) <= FEW else "check the spelling"


def one_of(choices: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    pool = [f'"{choice}"' for choice in choices]
    return pool[0] if len(pool) == 1 else f"{', '.join(pool[:-1])} or {pool[-1]}"
