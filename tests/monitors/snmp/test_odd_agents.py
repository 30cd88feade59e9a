"""Agents of every oddity against the course of a poll: it ends, and reads what there is to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError
from monitors.snmp.inquiry import Course, Inquiry
from monitors.snmp.message import GET, GET_BULK, GET_NEXT, RESPONSE, Ask, Pdu, split_varbinds
from monitors.snmp.oid import encode_oid, sort_key
from monitors.snmp.plan import PollPlan, grouped
from monitors.snmp.replay import Replay, Script

TOO_BIG, NO_SUCH_NAME, GEN_ERR = 1, 2, 5
NO_OBJECT, NO_INSTANCE, END = b"\x80\x00", b"\x81\x00", b"\x82\x00"
ENTRY, SPARSE = "1.3.6.1.4.1.9.1.1", "1.3.6.1.4.1.9.2.1"
SWEPT = tuple(encode_oid(f"{ENTRY}.{column}") for column in (1, 2, 3, 4))
WALKED = tuple(encode_oid(f"{SPARSE}.{column}") for column in (1, 7, 13))
PROBED = encode_oid("1.3.6.1.4.1.10")
SCALARS = tuple(encode_oid(f"1.3.6.1.2.1.1.{item}.0") for item in range(1, 31))
PLAN = PollPlan(SCALARS, grouped((*SWEPT, *WALKED)), (PROBED,))
COLUMNS = (*SWEPT, *WALKED)
Found = list[tuple[bytes, bytes]]


def names_in(ask: Ask) -> list[bytes]:
    names: list[bytes] = []
    start, stop = ber.expect(ask.varbinds, 0, len(ask.varbinds), ber.SEQUENCE)
    split_varbinds(ask.varbinds, start, stop, names, [])
    return names


def pdu_of(found: Found, status: int = 0, index: int = 0) -> Pdu:
    raw = b"".join(
        ber.write(ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, oid) + tlv) for oid, tlv in found
    )
    oids, tlvs = [oid for oid, _ in found], [tlv for _, tlv in found]
    return Pdu(RESPONSE, 1, status, index, oids, tlvs, raw)


@dataclass
class ModelAgent:
    """Has all of its objects, and odd ways to tell of them."""

    objects: Mapping[bytes, bytes]
    cut_at: int = 10_000
    """Varbinds that it puts into an answer; the rest is left out, as RFC 3416 allows."""
    too_big_at: int = 10_000
    """Varbinds from which on it says tooBig."""
    lost_at: int = 10_000
    """Varbinds from which on its answers get lost: fragments that no firewall lets through."""
    bulk: str = "fine"
    v1_errors: bool = False
    """An object that it does not have, or the end of them, is noSuchName for the whole answer."""
    says_index: bool = True
    end: bytes = END
    ordered: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.ordered = sorted(self.objects, key=sort_key)

    def answer(self, ask: Ask) -> Pdu | None:
        names = names_in(ask)
        if ask.pdu_tag == GET:
            return self._sized([(n, self.objects.get(n, NO_INSTANCE)) for n in names], cut=False)
        if ask.pdu_tag == GET_NEXT:
            return self._sized(self._row(names), cut=False)
        assert ask.pdu_tag == GET_BULK
        return self._bulk(names, ask.max_repetitions)

    def _bulk(self, names: list[bytes], rows: int) -> Pdu | None:
        match self.bulk:
            case "genErr":
                return pdu_of([(name, b"\x05\x00") for name in names], GEN_ERR, 1)
            case "nothing":
                return pdu_of([])
            case "silent":
                return None
            case "loops":
                first = self._row(names)
                return self._sized(first * rows, cut=True)
        found: Found = []
        for _ in range(rows):
            row = self._row(names)
            found += row
            names = [name for name, _ in row]
        return self._sized(found, cut=True)

    def _row(self, names: Sequence[bytes]) -> Found:
        return [self._after(name) for name in names]

    def _after(self, name: bytes) -> tuple[bytes, bytes]:
        key = sort_key(name)
        following = next((oid for oid in self.ordered if sort_key(oid) > key), None)
        return (name, self.end) if following is None else (following, self.objects[following])

    def _sized(self, found: Found, *, cut: bool) -> Pdu | None:
        if cut:
            found = found[: self.cut_at]
        if len(found) >= self.too_big_at > 1:
            return pdu_of([], TOO_BIG)
        if len(found) >= self.lost_at > 1:
            return None
        bad = next((at for at, (_, tlv) in enumerate(found, 1) if tlv[0] & 0x80), 0)
        if self.v1_errors and bad:
            return pdu_of(found, NO_SUCH_NAME, bad if self.says_index else 0)
        return pdu_of(found)


def drive(course: Course, agent: ModelAgent, most: int) -> bool:
    """Runs a course as a conversation does. Returns whether it came to its end."""
    for _ in range(most):
        if course.done:
            return True
        if not _ask(course, agent):
            return False
    raise AssertionError(f"the course has not ended after {most} requests")


def _ask(course: Course, agent: ModelAgent) -> bool:
    for attempt in range(3):
        if attempt == 2:
            course.shrink()
        pdu = agent.answer(course.ask())
        if pdu is None:
            continue
        try:
            course.take(pdu)
        except DecodeError:
            continue
        return True
    return False


numbers = st.integers(1, 2**32 - 1)
suffixes = st.sets(st.one_of(st.integers(1, 5), st.sampled_from([127, 128, 16384])), max_size=6)
mibs = st.builds(
    lambda scalars, tables, probed: {
        **{scalar: ber.write_integer(7) for scalar in scalars},
        **{
            column + encode_oid(f"1.3.{row}")[1:]: ber.write_integer(row)
            for column, rows in zip(COLUMNS, tables, strict=True)
            for row in rows
        },
        **({PROBED + b"\x01\x00": ber.write_integer(1)} if probed else {}),
        encode_oid("1.3.6.1.6.3.1.0"): ber.write_integer(1),
    },
    st.sets(st.sampled_from(SCALARS)),
    st.tuples(*(suffixes for _ in COLUMNS)),
    st.booleans(),
)
sizes = st.one_of(st.just(10_000), st.integers(2, 30))
bulks = st.sampled_from(["fine", "fine", "genErr", "nothing", "silent", "loops"])


@st.composite
def agents(draw: st.DrawFn) -> ModelAgent:
    """Agents that are odd, but give everything to a manager that is patient with them."""
    return ModelAgent(
        draw(mibs),
        cut_at=draw(st.one_of(st.just(10_000), st.integers(1, 30))),
        too_big_at=draw(sizes),
        lost_at=draw(sizes),
        bulk=draw(bulks),
        v1_errors=draw(st.booleans()),
        says_index=draw(st.booleans()),
        end=draw(st.sampled_from([END, NO_INSTANCE, NO_OBJECT])),
    )


def wanted(objects: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    parts = (*COLUMNS, PROBED)
    return {n: v for n, v in objects.items() if n in SCALARS or n.startswith(parts)}


def most_requests(agent: ModelAgent) -> int:
    return 6 * (len(wanted(agent.objects)) + len(SCALARS) + 3 * len(COLUMNS)) + 60


@given(agents(), st.sampled_from([0, 1, 5, 25]))
@example(ModelAgent({SCALARS[0]: ber.write_integer(7)}, lost_at=8), 25)
def test_a_patient_manager_reads_all_that_an_odd_agent_has(
    agent: ModelAgent, repetitions: int
) -> None:
    inquiry = Inquiry(PLAN, repetitions)
    ended = drive(inquiry, agent, most_requests(agent))
    read = dict(inquiry.values)
    if agent.lost_at > len(COLUMNS):  # smaller losses spare no request but those for one name
        assert ended, inquiry.notes
        assert read == wanted(agent.objects)
        assert inquiry.notes == []
    else:
        assert read.items() <= wanted(agent.objects).items()


@given(agents(), mibs)
def test_a_replay_reads_what_an_inquiry_reads_from_an_odd_agent(
    agent: ModelAgent, later: Mapping[bytes, bytes]
) -> None:
    agent.lost_at, agent.v1_errors = 10_000, False
    plan = PollPlan(PLAN.gets, PLAN.walks)  # recognition, with its probes, is never replayed
    first = Inquiry(plan, 25)
    assert drive(first, agent, most_requests(agent))
    script = Script(plan, first.exchanges, (), first.repetitions)
    for objects in (agent.objects, later):
        agent.objects = objects
        agent.__post_init__()
        replay = Replay(script, first.repetitions)
        assert drive(replay, agent, 2 * most_requests(agent))
        expected = {n: v for n, v in wanted(objects).items() if not n.startswith(PROBED)}
        assert dict(replay.values) == expected


pool = st.sampled_from([*SCALARS[:4], *(c + bytes((r,)) for c in COLUMNS for r in (1, 2, 3))])
tlvs = st.sampled_from(
    [ber.write_integer(1), b"\x04\x00", b"\x02\x00", NO_INSTANCE, END, NO_OBJECT]
)
pdus = st.builds(
    pdu_of,
    st.lists(st.tuples(pool, tlvs), max_size=30),
    st.sampled_from([0, 0, 0, 0, TOO_BIG, NO_SUCH_NAME, 3, GEN_ERR, 18, 200]),
    st.integers(0, 40),
)


class Babble(ModelAgent):
    """Answers nothing sensible, for ever."""

    def __init__(self, answers: list[Pdu | None]) -> None:
        super().__init__({})
        self.answers = answers
        self.turn = 0

    def answer(self, ask: Ask) -> Pdu | None:
        del ask
        self.turn += 1
        return self.answers[self.turn % len(self.answers)]


@given(st.lists(st.one_of(pdus, st.none()), min_size=1, max_size=12), st.sampled_from([0, 1, 25]))
@example([pdu_of([], TOO_BIG)], 25)
@example([pdu_of([])], 25)
@example([pdu_of([(SCALARS[0], END)])], 25)
def test_whatever_an_agent_babbles_the_course_comes_to_an_end(
    answers: list[Pdu | None], repetitions: int
) -> None:
    drive(Inquiry(PLAN, repetitions), Babble(answers), 600)


def test_the_end_in_the_middle_of_a_table_is_noted() -> None:
    column = encode_oid("1.3.6.1.4.1.9.9")
    first, second, third = (column + bytes((row,)) for row in (1, 2, 3))
    one = ber.write_integer(1)
    inquiry = Inquiry(PollPlan(walks=((column,),)), 25)
    inquiry.take(pdu_of([(first, one), (second, END), (third, one)]))
    assert inquiry.done
    assert dict(inquiry.values) == {first: one}
    assert "an end after 1.3.6.1.4.1.9.9.1 that is none" in inquiry.notes[0]


def test_a_hole_in_a_table_ends_nothing_and_is_no_value() -> None:
    column = encode_oid("1.3.6.1.4.1.9.9")
    first, second, third = (column + bytes((row,)) for row in (1, 2, 3))
    one = ber.write_integer(1)
    inquiry = Inquiry(PollPlan(walks=((column,),)), 25)
    inquiry.take(pdu_of([(first, one), (second, NO_INSTANCE), (third, one)]))
    inquiry.take(pdu_of([(third, END)]))
    assert inquiry.done
    assert dict(inquiry.values) == {first: one, third: one}
    assert inquiry.notes == []


def test_a_broken_getbulk_is_found_out_and_not_tried_again() -> None:
    for bulk in ("genErr", "nothing", "loops", "silent"):
        objects = {c + bytes((r,)): ber.write_integer(r) for c in COLUMNS for r in range(1, 9)}
        inquiry = Inquiry(PollPlan((), grouped(COLUMNS)), 25 if bulk != "silent" else 1)
        agent = ModelAgent(objects, bulk=bulk)
        assert drive(inquiry, agent, 200)
        assert (bulk, inquiry.repetitions) == (bulk, 0)
        assert dict(inquiry.values) == objects


def test_answers_that_get_lost_for_their_size_are_asked_for_in_smaller_ones() -> None:
    objects = {COLUMNS[0] + bytes((r,)): ber.write_integer(r) for r in range(1, 60)}
    inquiry = Inquiry(PollPlan((), ((COLUMNS[0],),)), 25)
    assert drive(inquiry, ModelAgent(objects, lost_at=10), 100)
    assert dict(inquiry.values) == objects
    assert (inquiry.repetitions, inquiry.told, inquiry.notes) == (6, False, [])


def test_an_agent_that_ends_tables_with_an_error_is_not_replayed() -> None:
    objects = {COLUMNS[0] + bytes((r,)): ber.write_integer(r) for r in range(1, 4)}
    inquiry = Inquiry(PollPlan((), ((COLUMNS[0],),)), 25)
    assert drive(inquiry, ModelAgent(objects, v1_errors=True), 20)
    assert (dict(inquiry.values), inquiry.notes) == (objects, [])
    assert not inquiry.exchanges


def test_a_late_answer_is_no_reason_to_ask_for_less() -> None:
    objects = {COLUMNS[0] + bytes((r,)): ber.write_integer(r) for r in range(1, 30)}
    agent = ModelAgent(objects)
    inquiry = Inquiry(PollPlan((), ((COLUMNS[0],),)), 25)
    large = agent.answer(inquiry.ask())
    assert large is not None
    inquiry.shrink()
    assert inquiry.ask().pdu_tag == GET_NEXT
    inquiry.take(large)
    assert inquiry.repetitions == 25
    assert drive(inquiry, agent, 10)
    assert dict(inquiry.values) == objects
