"""Where a BMC keeps what is worth reading: its tree is walked once, then only leaves are read."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from monitors.redfish.document import Document
from monitors.redfish.errors import ForbiddenError, NotFoundError
from monitors.redfish.session import RedfishSession

MOST_CHASSIS = 16
MOST_SYSTEMS = 4
MOST_PAGES = 8
MOST_INSIDE = 256
"""Drives, volumes, memory modules and processors of one BMC."""
MOST_LOGS = 3
_LOGS = frozenset({"sel", "iml", "eventlog", "event", "log", "log1", "systemevent", "activelog"})
"""Ids of logs, in lower case, that tell of the hardware; others hold posts, dumps and audits."""


@dataclass(frozen=True, slots=True)
class Expand:
    """Whether the BMC puts the members of a collection into it when asked (DSP0266, 7.3.1)."""

    query: str = ""
    deep_query: str = ""
    """The same, two levels down."""

    @classmethod
    def of(cls, root: Document) -> "Expand":
        """As the service root tells."""
        features = root.part("ProtocolFeaturesSupported").part("ExpandQuery")
        word = "." if features.flag("NoLinks") else "*" if features.flag("ExpandAll") else ""
        if not word:
            return cls()
        if not features.flag("Levels"):
            return cls(f"?$expand={word}", f"?$expand={word}")
        deep = 2 if (features.number("MaxLevels") or 1) >= 2 else 1
        return cls(f"?$expand={word}($levels=1)", f"?$expand={word}($levels={deep})")


@dataclass(slots=True)
class Tree:
    """Paths, as the BMC names them, with the query that expands them where it takes one."""

    expand: Expand = field(default_factory=Expand)
    systems: list[str] = field(default_factory=list)
    chassis: list[str] = field(default_factory=list)
    thermal: list[str] = field(default_factory=list)
    power: list[str] = field(default_factory=list)
    thermal_subsystems: list[str] = field(default_factory=list)
    power_subsystems: list[str] = field(default_factory=list)
    temperatures: list[str] = field(default_factory=list)
    """ThermalMetrics, where sensors cannot be read all at once."""
    sensors: list[str] = field(default_factory=list)
    fans: list[str] = field(default_factory=list)
    supplies: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    """Collections of entries."""
    firmware: str = ""
    """The BMC's own."""


class Walker:
    """Walks a BMC's tree. What is missing or forbidden on the way is left out."""

    def __init__(self, session: RedfishSession) -> None:
        self._session = session

    async def walk(self) -> Tree:
        """Raises NetError when the BMC cannot be asked at all."""
        root = await self._session.root()
        tree = Tree(Expand.of(root))
        for path in await self.members(root.link("Chassis"), MOST_CHASSIS):
            await self._walk_chassis(path, tree)
        managers = await self.members(root.link("Managers"), MOST_SYSTEMS)
        for path in await self.members(root.link("Systems"), MOST_SYSTEMS):
            await self._walk_system(path, tree)
        for path in managers[:1]:
            manager = await self._get(path)
            tree.firmware = manager.text("FirmwareVersion")
            if not tree.logs:
                await self._find_logs(manager, tree)
        return tree

    async def members(self, path: str, most: int) -> list[str]:
        """The paths of a collection's members."""
        found: list[str] = []
        async for page in self.pages(path):
            found += [member.path for member in page.parts("Members") if member.path]
        return found[:most]

    async def pages(self, path: str) -> AsyncIterator[Document]:
        """A collection, page by page."""
        for _ in range(MOST_PAGES):
            if not path:
                return
            page = await self._get(path)
            yield page
            path = page.next_page

    async def _get(self, path: str) -> Document:
        if not path:
            return Document({})
        try:
            return await self._session.get(path)
        except (NotFoundError, ForbiddenError):
            return Document({})

    async def _walk_chassis(self, path: str, tree: Tree) -> None:
        chassis = await self._get(path)
        tree.chassis.append(path)
        thermal, power = chassis.link("Thermal"), chassis.link("Power")
        new_thermal, new_power = chassis.link("ThermalSubsystem"), chassis.link("PowerSubsystem")
        tree.thermal += [thermal] if thermal else []
        tree.power += [power] if power else []
        if new_thermal and not thermal:
            await self._walk_thermal(new_thermal, tree)
        if new_power and not power:
            await self._walk_power(new_power, tree)
        if tree.expand.query and not (thermal and power) and chassis.link("Sensors"):
            tree.sensors.append(chassis.link("Sensors") + tree.expand.query)

    async def _walk_thermal(self, path: str, tree: Tree) -> None:
        subsystem = await self._get(path)
        tree.thermal_subsystems.append(path)
        tree.fans += await self._leaves(subsystem.link("Fans"), tree.expand.query)
        if not tree.expand.query and subsystem.link("ThermalMetrics"):
            tree.temperatures.append(subsystem.link("ThermalMetrics"))

    async def _walk_power(self, path: str, tree: Tree) -> None:
        subsystem = await self._get(path)
        tree.power_subsystems.append(path)
        supplies = subsystem.link("PowerSupplies")
        tree.supplies += await self._leaves(supplies, tree.expand.deep_query)

    async def _leaves(self, path: str, query: str) -> list[str]:
        """The collection itself where it can be expanded by a query, else its members."""
        if not path:
            return []
        return [path + query] if query else await self.members(path, MOST_INSIDE)

    async def _walk_system(self, path: str, tree: Tree) -> None:
        system = await self._get(path)
        tree.systems.append(path)
        for key in ("Memory", "Processors"):
            tree.inside += await self._leaves(system.link(key), tree.expand.query)
        for storage_path in await self.members(system.link("Storage"), MOST_SYSTEMS * 4):
            storage = await self._get(storage_path)
            tree.inside.append(storage_path)
            tree.inside += [drive.path for drive in storage.parts("Drives") if drive.path]
            for key in ("Volumes", "Controllers"):
                tree.inside += await self._leaves(storage.link(key), tree.expand.query)
        del tree.inside[MOST_INSIDE:]
        await self._find_logs(system, tree)

    async def _find_logs(self, owner: Document, tree: Tree) -> None:
        for path in await self.members(owner.link("LogServices"), MOST_CHASSIS):
            if path.rstrip("/").rpartition("/")[2].lower() not in _LOGS:
                continue
            service = await self._get(path)
            entries = service.link("Entries")
            if entries and service.flag("ServiceEnabled") is not False:
                tree.logs.append(entries)
        del tree.logs[MOST_LOGS:]
