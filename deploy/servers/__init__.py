"""What makes a host a server of its roles: its areas, in the order in which they are done."""

from types import ModuleType

from deploy.servers import log, mirror, prometheus, pull, virtual_address, watchfloor

AREAS: tuple[ModuleType, ...] = (log, mirror, watchfloor, prometheus, virtual_address, pull)
