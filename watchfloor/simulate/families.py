"""Our own recordings, one per family of gear, and what makes each instance of a family differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from inventory.nearest import hint
from watchfloor.simulate.errors import GearError
from watchfloor.simulate.recording import Recording

RECORDINGS = Path(__file__).parent / "recordings"

SYS_NAME, SYS_LOCATION = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0"
IF_NAME, IF_ALIAS = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.31.1.1.1.18"
_RPDU2 = "1.3.6.1.4.1.318.1.1.26"
_RPDU2_NAMES = tuple(f"{_RPDU2}.{column}.3.1" for column in ("2.1", "4.1.1", "4.2.1", "4.3.1"))
_RPDU2_OUTLETS = (f"{_RPDU2}.9.2.2.1.3", f"{_RPDU2}.9.2.3.1.3")
_CHASSIS_SERIALS = ("1.3.6.1.2.1.47.1.1.1.1.11.1", "1.3.6.1.2.1.47.1.1.1.1.11.1000")
_FORTIGATE_HA = "1.3.6.1.4.1.12356.101.13.2.1.1"


@dataclass(frozen=True, slots=True)
class Family:
    """Where a recording holds what is an instance's own, beside sysName. OIDs, dotted."""

    names: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    """Columns of outlet names, indexed by the outlet's number."""
    peer_names: tuple[str, ...] = ()
    """Where the other half of a pair is named."""


FAMILIES: Mapping[str, Family] = {
    "ats-apc": Family(
        ("1.3.6.1.4.1.318.1.1.8.4.1.0",),
        ("1.3.6.1.4.1.318.1.1.8.1.6.0",),
    ),
    "camera": Family(),
    "clock-meinberg": Family(serials=("1.3.6.1.4.1.5597.30.0.0.3.0",)),
    "console-linux": Family(),
    "firewall-fortigate": Family(
        (f"{_FORTIGATE_HA}.11.1",),
        ("1.3.6.1.4.1.12356.100.1.1.1.0", f"{_FORTIGATE_HA}.2.1", f"{_FORTIGATE_HA}.16.1"),
        peer_names=(f"{_FORTIGATE_HA}.11.2",),
    ),
    "generator": Family(serials=_CHASSIS_SERIALS[:1]),
    "kvm-console-server": Family(
        ("1.3.6.1.4.1.10418.16.2.1.1.0",),
        ("1.3.6.1.4.1.10418.16.2.1.4.0",),
    ),
    "pdu-apc-rpdu2": Family(_RPDU2_NAMES, (f"{_RPDU2}.2.1.9.1",), _RPDU2_OUTLETS),
    "pdu-apc-rpdu2-8": Family(_RPDU2_NAMES, (f"{_RPDU2}.2.1.9.1",), _RPDU2_OUTLETS),
    "recorder": Family(),
    "router": Family(serials=_CHASSIS_SERIALS[:1]),
    "sensor-apc-uio": Family(),
    "server-linux": Family(),
    "switch-access": Family(serials=_CHASSIS_SERIALS),
    "switch-core": Family(serials=_CHASSIS_SERIALS),
    "ups-apc": Family(
        ("1.3.6.1.4.1.318.1.1.1.1.1.2.0",),
        ("1.3.6.1.4.1.318.1.1.1.1.2.3.0",),
    ),
    "ups-rfc1628": Family(("1.3.6.1.2.1.33.1.1.5.0",)),
    "wall-processor": Family(),
}


@dataclass(frozen=True, slots=True)
class Instance:
    """What is a device's own among others of its family."""

    name: str
    location: str = ""
    serial: str = ""
    peer: str = ""
    outlets: Mapping[int, str] | None = None
    """Outlet number to the name of what hangs there; an outlet that is not named keeps its own."""
    ports: Mapping[str, str] | None = None
    """ifName to what is at the other end (ifAlias); a port that does not exist is an error."""


def family_recording(family: str, instance: Instance) -> Recording:
    """A recording of this family that says it is this instance. Raises GearError."""
    known = FAMILIES.get(family)
    if known is None:
        raise GearError(f"no recording of a {family}: {hint(family, FAMILIES)}")
    base = _shipped(family)
    values = dict.fromkeys((SYS_NAME, *known.names), instance.name)
    values |= dict.fromkeys(known.serials, instance.serial) if instance.serial else {}
    values |= dict.fromkeys(known.peer_names, instance.peer) if instance.peer else {}
    values |= {SYS_LOCATION: instance.location} if instance.location else {}
    values |= _outlet_names(known.outlets, instance)
    values |= _port_aliases(base, instance)
    return base.with_values(values)


def port_index(recording: Recording, name: str) -> int:
    """The ifIndex of the port with this ifName. Raises GearError when there is none."""
    wanted = name.encode()
    for row in recording.under(IF_NAME):
        if row.value == wanted:
            return row.name[-1]
    names = [row.value.decode() for row in recording.under(IF_NAME) if isinstance(row.value, bytes)]
    raise GearError(f"no port {name}: {hint(name, names)}")


def port_names(family: str) -> frozenset[str]:
    """The ports (ifName) that a family's recording has."""
    rows = _shipped(family).under(IF_NAME)
    return frozenset(row.value.decode() for row in rows if isinstance(row.value, bytes))


@lru_cache(maxsize=32)
def _shipped(family: str) -> Recording:
    """Parsed once; instances are copies that share its rows."""
    return Recording.load(RECORDINGS / f"{family}.snmprec")


def _outlet_names(columns: Sequence[str], instance: Instance) -> dict[str, str]:
    outlets = instance.outlets or {}
    return {f"{column}.{number}": name for column in columns for number, name in outlets.items()}


def _port_aliases(base: Recording, instance: Instance) -> dict[str, str]:
    ports = instance.ports or {}
    return {f"{IF_ALIAS}.{port_index(base, name)}": far_end for name, far_end in ports.items()}
