"""Which part of a server a sensor belongs to, by the entity that its record names."""

_KINDS = {
    3: "cpu",
    4: "disk",
    5: "disk_bay",
    6: "management",
    7: "board",
    8: "memory_module",
    9: "cpu_module",
    10: "power_supply",
    11: "card",
    15: "drive_backplane",
    16: "backplane",
    19: "power_unit",
    20: "power_module",
    21: "power_board",
    23: "chassis",
    26: "disk",
    28: "management",
    29: "fan",
    30: "cooling",
    32: "memory",
    34: "system",
    35: "operating_system",
    37: "external",
    38: "battery",
    39: "cpu_blade",
    40: "battery",
    44: "bus",
    55: "air_inlet",
    64: "air_inlet",
    65: "cpu",
    66: "board",
}
"""By entity id (IPMI 2.0, table 43-13)."""
_DEVICE_RELATIVE = 0x60
_FAN_TYPES = frozenset({0x04, 0x0A})
_POWER_TYPES = frozenset({0x08, 0x09, 0xC6})


def component_of(entity: int, instance: int) -> str:
    """`kind:index`; empty where the record names no part."""
    kind = _KINDS.get(entity)
    if kind is None:
        return f"entity_{entity}:{_index(instance)}" if entity else ""
    return f"{kind}:{_index(instance)}"


def redundancy_component(sensor_type: int, instance: int) -> str:
    """The group of parts whose redundancy a sensor states (`power_supply_redundancy:1`)."""
    if sensor_type in _POWER_TYPES:
        return f"power_supply_redundancy:{_index(instance)}"
    if sensor_type in _FAN_TYPES:
        return f"fan_redundancy:{_index(instance)}"
    return f"redundancy:{_index(instance)}"


def _index(instance: int) -> int:
    instance &= 0x7F
    return instance - _DEVICE_RELATIVE if instance >= _DEVICE_RELATIVE else instance
