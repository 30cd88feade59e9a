"""Small profiles of a device that does not exist, and their readings of its answers."""

from collections.abc import Mapping

from monitors.profiles.compiled import CompiledProfile
from monitors.profiles.layout import Layout
from monitors.profiles.schema import Profile
from monitors.reading import Reading
from monitors.snmp import ber
from monitors.snmp.oid import encode_oid

BASE = "1.3.6.1.4.1.99999.1"
ENTRY = "1.3.6.1.4.1.99999.2.1"
HEAD = {
    "format": 1,
    "profile": "gear",
    "title": "Gear",
    "source": "GEAR-MIB",
    "recognise": {"object_id": ["1.3.6.1.4.1.99999"]},
    "states": {
        "supply": {"ok": {1: "good"}, "warning": {2: "weak"}, "critical": {3: "failed"}},
        "quiet": {"ok": {1: "good", 3: "nobody cares"}},
        "bay": {"ok": {1: "good"}, "absent": {6: "notInstalled"}},
    },
}
Value = int | str | bytes


def tlv(value: Value) -> bytes:
    if isinstance(value, int):
        return ber.write_integer(value)
    return ber.write(ber.OCTET_STRING, value.encode() if isinstance(value, str) else value)


def values(rows: Mapping[str, Value]) -> dict[bytes, bytes]:
    return {encode_oid(oid): tlv(value) for oid, value in rows.items()}


def compiled(**parts: object) -> CompiledProfile:
    return CompiledProfile(Profile.model_validate({**HEAD, **parts}))


def scalar(**spec: object) -> CompiledProfile:
    return compiled(scalars=[{"oid": f"{BASE}.0", "name": "It", "class": "voltage", **spec}])


def table(*sensors: dict[str, object], **more: object) -> CompiledProfile:
    return compiled(tables=[{"entry": ENTRY, "sensors": list(sensors), **more}])


def readings(
    profile: CompiledProfile, rows: Mapping[str, Value], expected: tuple[str, ...] = ()
) -> tuple[Reading, ...]:
    found = values(rows)
    return tuple(Layout([profile], found, expected).readings(found))
