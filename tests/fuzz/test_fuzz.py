"""The fuzzer finds what is wrong, and every reader takes its own good examples."""

import random

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.mutation import mutated
from tests.fuzz.readers import READERS, Reader


@pytest.mark.parametrize("reader", READERS, ids=lambda each: each.name)
def test_good_octets_are_read(reader: Reader) -> None:
    read = 0
    for octets in reader.examples:
        try:
            reader.read(octets)
            read += 1
        except reader.allowed:
            continue
    assert read, "at least one example must be read to its end"


def test_a_reader_that_stumbles_is_found() -> None:
    def stumbles(octets: bytes) -> None:
        if octets[3] > 0x7F:
            raise KeyError("planted")

    planted = Reader("planted", stumbles, (IndexError,), (b"0123456789",))
    count, found = fuzz([planted], 0.1, seed=1)
    assert count >= 50
    (finding,) = found
    assert "planted" in str(finding)
    assert finding.octets[3] > 0x7F


def test_one_seed_makes_one_sequence() -> None:
    first, second = (random.Random(5), random.Random(5))
    assert [mutated([b"abc" * 9], first) for _ in range(99)] == [
        mutated([b"abc" * 9], second) for _ in range(99)
    ]
