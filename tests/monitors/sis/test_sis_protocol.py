"""SIS answers as the user guides print them, and lines that are none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.reading import State
from monitors.sis import protocol
from monitors.sis.protocol import Question, SisError, answer_in
from monitors.sis.readings import read_signals, read_system

QUESTIONS = [
    protocol.PART_NUMBER,
    protocol.FIRMWARE,
    protocol.MODEL,
    *protocol.TEMPERATURES.values(),
    protocol.SIGNALS,
    protocol.POWER_SAVE,
    protocol.SYSTEM,
    protocol.last_preset(1),
    protocol.window(1, 2),
]


@pytest.mark.parametrize(
    ("question", "line", "value"),
    [
        (protocol.PART_NUMBER, "60-1571-01", "60-1571-01"),
        (protocol.PART_NUMBER, "Pno60-1898-12", "60-1898-12"),
        (protocol.FIRMWARE, "1.23", "1.23"),
        (protocol.FIRMWARE, "Ver01*1.23", "1.23"),
        (protocol.MODEL, "Quantum Ultra II 305", "Quantum Ultra II 305"),
        (protocol.MODEL, "Inf01*Quantum Ultra Connect 84", "Quantum Ultra Connect 84"),
        (protocol.TEMPERATURES["Inside"], "20Stat 42", "42"),
        (protocol.TEMPERATURES["Inside"], "42", "42"),
        (protocol.SIGNALS, "1 0 1", "1 0 1"),
        (protocol.SIGNALS, "In00 1*0*1", "1*0*1"),
        (protocol.SIGNALS, "0110", "0110"),
        (protocol.POWER_SAVE, "Psav1", "1"),
        (protocol.PART_NUMBER, "N60-1571-01", "60-1571-01"),  # a terminal's echo before it
        (protocol.window(1, 2), "1*2*IGrp01 Win002 In0007 Typ0 Blk0 Res0x0 Vrt000.0", "0007"),
        (protocol.last_preset(3), "012", "012"),
        (protocol.last_preset(3), "PrstL1*03*012", "012"),
        (protocol.window(1, 12), "Grp01 Win012 In0003 Typ1 Blk0 Res1280x720 Vrt059.9", "0003"),
    ],
)
def test_answers_of_the_guide(question: Question, line: str, value: str) -> None:
    answer = answer_in(line, question)
    assert answer is not None
    assert answer[1] == value


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (protocol.PART_NUMBER, "(c) Copyright 2021, Extron, Quantum Ultra 610, V1.04, 60-1571-01"),
        (protocol.window(1, 12), "Grp01 Win013 In0003 Typ1 Blk0 Res1280x720 Vrt059.9"),
        (protocol.last_preset(3), "PrstL1*04*012"),
        (protocol.TEMPERATURES["Inside"], "21Stat 42"),
        (protocol.SIGNALS, "1 0 2"),
        (protocol.SYSTEM, "12.01 11.31 N/A 1111"),
        (protocol.POWER_SAVE, "\x1bPSAV"),
    ],
)
def test_what_is_no_answer_is_passed_over(question: Question, line: str) -> None:
    assert answer_in(line, question) is None


def test_an_error_code_has_its_meaning() -> None:
    with pytest.raises(SisError, match=r"E01 \(no such input\)") as caught:
        answer_in("E01", protocol.SIGNALS)
    assert caught.value.code == 1


def test_a_frame_of_two_supplies() -> None:
    answer = answer_in("12.01 48.00 3.30 70.00 00892 00000 11", protocol.SYSTEM)
    assert answer is not None
    said = {r.name: (r.state, round(r.value, 1)) for r in read_system(answer)}
    assert said == {
        "Frame": (State.OK, 21.1),
        "Rail 1": (State.OK, 12.0),
        "Rail 2": (State.OK, 48.0),
        "Rail 3": (State.OK, 3.3),
        "Fan 1": (State.OK, 892.0),
        "Fan 2": (State.CRITICAL, 0.0),
        "Power supply 1": (State.OK, 1.0),
        "Power supply 2": (State.OK, 1.0),
    }


@given(st.lists(st.booleans(), min_size=1, max_size=64), st.sampled_from(["", " ", "*"]))
def test_every_input_is_told_whatever_stands_between(signals: list[bool], between: str) -> None:
    answer = answer_in(between.join(str(int(signal)) for signal in signals), protocol.SIGNALS)
    assert answer is not None
    readings = read_signals(answer)
    assert [bool(reading.value) for reading in readings] == signals
    assert [r.component for r in readings] == [f"input:{n}" for n in range(1, len(signals) + 1)]


@given(st.text(max_size=200) | st.from_regex(r"E[0-9]{2}"), st.sampled_from(QUESTIONS))
def test_any_line_is_an_answer_an_error_or_nothing(line: str, question: Question) -> None:
    if re.fullmatch(r"E\d\d", line.removeprefix(question.echo)):
        with pytest.raises(SisError):
            answer_in(line, question)
        return
    answer = answer_in(line, question)
    assert answer is None or line.endswith(answer[0])
