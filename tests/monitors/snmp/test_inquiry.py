"""The course of a poll without a network: what is asked next, and what each answer does to it."""

from collections.abc import Sequence

import pytest

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.inquiry import MAX_VALUES, Inquiry
from monitors.snmp.message import GET, GET_BULK, GET_NEXT, RESPONSE, Pdu, split_varbinds
from monitors.snmp.oid import decode_subids, encode_oid, oid_text
from monitors.snmp.plan import GET_CHUNK, PollPlan

ONE = ber.write_integer(1)
END = b"\x82\x00"
TABLE = "1.3.6.1.2.1.2.2.1"


class TableAgent:
    """Answers asks from a sorted table, as RFC 3416 says."""

    def __init__(self, oids: Sequence[str], most: int = 1000) -> None:
        self.oids = sorted((encode_oid(oid) for oid in oids), key=decode_subids)
        self.most = most
        self.asked: list[tuple[int, int]] = []

    def answer(self, inquiry: Inquiry) -> Pdu:
        ask = inquiry.ask()
        names: list[bytes] = []
        start, stop = ber.expect(ask.varbinds, 0, len(ask.varbinds), ber.SEQUENCE)
        split_varbinds(ask.varbinds, start, stop, names, [])
        self.asked.append((len(names), ask.max_repetitions))
        found: list[tuple[bytes, bytes]] = []
        if ask.pdu_tag == GET:
            found = [(name, ONE if name in self.oids else b"\x80\x00") for name in names]
        else:
            assert ask.pdu_tag == GET_BULK
            for _ in range(ask.max_repetitions):
                row = [self._after(name) for name in names]
                found += row
                names = [name for name, _ in row]
        found = found[: self.most]
        return pdu([name for name, _ in found], [tlv for _, tlv in found])

    def _after(self, name: bytes) -> tuple[bytes, bytes]:
        key = decode_subids(name)
        following = next((oid for oid in self.oids if decode_subids(oid) > key), None)
        return (name, END) if following is None else (following, ONE)


def pdu(oids: list[bytes], tlvs: list[bytes], status: int = 0, index: int = 0) -> Pdu:
    return Pdu(RESPONSE, 1, status, index, oids, tlvs)


def run(inquiry: Inquiry, agent: TableAgent, most_turns: int = 200) -> list[str]:
    for _ in range(most_turns):
        if inquiry.done:
            return [oid_text(oid) for oid in inquiry.values]
        inquiry.take(agent.answer(inquiry))
    raise AssertionError("the inquiry does not end")


def rows(columns: Sequence[int], indices: Sequence[int]) -> list[str]:
    return [f"{TABLE}.{column}.{index}" for column in columns for index in indices]


@pytest.mark.parametrize("repetitions", [1, 2, 7, 25, 127])
@pytest.mark.parametrize("most", [1, 3, 1000])
def test_a_walk_brings_the_subtree_and_nothing_else(repetitions: int, most: int) -> None:
    table = rows([1, 2], [1, 2, 3, 127, 128, 16383, 16384, 4_000_000_000])
    agent = TableAgent([*table, "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.2.3.0"], most)
    inquiry = Inquiry(PollPlan.of(walks=[(TABLE,)]), repetitions)
    assert run(inquiry, agent) == table
    assert inquiry.notes == []


@pytest.mark.parametrize("repetitions", [1, 4, 25, 60])
@pytest.mark.parametrize("most", [1, 5, 1000])
def test_columns_walk_side_by_side(repetitions: int, most: int) -> None:
    table = [*rows([2], [1, 2, 3, 4, 5]), *rows([5], [2, 4]), *rows([7], [1, 2, 3, 4, 5])]
    agent = TableAgent([*table, f"{TABLE}.9.1"], most)
    columns = [f"{TABLE}.{column}" for column in (2, 5, 6, 7)]
    inquiry = Inquiry(PollPlan.of(walks=[columns]), repetitions)
    assert sorted(run(inquiry, agent)) == sorted(table)


def test_a_get_leaves_out_what_the_agent_has_not() -> None:
    agent = TableAgent(["1.3.6.1.2.1.1.1.0"])
    inquiry = Inquiry(PollPlan.of(gets=["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"]), 25)
    assert run(inquiry, agent) == ["1.3.6.1.2.1.1.1.0"]


def test_long_gets_are_divided() -> None:
    wanted = [f"1.3.6.1.4.1.318.{at}.0" for at in range(GET_CHUNK + 3)]
    agent = TableAgent(wanted)
    assert run(Inquiry(PollPlan.of(gets=wanted), 25), agent) == wanted
    assert [count for count, _ in agent.asked] == [GET_CHUNK, 3]


def test_too_big_shrinks_a_walk() -> None:
    agent = TableAgent(rows([1], range(1, 9)))
    inquiry = Inquiry(PollPlan.of(walks=[(TABLE,)]), 25)
    inquiry.take(pdu([], [], status=1))
    inquiry.take(pdu([], [], status=1))
    run(inquiry, agent)
    assert agent.asked[0] == (1, 6)
    assert inquiry.repetitions == 6


def test_too_big_divides_a_get() -> None:
    wanted = [f"1.3.6.1.4.1.318.{at}.0" for at in range(8)]
    agent = TableAgent(wanted)
    inquiry = Inquiry(PollPlan.of(gets=wanted), 25)
    inquiry.take(pdu([], [], status=1))
    assert run(inquiry, agent) == wanted
    assert [count for count, _ in agent.asked] == [4, 4]


def test_too_big_for_one_value_is_noted() -> None:
    inquiry = Inquiry(PollPlan.of(gets=["1.3.6.1.2.1.1.1.0"]), 25)
    inquiry.take(pdu([], [], status=1))
    assert inquiry.done
    assert inquiry.notes == ["the agent answered tooBig for 1.3.6.1.2.1.1.1.0"]


def test_the_name_that_an_agent_objects_to_is_left_out() -> None:
    wanted = ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0"]
    inquiry = Inquiry(PollPlan.of(gets=wanted), 25)
    inquiry.take(pdu([], [], status=5, index=2))
    assert run(inquiry, TableAgent(wanted)) == [wanted[0], wanted[2]]
    assert inquiry.notes == ["the agent answered genErr for 1.3.6.1.2.1.1.2.0"]


def test_an_agent_that_only_errs_ends_in_bounded_time() -> None:
    inquiry = Inquiry(PollPlan.of(gets=[f"1.3.6.1.{at}" for at in range(60)], walks=[(TABLE,)]), 9)
    turns = 0
    while not inquiry.done:
        inquiry.take(pdu([], [], status=turns % 18 + 1, index=turns % 7))
        turns += 1
    assert turns < 300


def test_oids_that_do_not_increase_end_the_walk_with_a_note() -> None:
    good, back = encode_oid(f"{TABLE}.1.300"), encode_oid(f"{TABLE}.1.200")
    inquiry = Inquiry(PollPlan.of(walks=[(TABLE,)]), 25)
    inquiry.take(pdu([good, back], [ONE, ONE]))
    assert inquiry.ask().pdu_tag == GET_NEXT
    inquiry.take(pdu([back], [ONE]))
    assert inquiry.done
    assert list(inquiry.values) == [good]
    assert "do not increase" in inquiry.notes[0]


def test_an_answer_that_repeats_itself_ends_the_walk() -> None:
    same = encode_oid(f"{TABLE}.1.1")
    inquiry = Inquiry(PollPlan.of(walks=[(TABLE,)]), 25)
    for _ in range(3):
        inquiry.take(pdu([same], [ONE]))
    assert inquiry.done
    assert "do not increase" in inquiry.notes[0]


def test_a_runaway_table_is_stopped() -> None:
    inquiry = Inquiry(PollPlan.of(walks=[(TABLE,)]), 25)
    base = encode_oid(f"{TABLE}.1")
    at = 0
    while not inquiry.done:
        names = [encode_oid(f"{TABLE}.1.{n}") for n in range(at, at + 4000)]
        assert all(name.startswith(base) for name in names)
        inquiry.take(pdu(names, [ONE] * len(names)))
        at += 4000
    assert at <= MAX_VALUES + 8000
    assert inquiry.notes == [f"stopped after {MAX_VALUES} values"]


def test_foreign_names_are_garbage() -> None:
    with pytest.raises(DecodeError):
        Inquiry(PollPlan.of(gets=["1.3.6.1.2.1.1.1.0"]), 25).take(pdu([encode_oid("1.3.6")], [ONE]))


def test_probing_reads_the_first_instance_only() -> None:
    agent = TableAgent([*rows([1], range(1, 50)), "1.3.6.1.4.1.318.1.0"])
    plan = PollPlan(probes=tuple(map(encode_oid, (TABLE, "1.3.6.1.4.1.9", "1.3.6.1.4.1.318"))))
    assert run(Inquiry(plan, 25), agent) == [f"{TABLE}.1.1", "1.3.6.1.4.1.318.1.0"]
    assert agent.asked == [(3, 1)]
