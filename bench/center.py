"""Generated centers: many devices that are all the load agent, and the profile that reads it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.gear import V3_AUTH, V3_PRIV, V3_USER
from inventory.endpoints import EndpointMap

SECRETS = {
    "BENCH_COMMUNITY": "public",
    "BENCH_AUTH": V3_AUTH,
    "BENCH_PRIV": V3_PRIV,
    "BENCH_BMC": "monitor-secret",
}
CREDENTIALS = {
    "v2c": {"purpose": "monitor", "protocol": "snmp-v2c", "secret": "env:BENCH_COMMUNITY"},
    "v3": {
        "purpose": "monitor",
        "protocol": "snmp-v3",
        "user": V3_USER,
        "secret": "env:BENCH_AUTH",
        "privacy_secret": "env:BENCH_PRIV",
        "authentication": "sha1",
        "privacy": "aes128",
    },
    "redfish": {
        "purpose": "monitor",
        "protocol": "redfish",
        "user": "monitor",
        "secret": "env:BENCH_BMC",
    },
    "bmc": {"purpose": "monitor", "protocol": "ipmi", "user": "monitor", "secret": "env:BENCH_BMC"},
}

COUNTS = {
    2: {
        1: "index",
        4: "mtu",
        5: "speed",
        9: "last change",
        10: "in octets",
        11: "in unicasts",
        12: "in other packets",
        13: "in discards",
        14: "in errors",
        15: "in unknown protocols",
        16: "out octets",
        17: "out unicasts",
        18: "out other packets",
        19: "out discards",
        20: "out errors",
        21: "out queue",
    },
    31: {
        2: "in multicasts",
        3: "in broadcasts",
        4: "out multicasts",
        5: "out broadcasts",
        6: "in octets 64",
        7: "in unicasts 64",
        8: "in multicasts 64",
        9: "in broadcasts 64",
        10: "out octets 64",
        11: "out unicasts 64",
        12: "out multicasts 64",
        13: "out broadcasts 64",
        15: "speed in megabits",
    },
}
"""ifTable and ifXTable (RFC 2863): the columns that are numbers and no states."""
ENTRIES = {2: "1.3.6.1.2.1.2.2.1", 31: "1.3.6.1.2.1.31.1.1.1"}
UPS = "1.3.6.1.2.1.33.1"
UPS_COUNTS = {"3.1.0": "Input line bads", "3.2.0": "Input lines", "4.3.0": "Output lines"}
"""UPS-MIB (RFC 1628): what Watchfloor's own profile for it does not read."""


def profile() -> dict[str, object]:
    """Everything that the load agent has and the shipped profiles leave out, as a profile."""
    labels = {
        "descr": 2,
        "type": 3,
        "physical": 6,
        "admin": 7,
        "name": f"{ENTRIES[31]}.1",
        "alias": f"{ENTRIES[31]}.18",
    }
    return {
        "format": 1,
        "profile": "bench-interfaces",
        "title": "Every column of the interfaces, for the bench",
        "source": "IF-MIB (RFC 2863), UPS-MIB (RFC 1628)",
        "recognise": {"probe": [ENTRIES[2]]},
        "scalars": [
            {"oid": f"{UPS}.{oid}", "class": "count", "name": name}
            for oid, name in UPS_COUNTS.items()
        ]
        + [
            {"oid": f"{UPS}.{oid}", "class": "state", "name": name, "states": "text"}
            for oid, name in {"1.1.0": "Maker", "1.5.0": "Own name"}.items()
        ],
        "states": {"text": {"otherwise": "ok"}},
        "tables": [
            {
                "entry": ENTRIES[2],
                "labels": labels,
                "sensors": [
                    _count(f"{ENTRIES[table]}.{column}", what)
                    for table, columns in COUNTS.items()
                    for column, what in columns.items()
                ],
            }
        ],
    }


def _count(column: str, what: str) -> dict[str, object]:
    return {
        "column": column,
        "class": "count",
        "name": "{name|index} " + what,
        "component": "port:{name|index}",
    }


Devices = dict[str, dict[str, object]]
"""Name -> what the inventory says of the device."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A center's folder and where its devices answer."""

    folder: Path
    endpoints: Path

    @property
    def environment(self) -> dict[str, str]:
        """The secrets that the inventory refers to."""
        return {**os.environ, **SECRETS}


def snmp_center(
    folder: Path, devices: int, port: int, *, version: str = "v2c", silent: Sequence[int] = ()
) -> Bench:
    """A center of so many switches at addresses of 127/8. Nothing answers for the silent ones."""
    gone = set(silent)
    endpoints = {
        f"{_name(number)}/snmp": (address(number), 9 if number in gone else port)
        for number in range(devices)
    }
    kinds: Devices = {
        _name(n): {"kind": "switch", "address": _planned(n), "monitoring": {"snmp": version}}
        for n in range(devices)
    }
    return _write(folder, kinds, endpoints)


def ipmi_center(folder: Path, ports: Sequence[int]) -> Bench:
    """A center of servers whose BMCs answer at these ports of loopback."""
    devices: Devices = {
        _name(n): {"kind": "server", "bmc": _planned(n), "monitoring": {"ipmi": "bmc"}}
        for n in range(len(ports))
    }
    endpoints = {f"{_name(n)}/ipmi": ("127.0.0.1", port) for n, port in enumerate(ports)}
    return _write(folder, devices, endpoints)


def redfish_center(folder: Path, count: int, port: int, sha256: str) -> Bench:
    """A center of servers whose BMCs all speak Redfish at one port of loopback."""
    monitoring = {"redfish": "redfish", "redfish_tls": {"sha256": sha256}}
    devices: Devices = {
        _name(n): {"kind": "server", "bmc": _planned(n), "monitoring": monitoring}
        for n in range(count)
    }
    return _write(folder, devices, {f"{name}/redfish": ("127.0.0.1", port) for name in devices})


def _write(folder: Path, devices: Devices, endpoints: dict[str, tuple[str, int]]) -> Bench:
    (folder / "profiles").mkdir(parents=True, exist_ok=True)
    (folder / "profiles" / "bench-interfaces.yaml").write_text(yaml.safe_dump(profile()))
    center = {
        "format": 1,
        "center": {"name": "bench", "title": "Bench", "timezone": "UTC", "interval_s": 60},
        "networks": {"gear": {"cidr": "10.20.0.0/16"}},
        "credentials": CREDENTIALS,
        "devices": devices,
    }
    (folder / "center.yaml").write_text(yaml.safe_dump(center, sort_keys=False))
    where = folder / "map" / "endpoints.yaml"
    EndpointMap(endpoints).save(where)
    return Bench(folder, where)


def _name(number: int) -> str:
    return f"d{number:04}"


def _planned(number: int) -> str:
    """The address that the inventory plans; the endpoint map leads to the agent instead."""
    return f"10.20.{number // 200}.{number % 200 + 1}"


def address(number: int) -> str:
    """The loopback address of a device."""
    return f"127.20.{number // 200}.{number % 200 + 1}"
