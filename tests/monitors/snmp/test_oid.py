"""OIDs as bytes: text and bytes agree, and bytes sort as the numbers do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.snmp.errors import DecodeError, OidError
from monitors.snmp.oid import (
    MAX_SUBID,
    decode_subids,
    encode_oid,
    increasing_count,
    oid_text,
    sort_key,
)

subids = st.one_of(st.integers(0, 300), st.integers(0, MAX_SUBID))
tails = st.lists(subids, max_size=12)
oids = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39), tails),
    st.tuples(st.just(2), st.integers(0, MAX_SUBID), tails),
).map(lambda parts: (parts[0], parts[1], *parts[2]))


def text(oid: tuple[int, ...]) -> str:
    return ".".join(map(str, oid))


@given(oids)
def test_text_survives_the_bytes(oid: tuple[int, ...]) -> None:
    assert oid_text(encode_oid(text(oid))) == text(oid)


@given(oids, oids)
def test_sort_keys_sort_as_the_numbers(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    keys = sort_key(encode_oid(text(one))), sort_key(encode_oid(text(other)))
    numbers = [decode_subids(encode_oid(text(oid))) for oid in (one, other)]
    assert (keys[0] < keys[1]) == (numbers[0] < numbers[1])


@given(st.lists(tails, min_size=1, max_size=6))
def test_increasing_count_agrees_with_the_numbers(suffixes: list[list[int]]) -> None:
    base = "1.3.6.1.4.1.318"
    names = [encode_oid(".".join([base, "1", *map(str, suffix)])) for suffix in suffixes]
    previous = encode_oid(base)
    numbers = [decode_subids(previous), *map(decode_subids, names)]
    expected = next(
        (at for at in range(len(names)) if not numbers[at] < numbers[at + 1]), len(names)
    )
    assert increasing_count(previous, names, len(previous)) == expected


def test_bytes_alone_would_sort_wrongly() -> None:
    low, high = encode_oid("1.3.16383"), encode_oid("1.3.16384")
    assert low > high
    assert increasing_count(encode_oid("1.3"), [low, high], 1) == 2
    assert increasing_count(encode_oid("1.3"), [high, low], 1) == 1


@pytest.mark.parametrize(
    "wrong",
    ["", "1", "1.", "1..3", "3.1", "1.40.1", "1.3.4294967296", "1.3.x", " 1.3", "1.3." * 200],
)
def test_what_is_no_oid_is_refused(wrong: str) -> None:
    with pytest.raises(OidError, match="identifier"):
        encode_oid(wrong)


@pytest.mark.parametrize("content", [b"", b"\x2b\x86", b"\x2b" + b"\xff" * 40 + b"\x01"])
def test_what_is_no_oid_on_the_wire_is_refused(content: bytes) -> None:
    with pytest.raises(DecodeError):
        oid_text(content)
