"""Desks: only a console has one."""

from inventory.draft import Draft
from inventory.model import Kind


def check_desks(draft: Draft) -> None:
    """What is said of a desk where nobody sits would never be done."""
    for device in draft.devices.values():
        if device.desk is not None and device.kind is not Kind.CONSOLE:
            draft.report(
                "devices",
                device.name,
                ("desk",),
                f"{device.name} is a {device.kind}: only a console has a desk",
            )
