"""USB disks and sticks: consoles have none, other hosts as the baseline says (CJIS MP-7)."""

from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.change import Change, CommandChange, RemovalChange, file_change
from deploy.hardening.module_blocks import blocked
from deploy.rendering import render
from inventory.facts import modules as facts_of_modules
from inventory.facts.collect import HostFacts
from inventory.facts.modules import UDEV_FILE, USB_FILE, ModulesFacts
from inventory.facts.textfile import file_at
from inventory.model import Center, Device, Kind

FACTS = ("modules",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False

_DRIVERS = ("uas", "usb-storage")
_RULES_RELOAD = ("udevadm", "control", "--reload")


@dataclass(frozen=True, slots=True)
class UsbDesired:
    """Which USB disks a host may use."""

    devices: tuple[str, ...]
    """`vendor:product`; with none, the drivers themselves are kept out."""


def applies(center: Center, device: Device) -> bool:
    """Always on consoles, where strangers' sticks would come; else as the baseline says."""
    base = device.baseline or center.baseline
    return device.kind is Kind.CONSOLE or base.usb_storage == "blocked"


def desired(center: Center, device: Device) -> UsbDesired:
    """From the baseline."""
    return UsbDesired((device.baseline or center.baseline).usb_storage_devices)


def diff(wanted: UsbDesired, facts: ModulesFacts) -> Difference:
    """A rule for udev that refuses all others, and no driver where none is allowed."""
    rules = file_change(
        file_at(facts.files, UDEV_FILE), render("usb-storage.rules.j2", devices=wanted.devices)
    )
    changes: list[Change] = [rules] if rules is not None else []
    if rules is not None and facts.has_udev:
        changes.append(CommandChange(title="let udev read its rules", command=_RULES_RELOAD))
    if not wanted.devices:
        drivers = blocked(_DRIVERS, facts, USB_FILE)
        return Difference((*changes, *drivers.changes), unmet=drivers.unmet, notes=drivers.notes)
    if file_at(facts.files, USB_FILE).exists:
        changes.append(RemovalChange(path=USB_FILE, reason="some USB disks are allowed"))
    note = f"USB disks that may be used: {', '.join(wanted.devices)}"
    return Difference(tuple(changes), notes=(note,))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_modules))
