"""What well-known traps say, in words and graded; the others keep their OIDs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitors.printable import printable
from monitors.reading import State
from monitors.receiver.notification import Notification
from monitors.snmp.values import Value, text_of

LONGEST_VALUE = 200
"""Characters of one value that are kept."""
LARGEST_VALUES = 3000
"""Characters of all values together, with their OIDs."""
LONGEST_SUMMARY = 300
_SHOWN_VALUES = 4


@dataclass(frozen=True, slots=True)
class _Known:
    """A trap's name in its MIB, how bad it is, and a sentence with places for its values."""

    name: str
    state: State
    sentence: str


_SNMP_TRAPS = "1.3.6.1.6.3.1.1.5"
_UPS = "1.3.6.1.2.1.33"
_APC = "1.3.6.1.4.1.318.0"
_ENTITY_STATE = "1.3.6.1.2.1.131"

_KNOWN: Mapping[str, _Known] = {
    # SNMPv2-MIB, IF-MIB
    f"{_SNMP_TRAPS}.1": _Known("coldStart", State.WARNING, "started anew (coldStart)"),
    f"{_SNMP_TRAPS}.2": _Known("warmStart", State.WARNING, "its agent started anew (warmStart)"),
    f"{_SNMP_TRAPS}.3": _Known("linkDown", State.WARNING, "{port} went down (linkDown)"),
    f"{_SNMP_TRAPS}.4": _Known("linkUp", State.OK, "{port} came up (linkUp)"),
    f"{_SNMP_TRAPS}.5": _Known(
        "authenticationFailure",
        State.WARNING,
        "somebody asked it with a wrong credential (authenticationFailure)",
    ),
    # UPS-MIB, RFC 1628
    f"{_UPS}.2.1": _Known(
        "upsTrapOnBattery", State.CRITICAL, "on battery{minutes} (upsTrapOnBattery)"
    ),
    f"{_UPS}.2.2": _Known(
        "upsTrapTestCompleted", State.OK, "a battery test is over (upsTrapTestCompleted)"
    ),
    f"{_UPS}.2.3": _Known(
        "upsTrapAlarmEntryAdded", State.WARNING, "an alarm began (upsTrapAlarmEntryAdded)"
    ),
    f"{_UPS}.2.4": _Known(
        "upsTrapAlarmEntryRemoved", State.OK, "an alarm ended (upsTrapAlarmEntryRemoved)"
    ),
    # PowerNet-MIB
    f"{_APC}.5": _Known("upsOnBattery", State.CRITICAL, "on battery (upsOnBattery)"),
    f"{_APC}.7": _Known("lowBattery", State.CRITICAL, "the battery is low (lowBattery)"),
    f"{_APC}.9": _Known("powerRestored", State.OK, "the mains is back (powerRestored)"),
    # ENTITY-MIB, ENTITY-STATE-MIB (RFC 4268), ALARM-MIB (RFC 3877)
    "1.3.6.1.2.1.47.2.0.1": _Known(
        "entConfigChange", State.UNKNOWN, "its parts have changed (entConfigChange)"
    ),
    f"{_ENTITY_STATE}.0.1": _Known(
        "entStateOperEnabled", State.OK, "{part} works (entStateOperEnabled)"
    ),
    f"{_ENTITY_STATE}.0.2": _Known(
        "entStateOperDisabled", State.CRITICAL, "{part} failed (entStateOperDisabled)"
    ),
    "1.3.6.1.2.1.118.0.2": _Known(
        "alarmActiveState", State.WARNING, "an alarm began (alarmActiveState)"
    ),
    "1.3.6.1.2.1.118.0.3": _Known("alarmClearState", State.OK, "an alarm ended (alarmClearState)"),
}
_ENTITY_COLUMNS = tuple(f"{_ENTITY_STATE}.1.1.1.{column}." for column in range(1, 7))
_PORT_COLUMNS = ("1.3.6.1.2.1.31.1.1.1.1.", "1.3.6.1.2.1.2.2.1.2.", "1.3.6.1.2.1.2.2.1.1.")
"""ifName, ifDescr, ifIndex: the best name first."""
_MINUTES_COLUMN = f"{_UPS}.1.2.3."
"""upsEstimatedMinutesRemaining."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a notification tells, bounded and without anything that disturbs a page."""

    name: str
    """The trap's name in its MIB, or its OID."""
    state: State
    summary: str
    values: Mapping[str, str]


def tell(notification: Notification) -> Told:
    """A notification in words."""
    values = _within_bounds(notification)
    # SMIv1 traps that a proxy has turned into SMIv2 carry a zero before their number (RFC 3584).
    head, _, number = notification.oid.rpartition(".")
    known = _KNOWN.get(notification.oid) or _KNOWN.get(f"{head.removesuffix('.0')}.{number}")
    if known is None:
        return Told(notification.oid, State.UNKNOWN, _plain(notification.oid, values), values)
    places = _places(values)
    return Told(known.name, known.state, known.sentence.format(**places), values)


def _within_bounds(notification: Notification) -> dict[str, str]:
    values: dict[str, str] = {}
    room = LARGEST_VALUES
    for oid, value in notification.values:
        text = shown(value)
        room -= len(oid) + len(text)
        if room < 0:
            break
        values[oid] = text
    return values


def shown(value: Value) -> str:
    """A value as text: octets that are no text in hexadecimal."""
    text = text_of(value)
    if isinstance(value, bytes) and value and not _is_text(value):
        text = value[: LONGEST_VALUE // 2].hex()
    return printable(text[:LONGEST_VALUE])


def _is_text(octets: bytes) -> bool:
    try:
        return octets.rstrip(b"\0").decode().replace("\n", " ").replace("\t", " ").isprintable()
    except UnicodeDecodeError:
        return False


def _plain(oid: str, values: Mapping[str, str]) -> str:
    pairs = [f"{name}={value}" for name, value in list(values.items())[:_SHOWN_VALUES]]
    more = f" and {len(values) - _SHOWN_VALUES} more" if len(values) > _SHOWN_VALUES else ""
    said = f": {', '.join(pairs)}{more}" if pairs else ""
    return f"trap {oid}{said}"[:LONGEST_SUMMARY]


def _places(values: Mapping[str, str]) -> dict[str, str]:
    """What the sentences name, as far as the trap says it."""
    port = next((found for each in _PORT_COLUMNS if (found := _value_of(each, values))), "")
    part = next((_index(oid) for oid in values if oid.startswith(_ENTITY_COLUMNS)), "")
    minutes = _value_of(_MINUTES_COLUMN, values)
    return {
        "port": f"port {port}" if port else "a port",
        "part": f"part {part}" if part else "a part",
        "minutes": f", {minutes} min left" if minutes else "",
    }


def _value_of(column: str, values: Mapping[str, str]) -> str:
    return next((text[:64] for oid, text in values.items() if oid.startswith(column)), "")


def _index(oid: str) -> str:
    return oid.rpartition(".")[2]
