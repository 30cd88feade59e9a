"""The lines of PJLink: what is accepted, what is refused, and that nothing else escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.pjlink import protocol
from monitors.pjlink.errors import RefusedError
from monitors.pjlink.protocol import NotPjlinkError
from monitors.pjlink.readings import READERS, NonsenseError
from monitors.pjlink.target import PjlinkTarget
from monitors.reading import UNITS, State

TARGET = PjlinkTarget(device="wall-1", host="127.0.0.1")


def test_the_digest_is_the_one_of_the_specifications_example() -> None:
    assert protocol.digest(b"498e4a67", "JBMIAProjectorLink") == b"5d8409bc1c3fa39749434aa3a5c38682"


def test_greetings() -> None:
    assert protocol.parse_greeting(b"PJLINK 0").salt is None
    assert protocol.parse_greeting(b"PJLINK 1 498e4a67").salt == b"498e4a67"


@pytest.mark.parametrize(
    "line", [b"", b"SSH-2.0-x", b"PJLINK 2", b"PJLINK 1 ", b"PJLINK 1 " + b"a" * 99, b"PJLINK 0 x"]
)
def test_other_greetings_are_not_pjlink(line: bytes) -> None:
    with pytest.raises(NotPjlinkError):
        protocol.parse_greeting(line)


def test_answers_to_other_commands_are_told_apart() -> None:
    assert protocol.parse_answer(b"%1POWR=1", "POWR") == "1"
    assert protocol.parse_answer(b"%1INPT=31", "POWR") is None
    with pytest.raises(RefusedError) as refused:
        protocol.parse_answer(b"%1POWR=ERR3", "POWR")
    assert refused.value.word == "ERR3"


@given(st.binary(max_size=150), st.sampled_from(sorted(READERS)))
def test_any_line_is_an_answer_or_a_named_error(line: bytes, command: str) -> None:
    try:
        value = protocol.parse_answer(line, command)
    except (NotPjlinkError, RefusedError):
        return
    assert value is None or line[2:6].upper() == command.encode()


@given(st.text(max_size=140), st.sampled_from(sorted(READERS)))
def test_any_value_gives_readings_in_base_units_or_a_named_error(value: str, command: str) -> None:
    try:
        readings = READERS[command](value, TARGET)
    except NonsenseError:
        return
    for reading in readings:
        assert reading.unit == UNITS[reading.sensor_class]
        assert reading.oid == f"pjlink:{command}"


@pytest.mark.parametrize(
    ("value", "expected_on", "state"),
    [
        ("1", None, State.OK),
        ("3", True, State.OK),
        ("0", None, State.UNKNOWN),
        ("0", True, State.CRITICAL),
        ("0", False, State.OK),
        ("2", True, State.CRITICAL),
        ("1", False, State.OK),
    ],
)
def test_standby_is_judged_by_what_is_expected(
    value: str, expected_on: bool | None, state: State
) -> None:
    target = PjlinkTarget(device="wall-1", host="127.0.0.1", expected_on=expected_on)
    assert READERS["POWR"](value, target)[0].state == state
