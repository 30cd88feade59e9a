"""Well-known traps in words, the others as they are; nothing in them disturbs a page."""

import pytest

from monitors.reading import State
from monitors.receiver.notification import Notification
from monitors.receiver.words import shown, tell
from monitors.snmp.values import Value

LINK, ENTITY = "1.3.6.1.6.3.1.1.5", "1.3.6.1.2.1.131"


def told(oid: str, *values: tuple[str, Value]) -> tuple[str, State]:
    what = tell(Notification(False, oid, values, 1, b""))
    return what.summary, what.state


@pytest.mark.parametrize(
    ("oid", "values", "summary", "state"),
    [
        (f"{LINK}.1", [], "started anew (coldStart)", State.WARNING),
        (
            f"{LINK}.3",
            [("1.3.6.1.2.1.2.2.1.1.4", 4)],
            "port 4 went down (linkDown)",
            State.WARNING,
        ),
        (
            f"{LINK}.4",
            [("1.3.6.1.2.1.2.2.1.1.4", 4), ("1.3.6.1.2.1.31.1.1.1.1.4", b"Gi1/0/4")],
            "port Gi1/0/4 came up (linkUp)",
            State.OK,
        ),
        (f"{LINK}.3", [], "a port went down (linkDown)", State.WARNING),
        ("1.3.6.1.2.1.33.2.0.1", [], "on battery (upsTrapOnBattery)", State.CRITICAL),
        ("1.3.6.1.4.1.318.0.9", [], "the mains is back (powerRestored)", State.OK),
        (
            f"{ENTITY}.0.2",
            [(f"{ENTITY}.1.1.1.5.1025", b"\x40")],
            "part 1025 failed (entStateOperDisabled)",
            State.CRITICAL,
        ),
        (
            "1.3.6.1.4.1.99.0.1",
            [("1.3.6.1.4.1.99.1.0", b"<b>\x1b[31mred"), ("1.3.6.1.4.1.99.2.0", None)],
            "trap 1.3.6.1.4.1.99.0.1: 1.3.6.1.4.1.99.1.0=3c623e1b5b33316d726564,"
            " 1.3.6.1.4.1.99.2.0=",
            State.UNKNOWN,
        ),
        ("1.3.6.1.4.1.99.0.2", [], "trap 1.3.6.1.4.1.99.0.2", State.UNKNOWN),
    ],
)
def test_a_trap_in_words(
    oid: str, values: list[tuple[str, Value]], summary: str, state: State
) -> None:
    assert told(oid, *values) == (summary, state)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"two\nlines", "two lines"),
        (b"\xde\xad\xbe\xef", "deadbeef"),
        ("a\u202eb".encode(), "61e280ae62"),
        (7, "7"),
        (None, ""),
        (b"x" * 1000, "x" * 200),
    ],
)
def test_a_value_as_text(value: Value, text: str) -> None:
    assert shown(value) == text
