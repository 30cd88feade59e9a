"""One situation of a center: which elements are down, and what follows for power and network.

Power and network paths are directed: a device hangs from its feeds and its uplinks. The loader
refuses cycles in either; they are refused here as well, since a cycle has no meaning.
"""

from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from weakref import WeakMethod

from inventory.errors import WatchfloorError
from inventory.model import Center, Device, Kind

RIDES_THROUGH = frozenset({Kind.UPS})
FORWARDS = frozenset({Kind.SWITCH, Kind.ROUTER, Kind.FIREWALL, Kind.LINK})
GIVES_POWER = frozenset({Kind.UTILITY, Kind.GENERATOR, Kind.ATS, Kind.UPS, Kind.PDU})
"""Their uplink is for management: without it, or silent, they can still pass power."""


class CycleError(WatchfloorError):
    """A device that would hang from itself."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(f"{' -> '.join(path)}: feeds and uplinks must not form a circle")


class Situation:
    """Which elements are down, and the answers that follow. Answers are computed once each."""

    def __init__(self, center: Center, down: frozenset[str]) -> None:
        self.center = center
        self.down = down
        self.powered = _remember(self._powered)
        self.sustained = _remember(self._sustained)
        self.connected = _remember(self._connected)

    def is_up(self, name: str) -> bool:
        """Whether the device itself works."""
        return name not in self.down

    def live_feeds(self, device: Device, *, on_battery: bool) -> int:
        """How many feeds carry power; `on_battery` counts those behind a UPS on its battery."""
        numbers = range(1, len(device.feeds) + 1)
        return sum(self.feed_is_live(device, n, on_battery=on_battery) for n in numbers)

    def feed_is_live(self, device: Device, number: int, *, on_battery: bool) -> bool:
        """Whether one feed (counted from 1) carries power; `on_battery` as for `live_feeds`."""
        source = device.feeds[number - 1].device
        source_lives = self.powered if on_battery else self.sustained
        return (
            self.down.isdisjoint(self.feed_elements(device, number))
            and self.is_up(source)
            and source_lives(source)
        )

    def feed_elements(self, device: Device, number: int) -> tuple[str, ...]:
        """The parts along one feed (counted from 1) that can fail alone."""
        feed = device.feeds[number - 1]
        return (f"feed:{device.name}/{feed}", f"supply:{device.name}/{number}", f"outlet:{feed}")

    def uplink_elements(self, device: Device, number: int) -> tuple[str, ...]:
        """The parts along one uplink (counted from 1) that can fail alone."""
        return (f"uplink:{device.name}/{number}", f"port:{device.uplinks[number - 1]}")

    def _has_power(self, device: Device, *, on_battery: bool) -> bool:
        if not device.feeds:
            return True
        return self.live_feeds(device, on_battery=on_battery) >= device.feeds_needed

    def _powered(self, name: str) -> bool:
        """Whether it has power now, be it from a battery."""
        device = self.center.devices[name]
        if device.kind in RIDES_THROUGH and f"battery:{name}" not in self.down:
            return True
        return self._has_power(device, on_battery=True)

    def _sustained(self, name: str) -> bool:
        """Whether it has power that lasts: batteries count as spent."""
        return self._has_power(self.center.devices[name], on_battery=False)

    def uplink_is_live(self, device: Device, number: int) -> bool:
        """Whether one uplink (counted from 1) leads to working gear that is connected itself."""
        above = device.uplinks[number - 1].device
        return (
            self.down.isdisjoint(self.uplink_elements(device, number))
            and self.is_up(above)
            and self.powered(above)
            and self.connected(above)
        )

    def _connected(self, name: str) -> bool:
        """Whether enough uplinks lead upwards; true for what has none."""
        device = self.center.devices[name]
        if not device.uplinks:
            return True
        live = sum(self.uplink_is_live(device, n) for n in range(1, len(device.uplinks) + 1))
        return live >= device.uplinks_needed

    def in_service(self, name: str) -> bool:
        """Itself not down, powered, and connected upwards where its work needs a network."""
        return (
            self.is_up(name)
            and self.powered(name)
            and (not self.needs_network(name) or self.connected(name))
        )

    def needs_network(self, name: str) -> bool:
        """Whether a device without a network path is out of service."""
        return self.center.devices[name].kind not in GIVES_POWER

    def reachable_from(self, observer: str) -> frozenset[str]:
        """The devices to which a path of working gear leads; their own state does not matter."""
        neighbours = self._live_neighbours()
        seen = {observer}
        queue = deque([observer])
        while queue:
            here = queue.popleft()
            for there in neighbours.get(here, ()):
                if there not in seen:
                    seen.add(there)
                    if self._forwards(there):
                        queue.append(there)
        return frozenset(seen)

    def _forwards(self, name: str) -> bool:
        device = self.center.devices[name]
        return device.kind in FORWARDS and self.is_up(name) and self.powered(name)

    def _live_neighbours(self) -> Mapping[str, list[str]]:
        neighbours: dict[str, list[str]] = {}
        for device in self.center.devices.values():
            for number, uplink in enumerate(device.uplinks, 1):
                if self.down.isdisjoint(self.uplink_elements(device, number)):
                    neighbours.setdefault(device.name, []).append(uplink.device)
                    neighbours.setdefault(uplink.device, []).append(device.name)
        return neighbours


def _remember(question: Callable[[str], bool]) -> Callable[[str], bool]:
    """Answers each name once, and refuses to walk in a circle.

    It does not keep alive whose question it is: the situation keeps the answers, and a circle of
    the two would stay in memory, with everything that was asked, until the collector comes by.
    """
    asked: list[str] = []
    ask = WeakMethod(question)

    @cache
    def answer(name: str) -> bool:
        if name in asked:
            raise CycleError((*asked[asked.index(name) :], name))
        asked.append(name)
        try:
            method = ask()
            assert method is not None  # the situation is being asked, so it is there
            return method(name)
        finally:
            asked.pop()

    return answer
