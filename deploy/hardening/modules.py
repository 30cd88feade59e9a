"""Kernel modules that nothing here needs cannot be loaded: rare file systems and protocols."""

from dataclasses import dataclass

from deploy.area import Difference, Vantage, everywhere
from deploy.hardening.module_blocks import blocked
from inventory.facts import modules as facts_of_modules
from inventory.facts.collect import HostFacts
from inventory.facts.modules import MODULES_FILE, ModulesFacts, plain
from inventory.model import Center, Device

FACTS = ("modules",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere


@dataclass(frozen=True, slots=True)
class ModulesDesired:
    """The modules that are kept out."""

    names: tuple[str, ...]


def desired(center: Center, device: Device) -> ModulesDesired:
    """From the baseline."""
    return ModulesDesired((device.baseline or center.baseline).blocked_modules)


def diff(wanted: ModulesDesired, facts: ModulesFacts) -> Difference:
    """A file system that is mounted, or is part of the kernel, stays; people are told."""
    # What another machine uses is no business of its guest's.
    kept = frozenset() if facts.is_container else facts.builtin | _mounted(facts)
    names = tuple(name for name in wanted.names if plain(name) not in kept)
    found = blocked(names, facts, MODULES_FILE)
    left = tuple(name for name in wanted.names if name not in names)
    notes = (f"left, because in use or in the kernel itself: {', '.join(left)}",) if left else ()
    return Difference(found.changes, unmet=found.unmet, notes=(*found.notes, *notes))


def _mounted(facts: ModulesFacts) -> frozenset[str]:
    """File systems that are mounted and come from a module."""
    return facts.loaded & facts.mounted


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_modules))
