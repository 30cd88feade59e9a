"""Recordings: what is read, what is refused with its place, and lookups in order."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.simulate.errors import RecordingError
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmprec import parse_oid

SHARED = Path(__file__).resolve().parents[4] / "shared" / "recordings"
"""A large set of other people's recordings, which may lie beside the checkout."""

ODD = rb"""# a comment, and an empty line

1.3.6.1.2.1.2.2.1.10.2|65|20
1.3.6.1.2.1.1.1.0|4|first | with pipes
1.3.6.1.2.1.1.1.0|4|second
.1.3.6.1.2.1.1.2.0|6|.1.3.6.1.4.1.318.1
1.3.6.1.2.1.2.2.1.6.1|4x|02005e100001
1.3.6.1.2.1.2.2.1.6.2|4xx|02005E
1.3.6.1.2.1.2.2.1.10.10|65|10
1.3.6.1.2.1.4.20.1.1.1|64|192.0.2.1
1.3.6.1.2.1.4.20.1.1.2|64x|c0000202
1.3.6.1.2.1.4.20.1.1.3|64e|\xc0\x00\x02\x03
1.3.6.1.2.1.4.20.1.1.4|40|192.0.2.4
1.3.6.1.2.1.4.20.1.1.10.xx.xx.1|64|192.0.2.9
1.3.6.1.2.1.4.20.1.1.5|64|<private>
1.3.6.1.4.1.1.1|68|Float: 0.5
1.3.6.1.4.1.1.2|68x|9f78043f000000
1.3.6.1.4.1.1.3|5|
""".replace(b"|20\n", b"|20\r\n")


def test_oddities_of_real_recordings() -> None:
    recording = Recording.parse(ODD)
    value = recording.value
    assert value("1.3.6.1.2.1.1.1.0") == b"first | with pipes"
    assert value("1.3.6.1.2.1.1.2.0") == (1, 3, 6, 1, 4, 1, 318, 1)
    assert value("1.3.6.1.2.1.2.2.1.10.2") == 20
    assert value("1.3.6.1.2.1.2.2.1.6.1") == bytes.fromhex("02005e100001")
    assert value("1.3.6.1.2.1.2.2.1.6.2") == bytes.fromhex("02005e")
    for last in (1, 2, 3, 4):
        assert value(f"1.3.6.1.2.1.4.20.1.1.{last}") == bytes((192, 0, 2, last))
    assert value("1.3.6.1.4.1.1.1") == value("1.3.6.1.4.1.1.2")
    assert value("1.3.6.1.4.1.1.3") is None
    assert recording.skipped == (14, 15)


def test_order_is_by_number_not_by_text() -> None:
    names = [row.name for row in Recording.parse(ODD)]
    assert names == sorted(names)
    assert names.index(parse_oid("1.3.6.1.2.1.2.2.1.10.2")) + 1 == names.index(
        parse_oid("1.3.6.1.2.1.2.2.1.10.10")
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1.3.6.1", "three fields"),
        ("1.3.x.1|2|1", "is no OID"),
        ("3.1|2|1", "must begin with 0, 1 or 2"),
        ("1.3.4294967296|2|1", "below 2^32"),
        ("1.3.6|99|1", "tag '99' is not one of"),
        ("1.3.6|2|many", "is no number"),
        ("1.3.6|2|2147483648", "outside -2147483648 to 2147483647"),
        ("1.3.6|65|-1", "outside 0 to 4294967295"),
        ("1.3.6|70|18446744073709551616", "outside 0"),
        ("1.3.6|4x|0g", "pairs of hex digits"),
        ("1.3.6|2x|01", "holds no octets"),
        ("1.3.6|4e|\\u20ac", "escapes of octets"),
        ("1.3.6|64|300.0.0.1", "is no IPv4 address"),
        ("1.3.6|64x|0102", "an IpAddress has 4 octets"),
        ("1.3.6|68|Float: warm", "is no float"),
    ],
)
def test_mistakes_name_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "bad.snmprec"
    path.write_text(f"1.3.6.1.2.1.1.1.0|4|well\n{line}\n")
    with pytest.raises(RecordingError) as caught:
        Recording.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:2: ")
    assert complaint in message
    assert "\n" not in message


def test_files_that_hold_nothing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.snmprec"
    with pytest.raises(RecordingError, match="cannot be read"):
        Recording.load(path)
    path.write_text("# only a comment\n")
    with pytest.raises(RecordingError, match="holds no rows"):
        Recording.load(path)


def test_edits_stay_within_the_recorded_type() -> None:
    recording = Recording.parse(ODD)
    recording.edit("1.3.6.1.2.1.1.1.0", "über")
    recording.edit("1.3.6.1.2.1.4.20.1.1.1", "198.51.100.7")
    recording.edit("1.3.6.1.2.1.1.2.0", "1.3.6.1.4.1.9")
    assert recording.value("1.3.6.1.2.1.1.1.0") == "über".encode()
    assert recording.value("1.3.6.1.2.1.4.20.1.1.1") == bytes((198, 51, 100, 7))
    assert recording.value("1.3.6.1.2.1.1.2.0") == (1, 3, 6, 1, 4, 1, 9)
    for oid, value in (
        ("1.3.6.1.2.1.1.1.0", 5),
        ("1.3.6.1.2.1.2.2.1.10.2", "many"),
        ("1.3.6.1.2.1.2.2.1.10.2", -1),
        ("1.3.9.9.9", 1),
    ):
        with pytest.raises(RecordingError):
            recording.edit(oid, value)


def test_copies_do_not_share_edits() -> None:
    base = Recording.parse(ODD)
    other = base.with_values({"1.3.6.1.2.1.1.1.0": "mine"})
    other.remove("1.3.6.1.4.1.1.3")
    assert base.value("1.3.6.1.2.1.1.1.0") == b"first | with pipes"
    assert len(other) == len(base) - 1


def test_rows_can_be_added_and_taken_away() -> None:
    recording = Recording.parse(ODD)
    recording.add("1.3.6.1.2.1.1.5.0", 4, "new")
    names = [row.name for row in recording]
    assert names == sorted(names)
    recording.remove("1.3.6.1.2.1.1.5.0")
    with pytest.raises(RecordingError, match=r"has no 1\.3\.6\.1\.2\.1\.1\.5\.0"):
        recording.value("1.3.6.1.2.1.1.5.0")


names = st.lists(st.integers(0, 4), min_size=1, max_size=4).map(lambda tail: (1, 3, *tail))


@given(st.sets(names, min_size=1, max_size=30), names, st.integers(0, 5))
def test_next_is_the_least_name_that_is_greater(
    held: set[tuple[int, ...]], asked: tuple[int, ...], limit: int
) -> None:
    lines = (".".join(map(str, name)) + "|2|1" for name in held)
    recording = Recording.parse("\n".join(lines).encode())
    greater = sorted(name for name in held if name > asked)
    found = recording.next(asked)
    assert (found.name if found else None) == (greater[0] if greater else None)
    assert [row.name for row in recording.after(asked, limit)] == greater[:limit]
    under = [row.name for row in recording.under(".".join(map(str, asked)))]
    assert under == sorted(name for name in held if name[: len(asked)] == asked)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the large set of recordings is not here")
def test_every_recording_of_the_large_set_loads() -> None:
    paths = sorted(SHARED.glob("*/*.snmprec"))
    rows = [len(Recording.load(path)) for path in paths]
    assert min(rows) > 0
