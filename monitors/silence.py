"""What silence means: dead, cut off by something else, or only not speaking. Pure."""

from collections.abc import Iterable, Mapping
from enum import Enum

from inventory.elements import Element, owner_of
from inventory.model import Device
from inventory.situation import GIVES_POWER
from inventory.topology import Health, Power, Topology
from monitors.health import DeviceHealth, Part
from monitors.reading import State


def supply_numbers(parts: Iterable[Part]) -> dict[str, int]:
    """Power supply -> the number of the feed that it hangs from, counted from 1.

    By their own numbers; by their order where the device does not count them from 1.
    """
    supplies = [part for part in parts if part.kind == "power_supply"]
    counted = {part.index for part in supplies} == {str(n + 1) for n in range(len(supplies))}
    return {
        part.id: int(part.index) if counted else position
        for position, part in enumerate(supplies, 1)
    }


def settle_silence(
    topology: Topology,
    devices: Mapping[str, DeviceHealth],
    states: Mapping[Element, Health],
    observer: str | None,
) -> dict[Element, Health]:
    """Silent and within reach is down; silent behind something that failed is unknown.

    Of a device without uplinks, nobody knows a path that could have failed. A silent device that
    others still answer through is not down either: it only does not speak. Power gear is down
    only when what it feeds says so.
    """
    silent = {name for name, health in devices.items() if health.silent}
    if not silent:
        return {}
    known = topology.center.devices
    status = topology.assess({**states, **dict.fromkeys(silent, Health.DOWN)}, observer).devices
    passing = {
        owner_of(status[name].cause)
        for name, health in devices.items()
        if health.answering and not status[name].reachable
    }
    evidence = PowerEvidence(known, devices, states)

    def is_down(name: str) -> bool:
        if name in passing or status[name].power is Power.LOST:
            return False
        if known[name].kind in GIVES_POWER:
            return evidence.of(name) is Flow.DEAD
        return status[name].reachable or not known[name].uplinks

    return {name: Health.DOWN if is_down(name) else Health.UNKNOWN for name in silent}


class Flow(Enum):
    """What is known of the power that a piece of gear passes on."""

    ALIVE = 1
    DEAD = 2
    UNKNOWN = 3


class PowerEvidence:
    """Whether silent power gear still passes power: those that it feeds tell."""

    def __init__(
        self,
        devices: Mapping[str, Device],
        healths: Mapping[str, DeviceHealth],
        states: Mapping[Element, Health],
    ) -> None:
        self._devices = devices
        self._healths = healths
        self._states = states
        self._fed: dict[str, list[tuple[Device, int]]] = {}
        for device in devices.values():
            for number, feed in enumerate(device.feeds, 1):
                self._fed.setdefault(feed.device, []).append((device, number))

    def of(self, name: str) -> Flow | None:
        """Alive if anything that it feeds lives by it; dead if something says so or all is silent.

        A single witness of life outweighs all others: a supply can fail by itself, power cannot
        be there by itself.
        """
        votes = [
            self._vote(device, number)
            for device, number in self._fed.get(name, ())
            if device.name in self._healths
        ]
        if Flow.ALIVE in votes:
            return Flow.ALIVE
        if Flow.DEAD in votes or (votes and all(vote is None for vote in votes)):
            return Flow.DEAD
        return Flow.UNKNOWN

    def _vote(self, device: Device, number: int) -> Flow | None:
        """What one consumer tells of one of its feeds; None when it is silent as well."""
        health = self._healths[device.name]
        # A strip's or switch-over's own supplies feed its controller: they hang from no one feed.
        supply = None if device.kind in GIVES_POWER else self._supply(health, number)
        if supply is not None:
            return Flow.DEAD if supply is State.CRITICAL else Flow.ALIVE
        only_feed = len(device.feeds) == 1
        if health.silent:
            if device.kind not in GIVES_POWER:
                return None
            passed_on = self.of(device.name)
            return passed_on if only_feed and passed_on is not Flow.UNKNOWN else None
        feed = f"feed:{device.name}/{device.feeds[number - 1]}"
        if self._states.get(feed) is Health.DOWN:
            return Flow.DEAD
        return Flow.ALIVE if only_feed and health.answering else Flow.UNKNOWN

    def _supply(self, health: DeviceHealth, number: int) -> State | None:
        """The state of the supply on a feed; None when nothing recent tells it."""
        if not any(p.succeeded and not p.failing for p in health.protocols.values()):
            return None
        numbers = supply_numbers(health.parts)
        states = {numbers[part.id]: part.state for part in health.parts if part.id in numbers}
        state = states.get(number)
        return state if state in (State.OK, State.CRITICAL) else None
