"""What must fail so that a device loses its power, its network or its service."""

from collections.abc import Callable, Iterable, Mapping

from inventory.cuts import ALWAYS, NEVER, Cuts, either, too_few
from inventory.situation import Situation


class FailureCuts:
    """Minimal cuts of every device's power, network and service in one situation."""

    def __init__(self, situation: Situation, bits: Mapping[str, int], most: int) -> None:
        """`bits` gives each device its bit; cuts have at most `most` failures."""
        self._most = most
        self._situation = situation
        self._devices = situation.center.devices
        self._bits = bits
        self._power: dict[str, Cuts] = {}
        self._source: dict[str, Cuts] = {}
        self._network: dict[str, Cuts] = {}
        self._traffic: dict[str, Cuts] = {}

    def service(self, name: str) -> Cuts:
        """What takes the device out of service."""
        if self._situation.needs_network(name):
            return self.carried_traffic(name)
        return self.powered_source(name)

    def _own(self, name: str) -> Cuts:
        return frozenset({self._bits[name] if self._situation.is_up(name) else 0})

    def power(self, name: str) -> Cuts:
        """What takes its lasting power away; batteries count as spent."""
        if name not in self._power:
            device = self._devices[name]
            self._power[name] = self._too_few(
                (
                    (self._situation.feed_elements(device, number), feed.device)
                    for number, feed in enumerate(device.feeds, 1)
                ),
                device.feeds_needed,
                self.powered_source,
            )
        return self._power[name]

    def powered_source(self, name: str) -> Cuts:
        """What stops a device from passing power on."""
        if name not in self._source:
            self._source[name] = either((self._own(name), self.power(name)), self._most)
        return self._source[name]

    def carried_traffic(self, name: str) -> Cuts:
        """What stops a device from connecting those below it."""
        if name not in self._traffic:
            ways = (self.powered_source(name), self.network(name))
            self._traffic[name] = either(ways, self._most)
        return self._traffic[name]

    def network(self, name: str) -> Cuts:
        """What disconnects it from what is above it."""
        if name not in self._network:
            device = self._devices[name]
            self._network[name] = self._too_few(
                (
                    (self._situation.uplink_elements(device, number), uplink.device)
                    for number, uplink in enumerate(device.uplinks, 1)
                ),
                device.uplinks_needed,
                self.carried_traffic,
            )
        return self._network[name]

    def _too_few(
        self,
        paths: Iterable[tuple[tuple[str, ...], str]],
        needed: int,
        above: Callable[[str], Cuts],
    ) -> Cuts:
        down = self._situation.down
        members = [above(source) if down.isdisjoint(parts) else ALWAYS for parts, source in paths]
        return too_few(members, needed, self._most) if members else NEVER
