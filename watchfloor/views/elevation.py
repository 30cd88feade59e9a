"""A rack from top to bottom."""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.model import Center, Device, Rack


@dataclass(frozen=True, slots=True)
class Row:
    """One device or one run of free units; `units` is empty for what stands in no unit."""

    units: str
    device: Device | None


def elevation(center: Center, rack: Rack) -> list[Row]:
    """The rack's units, highest first, and then what hangs at its sides."""
    inside = [device for device in center.devices.values() if device.rack == rack.name]
    standing = [device for device in inside if device.units]
    beside = [Row("", device) for device in inside if not device.units]
    return [*_descend(rack, standing), *beside]


def _descend(rack: Rack, standing: list[Device]) -> Iterator[Row]:
    free_from = rack.units
    for device in sorted(standing, key=lambda d: d.units[-1], reverse=True):
        if device.units[-1] < free_from:
            yield Row(_units(device.units[-1] + 1, free_from), None)
        yield Row(_units(device.units[0], device.units[-1]), device)
        free_from = device.units[0] - 1
    if free_from:
        yield Row(_units(1, free_from), None)


def _units(low: int, high: int) -> str:
    return f"u{low}" if low == high else f"u{low}-{high}"
