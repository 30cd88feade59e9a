"""A whole center's simulated gear in one process, with faults injected and cleared at run time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from watchfloor.simulate.announcing import Listeners, announce, announce_start
from watchfloor.simulate.device import Address, RunningDevice, SimulatedDevice
from watchfloor.simulate.device_faults import supply_lost
from watchfloor.simulate.errors import FaultError, GearError, SimulateError
from watchfloor.simulate.faults import FAULTS, Injection, parse_injection
from watchfloor.simulate.power import PowerPicture, cut_off, power_picture
from watchfloor.simulate.power_faults import source_lost

OUTLET_OFF = "outlet-off"
_SUPPLIES = 2
"""How many power supplies, or sources, the simulated devices can show."""


@dataclass(frozen=True, slots=True)
class Symptoms:
    """Why a device is not well: its own faults, and what has become of its feeds."""

    injections: tuple[Injection, ...]
    lost_feeds: tuple[int, ...]
    dark: bool
    cut_off: bool


class Gear:
    """Runs the devices. A fault that takes power away is felt by all that hangs from it."""

    def __init__(
        self, devices: Iterable[SimulatedDevice], listeners: Listeners | None = None
    ) -> None:
        """`listeners` hear from each device whose symptoms change, unless it is dead."""
        described = list(devices)
        self.devices: Mapping[str, RunningDevice] = {
            device.name: RunningDevice(device) for device in described
        }
        if len(self.devices) != len(described):
            raise GearError("two simulated devices share a name: each needs its own")
        self._listeners = listeners or Listeners()
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
            device = self.devices[injection.device]
            injection.fault.apply(device, injection.what)
            announce_start(device, self._listeners)
            return injection
        before = self._symptoms()
        if injection not in self._injections:
            self._injections.append(injection)
        try:
            self._settle(before)
        except SimulateError:
            self._injections.remove(injection)
            self.devices[injection.device].restore()
            self._settle({injection.device: None})
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
        before = self._symptoms()
        self._injections = [each for each in self._injections if each not in ended]
        self._settle(before)
        return ended

    def _symptoms(self) -> dict[str, Symptoms]:
        """What every device that is not well shows."""
        picture = self._picture()
        unreachable = cut_off(
            {name: device.device.uplinks for name, device in self.devices.items()}, picture.dark
        )
        injected = {each.device for each in self._injections}
        names = injected | picture.dark | unreachable | set(picture.lost_feeds)
        return {
            name: Symptoms(
                tuple(each for each in self._injections if each.device == name),
                picture.lost_feeds.get(name, ()),
                name in picture.dark,
                name in unreachable,
            )
            for name in names & set(self.devices)
        }

    def _settle(self, before: Mapping[str, Symptoms | None]) -> None:
        """Sets right each device whose symptoms have changed; countdowns elsewhere go on."""
        after = self._symptoms()
        for name in {*before, *after}:
            if before.get(name) != after.get(name):
                device = self.devices[name]
                device.restore()
                symptoms = after.get(name)
                if symptoms is not None:
                    _show(device, symptoms)
                faults = symptoms.injections if symptoms is not None else ()
                announce(device, faults, self._listeners, well=symptoms is None)

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


def _show(device: RunningDevice, symptoms: Symptoms) -> None:
    _feel_lost_feeds(device, symptoms.lost_feeds)
    for injection in symptoms.injections:
        injection.fault.apply(device, injection.what)
    # Who cuts the power decides by its own fault whether it still answers.
    decided = any(each.fault.cuts_power for each in symptoms.injections)
    if symptoms.cut_off or (symptoms.dark and not decided):
        device.on_the_wire(silence=True)


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
