"""A whole center's simulated gear in one process, with faults injected and cleared at run time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from watchfloor.simulate.device import Address, RunningDevice, SimulatedDevice
from watchfloor.simulate.device_faults import supply_lost
from watchfloor.simulate.errors import FaultError, GearError
from watchfloor.simulate.faults import FAULTS, Injection, parse_injection
from watchfloor.simulate.power import PowerPicture, power_picture
from watchfloor.simulate.power_faults import source_lost

OUTLET_OFF = "outlet-off"
_SUPPLIES = 2
"""How many power supplies, or sources, the simulated devices can show."""


class Gear:
    """Runs the devices. A fault that takes power away is felt by all that hangs from it."""

    def __init__(self, devices: Iterable[SimulatedDevice]) -> None:
        described = list(devices)
        self.devices: Mapping[str, RunningDevice] = {
            device.name: RunningDevice(device) for device in described
        }
        if len(self.devices) != len(described):
            raise GearError("two simulated devices share a name: each needs its own")
        self._injections: list[Injection] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            for device in self.devices.values():
                await device.start(self._stack)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    @property
    def injected(self) -> tuple[Injection, ...]:
        """The faults that are in force, in the order in which they were asked for."""
        return tuple(self._injections)

    def addresses(self) -> Mapping[str, Address]:
        """`device/protocol` to where it is spoken, as an endpoint map wants it."""
        return {
            f"{name}/{protocol}": address
            for name, device in self.devices.items()
            for protocol, address in device.addresses().items()
        }

    def inject(self, text: str) -> Injection:
        """Puts `DEVICE:FAULT[=WHAT]` in force at once. Raises FaultError and changes nothing."""
        injection = parse_injection(text, self.devices)
        if injection.fault.momentary:
            injection.fault.apply(self.devices[injection.device], injection.what)
            return injection
        before = self._affected()
        if injection not in self._injections:
            self._injections.append(injection)
        try:
            self._settle(before | {injection.device})
        except (FaultError, GearError):
            self._injections.remove(injection)
            self._settle(before | {injection.device})
            raise
        return injection

    def clear(self, text: str = "") -> tuple[Injection, ...]:
        """Ends one fault (`DEVICE:FAULT[=WHAT]`), all of a device (`DEVICE`), or all (empty).

        Returns what ended. Raises FaultError when nothing of the kind is in force.
        """
        ended = tuple(each for each in self._injections if text in ("", each.device, str(each)))
        if text and not ended:
            active = ", ".join(map(str, self._injections)) or "none"
            raise FaultError(f"{text} is not in force; in force: {active}")
        before = self._affected()
        self._injections = [each for each in self._injections if each not in ended]
        self._settle(before)
        return ended

    def _affected(self) -> set[str]:
        """Every device that now shows a fault, its own or one that follows."""
        picture = self._picture()
        return {each.device for each in self._injections} | picture.dark | set(picture.lost_feeds)

    def _settle(self, before: set[str]) -> None:
        """Sets right every device that showed a fault or shows one now."""
        picture = self._picture()
        for name in before | self._affected():
            device = self.devices.get(name)
            if device is not None:
                device.restore()
                self._apply(device, picture)

    def _apply(self, device: RunningDevice, picture: PowerPicture) -> None:
        name = device.device.name
        _feel_lost_feeds(device, picture.lost_feeds.get(name, ()))
        for injection in self._injections:
            if injection.device == name:
                injection.fault.apply(device, injection.what)
        # Who cuts the power decides by its own fault whether it still answers.
        cuts = any(i.device == name and i.fault.cuts_power for i in self._injections)
        if name in picture.dark and not cuts:
            device.on_the_wire(silence=True)

    def _picture(self) -> PowerPicture:
        cut = {each.device for each in self._injections if each.fault.cuts_power}
        cut |= {
            f"{each.device}/{each.what}"
            for each in self._injections
            if each.fault.name == OUTLET_OFF
        }
        feeds = {name: device.device.feeds for name, device in self.devices.items()}
        kinds = {name: device.device.kind for name, device in self.devices.items()}
        return power_picture(feeds, kinds, cut)


def _feel_lost_feeds(device: RunningDevice, numbers: Sequence[int]) -> None:
    """What a device shows when some of its feeds are gone and it goes on."""
    kind = device.device.kind
    if kind == "ups":
        on_battery = FAULTS["on-battery"]
        if len(numbers) == len(device.device.feeds) and on_battery.fits(device):
            on_battery.apply(device, "")
        return
    for number in numbers:
        if number > _SUPPLIES:
            continue
        if device.family == "ats-apc":
            source_lost(device, "AB"[number - 1])
        else:
            supply_lost(device, str(number))
