"""Whether Watchfloor's samples are what snmp_exporter reads from the same agent."""

import re
from collections.abc import Iterable, Mapping

from bench.center import COUNTS, UPS_COUNTS

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

IF_COLUMNS = [
    "ifIndex",
    "ifDescr",
    "ifType",
    "ifMtu",
    "ifSpeed",
    "ifPhysAddress",
    "ifAdminStatus",
    "ifOperStatus",
    "ifLastChange",
    "ifInOctets",
    "ifInUcastPkts",
    "ifInNUcastPkts",
    "ifInDiscards",
    "ifInErrors",
    "ifInUnknownProtos",
    "ifOutOctets",
    "ifOutUcastPkts",
    "ifOutNUcastPkts",
    "ifOutDiscards",
    "ifOutErrors",
    "ifOutQLen",
]
"""ifEntry's objects in their order (RFC 2863)."""
IFX_COLUMNS = [
    "ifName",
    "ifInMulticastPkts",
    "ifInBroadcastPkts",
    "ifOutMulticastPkts",
    "ifOutBroadcastPkts",
    "ifHCInOctets",
    "ifHCInUcastPkts",
    "ifHCInMulticastPkts",
    "ifHCInBroadcastPkts",
    "ifHCOutOctets",
    "ifHCOutUcastPkts",
    "ifHCOutMulticastPkts",
    "ifHCOutBroadcastPkts",
    "ifLinkUpDownTrapEnable",
    "ifHighSpeed",
]
"""ifXEntry's objects in their order (RFC 2863)."""
UPS_SCALARS = {
    "2_2": ("runtime_seconds", "Time on battery", 1),
    "2_3": ("runtime_seconds", "Battery time remaining", 60),
    "2_4": ("charge_ratio", "Battery charge", 0.01),
    "2_5": ("voltage_volts", "Battery voltage", 0.1),
    "2_6": ("current_amperes", "Battery current", 0.1),
    "2_7": ("temperature_celsius", "Battery temperature", 1),
    "4_2": ("frequency_hertz", "Output frequency", 0.1),
    "2_1": ("sensor_state", "Battery status", 1),
    "4_1": ("sensor_state", "Output source", 1),
}
UPS_LINES = {
    "3_3_1_2": ("frequency_hertz", "Input", 0.1),
    "3_3_1_3": ("voltage_volts", "Input", 1),
    "3_3_1_4": ("current_amperes", "Input", 0.1),
    "3_3_1_5": ("power_watts", "Input", 1),
    "4_4_1_2": ("voltage_volts", "Output", 1),
    "4_4_1_3": ("current_amperes", "Output", 0.1),
    "4_4_1_4": ("power_watts", "Output", 1),
    "4_4_1_5": ("load_ratio", "Output", 0.01),
}
"""UPS-MIB (RFC 1628): the exporter's object -> our family, name and factor to the base unit."""

Series = tuple[str, str]
"""Our family without its prefix, and our name of the sensor."""


def parse(text: str) -> list[tuple[str, dict[str, str], float]]:
    """Every sample: name, labels, value."""
    found = []
    for line in text.splitlines():
        sample = _SAMPLE.match(line)
        if sample is not None:
            name, labels, value = sample.groups()
            found.append((name, dict(_LABEL.findall(labels or "")), float(value)))
    return found


def ours(text: str, device: str) -> dict[Series, float]:
    """Our readings of one device."""
    return {
        (name.removeprefix("watchfloor_"), labels["name"]): value
        for name, labels, value in parse(text)
        if labels.get("device") == device and "name" in labels
    }


def theirs(text: str) -> dict[Series, float]:
    """What snmp_exporter read, under our names; objects that are texts are no samples of ours."""
    found: dict[Series, float] = {}
    for name, labels, value in parse(text):
        where = _renamed(name, labels)
        if where is not None:
            series, factor = where
            found[series] = value * factor
    return found


def _renamed(name: str, labels: Mapping[str, str]) -> tuple[Series, float] | None:
    for table, columns in ((2, IF_COLUMNS), (31, IFX_COLUMNS)):
        if name in columns and (what := COUNTS[table].get(columns.index(name) + 1)):
            return ("counted_items", f"{labels['ifName']} {what}"), 1
    if name == "ifOperStatus":
        return ("sensor_state", labels["ifName"]), 1
    key = name.removeprefix("upsLine").removeprefix("ups")
    if key in UPS_SCALARS:
        family, called, factor = UPS_SCALARS[key]
        return (family, called), factor
    if key in UPS_LINES:
        family, side, factor = UPS_LINES[key]
        return (family, f"{side} L{labels['line']}"), factor
    counted = UPS_COUNTS.get(f"{key.replace('_', '.')}.0")
    return None if counted is None else (("counted_items", counted), 1)


def differences(own: Mapping[Series, float], other: Mapping[Series, float]) -> list[str]:
    """One line for each series that only one side has, or that has another value."""
    return [*_missing(own, other), *_unequal(own, other)]


def _missing(own: Mapping[Series, float], other: Mapping[Series, float]) -> Iterable[str]:
    return (f"{family} {name}: not ours" for family, name in other.keys() - own.keys())


def _unequal(own: Mapping[Series, float], other: Mapping[Series, float]) -> Iterable[str]:
    for series in own.keys() & other.keys():
        if abs(own[series] - other[series]) > 1e-9 * max(1.0, abs(other[series])):
            yield f"{series[0]} {series[1]}: {own[series]:g} here, {other[series]:g} there"
