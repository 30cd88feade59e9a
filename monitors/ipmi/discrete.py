"""What the states of discrete sensors mean: words by pyghmi's tables, judgement by Watchfloor."""

from dataclasses import dataclass

from pyghmi.constants import Health
from pyghmi.ipmi.private import constants as tables

from monitors.reading import State, worst

GENERIC_THRESHOLD = 0x01
GENERIC_PRESENCE = 0x08
GENERIC_REDUNDANCY = 0x0B
SENSOR_SPECIFIC = 0x6F
STATES = 15
"""A discrete sensor has at most 15 states (section 42.1)."""

_REDUNDANCY = {
    0: ("fully redundant", State.OK),
    1: ("redundancy lost", State.CRITICAL),
    2: ("redundancy degraded", State.WARNING),
    3: ("not redundant, sufficient resources", State.WARNING),
    4: ("not redundant, sufficient resources again", State.WARNING),
    5: ("not redundant, insufficient resources", State.CRITICAL),
    6: ("redundancy degraded from fully redundant", State.WARNING),
    7: ("redundancy degraded from not redundant", State.WARNING),
}
"""Generic event type 0x0B (table 42-2)."""

_THRESHOLDS = {
    0: ("below lower non-critical", State.WARNING),
    1: ("below lower critical", State.CRITICAL),
    2: ("below lower non-recoverable", State.CRITICAL),
    3: ("above upper non-critical", State.WARNING),
    4: ("above upper critical", State.CRITICAL),
    5: ("above upper non-recoverable", State.CRITICAL),
}
"""Comparisons of a threshold sensor without a number (table 35-15); its other bits are reserved."""

_JUDGED_OTHERWISE = {
    (0x07, 8): State.WARNING,  # a disabled processor is missing capacity
    (0x08, 2): State.WARNING,  # a supply that is expected to fail still delivers
    (0x08, 6): State.WARNING,
    (0x09, 4): State.CRITICAL,  # the power unit lost its input
    (0x0C, 2): State.CRITICAL,  # parity errors are not corrected
    (0x0C, 4): State.WARNING,
    (0x0D, 7): State.WARNING,  # until a rebuild ends, the array has no redundancy
    (0x10, 4): State.WARNING,  # a full event log hides what comes next
    (0x10, 5): State.WARNING,
    (0x29, 0): State.WARNING,
    (0x29, 1): State.CRITICAL,
}
"""(sensor type, state) where Watchfloor differs from pyghmi, for the reason beside it."""

_PRESENT = {0x07: 7, 0x08: 0, 0x0C: 6, 0x0D: 0, 0x25: 0, 0x29: 2}
"""Which state of a sensor type says that the part is there (table 42-3)."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a set of asserted states means."""

    state: State
    text: str
    present: bool | None
    """Whether the part is there; None where the sensor cannot tell."""


def presence_bit(reading_type: int, sensor_type: int) -> int | None:
    """The state that says "present"; None where the type knows none."""
    if reading_type == GENERIC_PRESENCE:
        return 1
    return _PRESENT.get(sensor_type) if reading_type == SENSOR_SPECIFIC else None


def judge(reading_type: int, sensor_type: int, asserted: int, readable: int) -> Judgement:
    """The meaning of the asserted states.

    `asserted` and `readable` are masks of states 0 to 14; the latter names the states that the
    sensor can have (the record's discrete reading mask).
    """
    if reading_type == GENERIC_THRESHOLD:
        asserted &= (1 << len(_THRESHOLDS)) - 1
    known = [_meaning(reading_type, sensor_type, bit) for bit in _bits(asserted)]
    state = worst(*(meaning[1] for meaning in known))
    text = ", ".join(meaning[0] for meaning in known)
    return Judgement(state, text, _presence(reading_type, sensor_type, asserted, readable))


def _presence(reading_type: int, sensor_type: int, asserted: int, readable: int) -> bool | None:
    bit = presence_bit(reading_type, sensor_type)
    if reading_type == GENERIC_REDUNDANCY:
        return bool(asserted)  # Without a state there is nothing that could be redundant.
    if bit is None or not (readable | asserted) >> bit & 1:
        return None
    if asserted >> bit & 1:
        return True
    # A part that reports a fault is there, whatever it says about its presence.
    return reading_type == SENSOR_SPECIFIC and bool(asserted)


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(STATES) if mask >> bit & 1]


def _meaning(reading_type: int, sensor_type: int, bit: int) -> tuple[str, State]:
    if reading_type == GENERIC_REDUNDANCY:
        return _REDUNDANCY.get(bit, (f"state {bit}", State.UNKNOWN))
    if reading_type == GENERIC_THRESHOLD:
        return _THRESHOLDS[bit]
    if reading_type == SENSOR_SPECIFIC:
        entry = tables.sensor_type_offsets.get(sensor_type, {}).get(bit)
    else:
        entry = tables.generic_type_offsets.get(reading_type, {}).get(bit)
    if entry is None:
        return f"state {bit}", State.OK
    text = str(entry["desc"]).lower()
    if reading_type == SENSOR_SPECIFIC and (sensor_type, bit) in _JUDGED_OTHERWISE:
        return text, _JUDGED_OTHERWISE[sensor_type, bit]
    return text, state_of_health(entry["severity"])


def state_of_health(health: int) -> State:
    """pyghmi's health bits as a state."""
    if health & (Health.Critical | Health.Failed):
        return State.CRITICAL
    return State.WARNING if health & Health.Warning else State.OK
