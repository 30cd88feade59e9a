"""What is taken in, from whom, and why the rest is not; no datagram makes the inbox raise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder
from pysnmp.proto import rfc1902
from pysnmp.proto.api import v2c as pysnmp_v2c

from monitors.events import EventKind
from monitors.reading import State
from tests.monitors.receiver.senders_here import (
    COLD_START,
    COMMUNITY,
    ON_BATTERY,
    SCREEN,
    STRANGER,
    SWITCH,
    UPS,
    Here,
    v1_trap,
    v2c,
)


def test_a_trap_of_a_known_device_is_an_event_in_words() -> None:
    here = Here()
    minutes = ("1.3.6.1.2.1.33.1.2.3.0", rfc1902.Integer(7))
    assert here.inbox.trap(v2c(ON_BATTERY, [minutes]), UPS) is None
    (event,) = here.kept
    assert (event.kind, event.device, event.state) == (EventKind.TRAP, "ups-a", State.CRITICAL)
    assert event.summary == "on battery, 7 min left (upsTrapOnBattery)"
    assert event.payload["values"] == {"1.3.6.1.2.1.33.1.2.3.0": "7"}
    assert (here.tally.received, here.dropped) == ({"trap": 1}, {})
    assert COMMUNITY not in event.model_dump_json()


@pytest.mark.parametrize(
    ("data", "address", "reason"),
    [
        (v2c(COLD_START), STRANGER, "unknown_sender"),
        (v2c(COLD_START, community="public"), UPS, "community"),
        (v2c(COLD_START, community=""), UPS, "community"),
        (v2c(COLD_START), SWITCH, "version"),
        (v2c(COLD_START), SCREEN, "no_credential"),
        (v1_trap(), UPS, "version"),
        (b"", UPS, "garbage"),
        (v2c(COLD_START)[:-3], UPS, "garbage"),
        (v2c(COLD_START).replace(b"\xa7", b"\xa0", 1), UPS, "garbage"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_rest_is_counted_by_its_reason(data: bytes, address: str, reason: str) -> None:
    here = Here()
    assert here.inbox.trap(data, address) is None
    assert (here.kept, here.dropped) == ([], {reason: 1})


def test_an_inform_is_answered_each_time_and_counts_once() -> None:
    here = Here()
    inform = v2c(COLD_START, inform=True, request_id=99)
    first, again = here.inbox.trap(inform, UPS), here.inbox.trap(inform, UPS)
    assert first == again
    assert first is not None
    answer, rest = decoder.decode(first, asn1Spec=pysnmp_v2c.Message())
    pdu = pysnmp_v2c.apiMessage.get_pdu(answer)
    assert (rest, int(pysnmp_v2c.apiPDU.get_request_id(pdu))) == (b"", 99)
    assert pdu.tagSet == pysnmp_v2c.ResponsePDU.tagSet
    assert len(pysnmp_v2c.apiPDU.get_varbinds(pdu)) == 2
    assert len(here.kept) == 1
    assert here.inbox.trap(v2c(COLD_START, inform=True, request_id=100), UPS) is not None
    assert len(here.kept) == 2


def test_only_the_latest_informs_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitors.receiver.inbox.REMEMBERED_INFORMS", 2)
    here = Here()
    for request_id in (1, 2, 3, 3, 2, 1):  # the last has been forgotten, and so counts anew
        here.inbox.trap(v2c(COLD_START, inform=True, request_id=request_id), UPS)
    assert len(here.kept) == 4


def test_an_inform_without_room_is_not_answered_so_that_it_comes_again() -> None:
    here = Here(room=0)
    inform = v2c(COLD_START, inform=True)
    assert here.inbox.trap(inform, UPS) is None
    assert here.dropped == {"queue_full": 1}
    here.room = 1
    assert here.inbox.trap(inform, UPS) is not None
    assert len(here.kept) == 1


def test_one_sender_s_flood_leaves_the_others_their_share() -> None:
    here = Here()
    for number in range(5000):
        here.inbox.trap(v2c(COLD_START, request_id=number), UPS)
    assert len(here.kept) == 50
    assert here.dropped == {"source_rate": 4950}
    here.inbox.syslog(b"<4>sshd: hello", SWITCH)
    here.inbox.notice(b"%2POWR=0\r", SCREEN)
    assert [event.device for event in here.kept[50:]] == ["sw-1", "screen-1"]
    here.clock.now += 1
    here.inbox.trap(v2c(COLD_START), UPS)
    assert len(here.kept) == 53


def test_a_varbind_flood_is_kept_within_bounds() -> None:
    here = Here()
    values = [
        (f"1.3.6.1.4.1.99.{number}", rfc1902.OctetString(b"x" * 1000)) for number in range(60)
    ]
    here.inbox.trap(v2c("1.3.6.1.4.1.99.0.1", values), UPS)
    (event,) = here.kept
    assert len(event.model_dump_json()) < 5000
    assert event.summary.startswith("trap 1.3.6.1.4.1.99.0.1: 1.3.6.1.4.1.99.0=xxx")


def test_notices_are_hints_from_displays_only() -> None:
    here = Here()
    here.inbox.notice(b"%2ERST=010000\r", SCREEN)
    here.inbox.notice(b"%2ERST=010000\r", UPS)
    here.inbox.notice(b"%2BOOM=010000\r", SCREEN)
    (event,) = here.kept
    assert (event.kind, event.state) == (EventKind.NOTICE, State.UNKNOWN)
    assert event.summary == "errors: lamp (ERST)"
    assert here.dropped == {"no_display": 1, "garbage": 1}


@given(st.binary(max_size=400), st.sampled_from([UPS, SWITCH, SCREEN, STRANGER]))
@example(b"0" * 65_535, UPS)
def test_any_bytes_are_dropped_without_a_word(data: bytes, address: str) -> None:
    here = Here()
    here.inbox.trap(data, address)
    here.inbox.syslog(data, address)
    here.inbox.notice(data, address)
    assert sum(here.dropped.values()) + len(here.kept) == 3


@given(st.data())
def test_a_mutated_trap_never_raises(data: st.DataObject) -> None:
    trap = bytearray(v2c(ON_BATTERY, [("1.3.6.1.2.1.33.1.2.3.0", rfc1902.Integer(7))]))
    for _ in range(data.draw(st.integers(1, 6))):
        trap[data.draw(st.integers(0, len(trap) - 1))] = data.draw(st.integers(0, 255))
    here = Here()
    here.inbox.trap(bytes(trap), UPS)
    assert sum(here.dropped.values()) + len(here.kept) == 1
