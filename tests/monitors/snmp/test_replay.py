"""Replays and the forms of answers: read in one step what an ordinary poll takes apart."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.snmp import ber
from monitors.snmp.inquiry import Inquiry
from monitors.snmp.message import GET, RESPONSE, Ask, Pdu, split_varbinds
from monitors.snmp.oid import encode_oid, sort_key
from monitors.snmp.plan import PollPlan, grouped, is_dense
from monitors.snmp.replay import Replay, Replayed, Script
from monitors.snmp.template import template_of
from monitors.snmp.values import COUNTER32, COUNTER64, END_OF_MIB_VIEW, decode_value

ENTRY = "1.3.6.1.2.1.2.2.1"
COLUMNS = tuple(encode_oid(f"{ENTRY}.{column}") for column in (10, 11, 12, 13))
SCALAR = encode_oid("1.3.6.1.2.1.1.3.0")
NAME = encode_oid("1.3.6.1.2.1.1.5.0")
PLAN = PollPlan((SCALAR, NAME), (COLUMNS,))


def number(value: int, tag: int = COUNTER32) -> bytes:
    return ber.write(tag, value.to_bytes(value.bit_length() // 8 + 1))


def mib(rows: int = 3, uptime: int = 5000, name: bytes = b"sw-a") -> dict[bytes, bytes]:
    table = {
        column + bytes((row,)): number(1000 * row + column[-1])
        for column in COLUMNS
        for row in range(1, rows + 1)
    }
    return {SCALAR: number(uptime), NAME: ber.write(ber.OCTET_STRING, name), **table}


def varbinds(pairs: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(
        ber.write(ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, oid) + tlv) for oid, tlv in pairs
    )


def answer(ask: Ask, objects: Mapping[bytes, bytes]) -> Pdu:
    """What an agent with these objects says; it repeats the last name at the end of its MIB."""
    asked: list[bytes] = []
    start, stop = ber.expect(ask.varbinds, 0, len(ask.varbinds), ber.SEQUENCE)
    split_varbinds(ask.varbinds, start, stop, asked, [])
    if ask.pdu_tag == GET:
        found = [(oid, objects.get(oid, b"\x81\x00")) for oid in asked]
    else:
        ordered = sorted(objects, key=sort_key)
        later = [oid for oid in ordered if sort_key(oid) > sort_key(asked[0])]
        found = [(oid, objects[oid]) for oid in later[: ask.max_repetitions]]
        end = (found[-1][0] if found else asked[0], bytes((END_OF_MIB_VIEW, 0)))
        found += [end] * (ask.max_repetitions - len(found))
    raw = varbinds(found)
    return Pdu(RESPONSE, 1, 0, 0, [o for o, _ in found], [t for _, t in found], raw)


def go(course: Inquiry | Replay, objects: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
    while not course.done:
        pdu = answer(course.ask(), objects)
        expected = course.expected
        if expected is not None and expected.fits(pdu.varbinds):
            pdu = replace(pdu, template=expected, oids=[], tlvs=[])
        course.take(pdu)
    return course.values


@pytest.fixture
def script() -> Script:
    first = Inquiry(PLAN, 5)
    assert go(first, mib()) == mib()
    return Script(PLAN, first.exchanges, {NAME})


def test_a_replay_reads_what_an_inquiry_reads(script: Script) -> None:
    now = mib(uptime=5100)
    found = go(Replay(script, 5), now)
    assert isinstance(found, Replayed)
    assert dict(found) == now


def test_a_number_of_another_length_changes_the_form_and_nothing_else(script: Script) -> None:
    for uptime in (5_000_000, 7, 5_000_001):
        found = go(Replay(script, 5), mib(uptime=uptime))
        assert isinstance(found, Replayed)
        assert dict(found) == mib(uptime=uptime)


@pytest.mark.parametrize(
    "now", [mib(rows=4), mib(rows=2), mib(name=b"sw-b")], ids=["new row", "lost row", "new name"]
)
def test_another_device_is_read_anew(script: Script, now: dict[bytes, bytes]) -> None:
    replay = Replay(script, 5)
    assert go(replay, now) == now
    assert not isinstance(replay.values, Replayed)
    assert replay.exchanges


def test_a_replay_that_is_cut_short_keeps_what_it_has(script: Script) -> None:
    replay = Replay(script, 5)
    replay.take(answer(replay.ask(), mib()))
    assert dict(replay.values) == {SCALAR: number(5000), NAME: mib()[NAME]}


counters = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=8)


@given(before=counters, data=st.data())
def test_a_form_fits_just_what_it_reads_right(before: list[int], data: st.DataObject) -> None:
    after = [data.draw(st.integers(0, 2**63 - 1)) for _ in before]
    oids = [encode_oid(f"{ENTRY}.10.{row}") for row in range(1, len(before) + 1)]
    old = [number(value, COUNTER64) for value in before]
    new = [number(value, COUNTER64) for value in after]
    form = template_of(varbinds([*zip(oids, old, strict=True)]), oids, old, ())
    raw = varbinds([*zip(oids, new, strict=True)])
    if form.fits(raw):
        numbers = form.numbers(raw)
        assert [numbers[form.number_at[at]] for at in range(len(oids))] == after
        assert [decode_value(raw[slice(*span)]) for span in form.spans] == after
    else:
        assert [len(tlv) for tlv in new] != [len(tlv) for tlv in old] or any(
            (a[2] == 0) != (b[2] == 0)
            for a, b in zip(old, new, strict=True)  # the sign's byte
        )


def test_neighbouring_columns_are_swept_and_others_walked() -> None:
    far = encode_oid(f"{ENTRY}.40")
    assert grouped([far, *COLUMNS]) == (COLUMNS, (far,))
    assert is_dense(COLUMNS)
    assert not is_dense((COLUMNS[0], COLUMNS[3], far))
