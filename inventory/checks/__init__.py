"""What must hold between the parts of a center: one function per subject, all of them run."""

from collections.abc import Callable

from inventory.checks.access import check_access
from inventory.checks.desks import check_desks
from inventory.checks.gear import check_gear
from inventory.checks.monitoring import check_monitoring
from inventory.checks.names import check_names
from inventory.checks.network import check_network
from inventory.checks.power import check_power
from inventory.checks.pull import check_pull
from inventory.checks.racks import check_racks
from inventory.checks.reach import check_reach
from inventory.checks.redundancy import check_redundancy
from inventory.checks.virtual import check_virtual_addresses
from inventory.checks.walls import check_walls
from inventory.draft import Draft

CHECKS: tuple[Callable[[Draft], None], ...] = (
    check_names,
    check_racks,
    check_power,
    check_network,
    check_gear,
    check_redundancy,
    check_virtual_addresses,
    check_monitoring,
    check_reach,
    check_access,
    check_pull,
    check_walls,
    check_desks,
)

__all__ = ["CHECKS"]
