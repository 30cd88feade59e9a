"""Racks: every device stands inside its rack, and no two in the same unit."""

from inventory.draft import Draft
from inventory.model import Device


def check_racks(draft: Draft) -> None:
    """Rack names, units inside the rack, overlaps."""
    taken: dict[tuple[str, int], str] = {}
    for device in draft.devices.values():
        if device.rack is None:
            if device.at is not None:
                draft.report(
                    "devices", device.name, ("at",), "`at` needs a rack: add `rack`, or use `place`"
                )
            continue
        _check_units(draft, device, taken)


def _check_units(draft: Draft, device: Device, taken: dict[tuple[str, int], str]) -> None:
    if device.at is None:
        return
    units = device.units
    if not units or units[0] == 0:
        draft.report("devices", device.name, ("at",), f"{device.at}: lowest first, as in u12-13")
        return
    rack = draft.racks.get(str(device.rack))
    if rack is not None and units[-1] > rack.units:
        draft.report(
            "devices",
            device.name,
            ("at",),
            f"u{units[-1]} is above rack {rack.name}, which has {rack.units} units",
        )
    for unit in units:
        other = taken.setdefault((str(device.rack), unit), device.name)
        if other != device.name:
            place = draft.at("devices", other, "at")
            draft.report(
                "devices", device.name, ("at",), f"u{unit} is taken by {other} ({place}): move one"
            )
            return
