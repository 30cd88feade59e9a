"""What the devices say, in the words of the topology: which supply, feed, outlet or port is down.

This is the one place that interprets parts and silence, so that margins, alerts and pages agree.
"""

from collections.abc import Collection, Container, Iterator, Mapping

from inventory.elements import Element
from inventory.model import Center, Device, Kind
from inventory.situation import GIVES_POWER
from inventory.topology import Health, Topology
from monitors.health import DeviceHealth, Part
from monitors.reach.part import vital_parts
from monitors.reading import SensorClass, State
from monitors.sensors import kind_of
from monitors.silence import settle_silence, supply_numbers

ON_BATTERY = frozenset({"onbattery", "battery", "onbat", "backup"})
"""Words for an output that comes from the battery: `upsOutputSource` (RFC 1628),
`upsBasicOutputStatus` (PowerNet-MIB) and others, without case, spaces and dashes."""

DISCHARGING = frozenset({"discharging", "batterydischarging", "abmdischarging", "discharge"})
"""Words for a battery that gives its charge away: the mains has failed, not the battery."""

NO_OUTPUT = frozenset({"none", "off"})
"""Words of the same objects for an output that gives nothing."""

OUTPUT_PARTS = frozenset({"output", "device"})
INPUT_PARTS = frozenset({"input", "source", "feed", "utility"})
OFF = frozenset(
    {
        *("off", "outletstatusoff", "outletoff", "outletoffwithdelay", "immediateoff"),
        *("poweroff", "turnedoff", "disabled", "down", "lowerlayerdown", "notpresent"),
    }
)

FATAL_PARTS: Mapping[Kind, frozenset[str]] = {
    Kind.DISPLAY: frozenset({"lamp", "power"}),
    Kind.WALL_PROCESSOR: frozenset({"compositor", "output", "vital_tile"}),
}
"""Parts without which a device does not do its work, though it still answers."""


class ElementReader:
    """Reads all devices of one topology; what a device says is worked out once per poll of it."""

    def __init__(self, topology: Topology, observer: str | None) -> None:
        """`observer` is the device from which the center is watched."""
        self._topology = topology
        self._observer = observer
        self._said: dict[str, tuple[int, frozenset[str], tuple[Element, ...]]] = {}

    def states(self, devices: Mapping[str, DeviceHealth]) -> dict[Element, Health]:
        """Every element that is not known to be ok, from all that was read."""
        silent = {name for name, health in devices.items() if health.silent}
        answering = {name for name, health in devices.items() if health.answering}
        used = _used_ports(self._topology.center, silent)
        states = {
            element: Health.DOWN
            for name, health in devices.items()
            for element in self._spoken(name, health, frozenset(used.get(name, ())))
        }
        for name in devices.keys() - silent - answering:
            states.setdefault(name, Health.UNKNOWN)
        settled = settle_silence(self._topology, devices, states, self._observer)
        return {**states, **settled}

    def _spoken(
        self, name: str, health: DeviceHealth, ports: frozenset[str]
    ) -> tuple[Element, ...]:
        known = self._said.get(name)
        if known is not None and known[:2] == (health.judged, ports):
            return known[2]
        said = tuple(_spoken(self._topology.center.devices[name], health, ports))
        self._said[name] = (health.judged, ports, said)
        return said


def on_battery(health: DeviceHealth) -> bool:
    """Whether a UPS says that its output comes from the battery."""
    return _says(health, ON_BATTERY) or _says(health, DISCHARGING, {"battery"})


def _says(
    health: DeviceHealth, words: Container[str], parts: Container[str] = OUTPUT_PARTS
) -> bool:
    """Whether a bad state of these parts, mostly the output or all the device, is such a word."""
    return any(
        reading.state is not State.OK
        and kind_of(reading.component) in parts
        and _plain(reading.text) in words
        for reading in health.of_class(SensorClass.STATE)
    )


def _spoken(device: Device, health: DeviceHealth, used_ports: Collection[str]) -> Iterator[Element]:
    """The elements that the device itself reports as failed."""
    bad = [part for part in health.parts if part.state is State.CRITICAL]
    if device.kind not in GIVES_POWER:  # whose own supplies feed only its controller
        yield from _supplies(device, health.parts)
    yield from _lost_inputs(device, health, bad)
    if device.kind is Kind.UPS and not on_battery(health):
        yield from (f"battery:{device.name}" for part in bad if part.kind == "battery")
    if device.kind is Kind.UPS and _says(health, NO_OUTPUT):
        yield device.name
    if device.kind in GIVES_POWER:
        yield from _dead_outlets(device, health)
    yield from _dead_ports(device, health, used_ports)
    if any(_is_vital(device, part) for part in bad):
        yield device.name


def _is_vital(device: Device, part: Part) -> bool:
    """Whether the device does not do its work without the part."""
    return part.kind in FATAL_PARTS.get(device.kind, ()) or part.id in vital_parts(device)


def _supplies(device: Device, parts: tuple[Part, ...]) -> Iterator[Element]:
    numbers = supply_numbers(parts)
    for part in parts:
        number = numbers.get(part.id, 0)
        if part.state is State.CRITICAL and 1 <= number <= len(device.feeds):
            yield f"supply:{device.name}/{number}"


def element_of(
    device: Device, health: DeviceHealth, part: Part, down: Container[Element]
) -> Element:
    """The failed element that a part's state is about; empty when the topology knows none."""
    candidates: list[Element] = []
    if part.kind == "power_supply":
        candidates = [f"supply:{device.name}/{supply_numbers(health.parts).get(part.id, 0)}"]
    elif part.kind in {"port", "interface"}:
        candidates = [f"port:{device.name}/{word}" for word in (part.index, part.name)]
    elif part.kind in {"outlet", "battery"}:
        candidates = [f"outlet:{device.name}/{part.index}", f"battery:{device.name}"]
    elif part.kind in INPUT_PARTS | OUTPUT_PARTS and device.kind in GIVES_POWER:
        candidates = [*(f"feed:{device.name}/{feed}" for feed in device.feeds), device.name]
    elif _is_vital(device, part):
        candidates = [device.name]
    return next((element for element in candidates if element in down), "")


def _lost_inputs(device: Device, health: DeviceHealth, bad: list[Part]) -> Iterator[Element]:
    if device.kind not in GIVES_POWER:
        return
    if device.kind is Kind.UPS and on_battery(health):
        yield from (f"feed:{device.name}/{feed}" for feed in device.feeds)
        return
    for part in bad:
        if part.kind in INPUT_PARTS:
            number = _input_number(part.index)
            for position, feed in enumerate(device.feeds, 1):
                if number in (None, position) or len(device.feeds) == 1:
                    yield f"feed:{device.name}/{feed}"


def _input_number(index: str) -> int | None:
    """Inputs are counted 1, 2 or lettered A, B; None when the part stands for all of them."""
    if index.isdecimal():
        return int(index)
    if len(index) == 1 and index.isalpha():
        return ord(index.lower()) - ord("a") + 1
    return None


def _dead_outlets(device: Device, health: DeviceHealth) -> Iterator[Element]:
    """Off is off, whatever the state: by choice or not, what hangs from the outlet has no power."""
    outlets = [
        (reading, index)
        for reading in health.of_class(SensorClass.STATE)
        for kind, _, index in (reading.component.partition(":"),)
        if kind == "outlet"
    ]
    units = {index.rpartition("-")[0] for _, index in outlets}
    for reading, index in outlets:
        if _plain(reading.text) in OFF:
            yield f"outlet:{device.name}/{index}"
            if len(units) == 1 and "-" in index:
                # A PDU that is no chain: its label says 5 where the MIB says 1-5.
                yield f"outlet:{device.name}/{index.rpartition('-')[2]}"


def _used_ports(center: Center, silent: Container[str]) -> dict[str, set[str]]:
    """Device -> its ports that something hangs from: an unused port may be down.

    What hangs from a port and is silent has taken the port down with it: the port is not to blame.
    """
    used: dict[str, set[str]] = {}
    for device in center.devices.values():
        for uplink in device.uplinks if device.name not in silent else ():
            if uplink.port:
                used.setdefault(uplink.device, set()).add(uplink.port)
    return used


def _dead_ports(device: Device, health: DeviceHealth, used: Collection[str]) -> Iterator[Element]:
    for reading in health.of_class(SensorClass.STATE) if used else ():
        kind, _, index = reading.component.partition(":")
        if kind in {"port", "interface"} and _plain(reading.text) in OFF:
            names = {index, reading.name, reading.name.split(" ")[0]}.intersection(used)
            yield from (f"port:{device.name}/{name}" for name in names)


def _plain(text: str) -> str:
    return text.lower().replace(" ", "").replace("-", "")
