"""Platform event traps: what a BMC says in SNMPv1, in words; and that nobody else may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.reading import State
from tests.monitors.receiver.senders_here import (
    SERVER,
    STRANGER,
    UPS,
    Here,
    platform_event,
    v1_trap,
)

HEAD = bytes.fromhex("44454c4c500010588031b2c04f334b4d 0001 1dd00000 0000 2020")
"""GUID, sequence, time and its zone, what sent it and what found it."""


def data(severity: int, sensor: int) -> bytes:
    return HEAD + bytes([severity, 0x20, sensor, 0x0A, 0x01]) + bytes(15)


@pytest.mark.parametrize(
    ("specific", "value", "state", "summary"),
    [
        (0x010109, data(0x10, 0x30), "critical", "temperature sensor 0x30: upper critical"),
        (0x010107, data(0x08, 0x30), "warning", "temperature sensor 0x30: upper non-critical"),
        (0x010189, data(0x04, 0x30), "ok", "temperature sensor 0x30: upper critical deasserted"),
        (0x086F01, data(0x10, 0x74), "critical", "power supply sensor 0x74: failure"),
        (0x086F03, data(0x00, 0xFF), "critical", "power supply: power input lost"),
        (0x086F81, data(0x10, 0x74), "ok", "power supply sensor 0x74: recovered"),
        (0x086F01, None, "critical", "power supply: failure"),
        (0x086F01, data(0x10, 0x74)[:20], "critical", "power supply: failure"),
        (0xC07F0F, data(0x00, 0x01), "unknown", "type 0xc0 sensor 0x01: event 15 of type 0x7f"),
    ],
)
def test_a_platform_event_is_told_in_words(
    specific: int, value: bytes | None, state: str, summary: str
) -> None:
    here = Here()
    assert here.inbox.trap(platform_event(specific, value), SERVER) is None
    assert here.dropped == {}
    (event,) = here.kept
    assert (event.device, event.kind) == ("srv-1", "trap")
    assert event.payload["name"] == "platformEvent"
    assert event.payload["state"] == State(state).value
    assert event.payload["summary"] == summary


@pytest.mark.parametrize(
    ("packet", "address", "reason"),
    [
        (platform_event(0x086F01, data(0x10, 1)), UPS, "version"),
        (platform_event(0x086F01, data(0x10, 1)), STRANGER, "unknown_sender"),
        (platform_event(0x086F01, None, enterprise="1.3.6.1.4.1.9"), SERVER, "version"),
        (v1_trap(), SERVER, "version"),
        (platform_event(0x086F01, data(0x10, 1))[:-3], SERVER, "garbage"),
        (platform_event(0x086F01, None).replace(b"\xa4", b"\xa0", 1), SERVER, "garbage"),
    ],
)
def test_what_is_none_is_counted_by_its_reason(packet: bytes, address: str, reason: str) -> None:
    here = Here()
    here.inbox.trap(packet, address)
    assert here.dropped == {reason: 1}
    assert here.kept == []


@given(specific=st.integers(0, 2**31 - 1), value=st.binary(max_size=80), draw=st.data())
def test_any_of_it_is_an_event_or_counted(specific: int, value: bytes, draw: st.DataObject) -> None:
    packet = bytearray(platform_event(specific, value))
    at = draw.draw(st.integers(0, len(packet) - 1))
    packet[at] ^= draw.draw(st.integers(0, 255))
    here = Here()
    here.inbox.trap(bytes(packet), SERVER)
    assert len(here.kept) + sum(here.dropped.values()) == 1
