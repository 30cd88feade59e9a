"""Changes good octets into nearly good ones, always alike for one seed."""

import random
from collections.abc import Callable, Sequence

LONGEST = 4096
_EDGES = (0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFE, 0xFF)


def mutated(examples: Sequence[bytes], chance: random.Random) -> bytes:
    """One of the examples, changed in one to eight places; now and then nothing but noise."""
    if chance.random() < 0.02:
        return chance.randbytes(chance.randrange(200))
    octets = bytearray(chance.choice(examples))
    for _ in range(chance.randint(1, 8)):
        chance.choice(_CHANGES)(octets, chance)
    return bytes(octets[:LONGEST])


def _at(octets: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(octets)) if octets else 0


def _flip(octets: bytearray, chance: random.Random) -> None:
    if octets:
        octets[_at(octets, chance)] ^= 1 << chance.randrange(8)


def _edge(octets: bytearray, chance: random.Random) -> None:
    if octets:
        octets[_at(octets, chance)] = chance.choice(_EDGES)


def _cut(octets: bytearray, chance: random.Random) -> None:
    del octets[_at(octets, chance) :]


def _remove(octets: bytearray, chance: random.Random) -> None:
    start = _at(octets, chance)
    del octets[start : start + chance.randint(1, 8)]


def _insert(octets: bytearray, chance: random.Random) -> None:
    start = _at(octets, chance)
    octets[start:start] = chance.randbytes(chance.randint(1, 8))


def _repeat(octets: bytearray, chance: random.Random) -> None:
    start = _at(octets, chance)
    octets[start:start] = octets[start : start + chance.randint(1, 64)] * chance.randint(1, 4)


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _edge,
    _edge,
    _cut,
    _remove,
    _insert,
    _repeat,
)
