"""What gear calls its own parts: ports in the long form that its configuration prints, VLANs."""

import re
from collections.abc import Mapping

from inventory.gear import Platform

_CISCO = {
    "fa": "FastEthernet",
    "gi": "GigabitEthernet",
    "twe": "TwentyFiveGigE",
    "tw": "TwoGigabitEthernet",
    "te": "TenGigabitEthernet",
    "fo": "FortyGigabitEthernet",
    "hu": "HundredGigE",
    "lo": "Loopback",
}
_LONG: Mapping[Platform, Mapping[str, str]] = {
    Platform.IOS: _CISCO,
    Platform.IOSXE: _CISCO,
    Platform.NXOS: {"e": "Ethernet", "et": "Ethernet", "eth": "Ethernet", "lo": "loopback"},
    Platform.EOS: {
        "e": "Ethernet",
        "et": "Ethernet",
        "eth": "Ethernet",
        "ma": "Management",
        "lo": "Loopback",
    },
    Platform.JUNOS: {},
    Platform.FORTIOS: {},
    Platform.FRR: {},
}
_VLAN_INTERFACE = {
    Platform.IOS: "Vlan{}",
    Platform.IOSXE: "Vlan{}",
    Platform.NXOS: "Vlan{}",
    Platform.EOS: "Vlan{}",
    Platform.JUNOS: "irb.{}",
    Platform.FORTIOS: "vlan{}",
    Platform.FRR: "vlan{}",
}
_CHANNEL = {
    Platform.IOS: "Port-channel{}",
    Platform.IOSXE: "Port-channel{}",
    Platform.NXOS: "port-channel{}",
    Platform.EOS: "Port-Channel{}",
    Platform.JUNOS: "ae{}",
    Platform.FORTIOS: "agg{}",
    Platform.FRR: "bond{}",
}


def port_name(platform: Platform, short: str) -> str:
    """The long form of a port: `Gi1/0/12` is GigabitEthernet1/0/12 on IOS. Others stay."""
    found = re.fullmatch(r"([A-Za-z]+)(\d.*)", short)
    if found is None:
        return short
    written = found[1].lower()
    long = next((n for n in _LONG[platform].values() if n.lower() == written), None)
    return f"{long or _LONG[platform].get(written, found[1])}{found[2]}"


def vlan_interface(platform: Platform, vlan: int) -> str:
    """A switch's layer-3 interface in a VLAN."""
    return _VLAN_INTERFACE[platform].format(vlan)


def channel_name(platform: Platform, number: int) -> str:
    """A port channel."""
    return _CHANNEL[platform].format(number)


def tagged_name(platform: Platform, port: str, vlan: int) -> str:
    """A router's interface for a VLAN that is tagged on a port."""
    return f"{port}-{vlan}" if platform is Platform.FORTIOS else f"{port}.{vlan}"


def last_number(port: str) -> int:
    """The last number of a port's name, which people know it by; 0 for none."""
    numbers = re.findall(r"\d+", port)
    return int(numbers[-1]) if numbers else 0


def by_number(port: str) -> tuple[tuple[str, int], ...]:
    """A key that sorts ports as people do: Gi1/0/2 before Gi1/0/10."""
    return tuple((word, int(number or 0)) for word, number in re.findall(r"(\D*)(\d*)", port))
