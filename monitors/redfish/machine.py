"""Readings of a system and its chassis: power, health, intrusion, and who it is. Pure."""

from monitors.probe import Identity
from monitors.reading import State, worst
from monitors.redfish.document import Document
from monitors.redfish.harvest import Harvest
from monitors.redfish.status import Condition, rollup_of

CHASSIS = "chassis:1"
SYSTEM = "system:1"
_SUMMARIES = (
    ("ProcessorSummary", "cpu:all", "Processors"),
    ("MemorySummary", "memory:all", "Memory"),
)


def read_system(system: Document, harvest: Harvest, expected_on: bool) -> None:
    """Power, and the summaries of processors and memory. See `read_health` for the whole."""
    power = system.text("PowerState")
    if power:
        state = State.CRITICAL if expected_on and power == "Off" else State.OK
        harvest.stated(CHASSIS, "Chassis power", Condition(state, power.lower()), system.path)
    for key, component, name in _SUMMARIES:
        summary = system.part(key)
        condition = rollup_of(summary)
        if condition.said:
            harvest.stated(component, name, condition, system.path)


def read_chassis(chassis: Document, harvest: Harvest) -> None:
    """Whether the case is open."""
    intrusion = chassis.part("PhysicalSecurity").text("IntrusionSensor")
    if intrusion:
        state = State.OK if intrusion == "Normal" else State.CRITICAL
        harvest.stated(
            CHASSIS, "Chassis intrusion", Condition(state, intrusion.lower()), chassis.path
        )


def read_health(whole: Document, component: str, harvest: Harvest) -> None:
    """The health of a system or chassis, last of all: it is bad by itself only as far as no part
    explains it, since BMCs roll up the health of every part into it."""
    condition = rollup_of(whole)
    if not condition.said:
        return
    worst_part = harvest.worst
    as_bad = worst(condition.state, worst_part) is worst_part
    explained = as_bad and worst_part in (State.WARNING, State.CRITICAL)
    text = f"{condition.text}, by its parts" if explained else condition.text
    state = State.OK if explained else condition.state
    name = f"{component.partition(':')[0].capitalize()} health"
    harvest.stated(component, name, Condition(state, text), whole.path)


def identity_of(system: Document, firmware: str) -> Identity:
    """Who the server says that it is."""
    return Identity(
        name=system.text("HostName"),
        vendor=system.text("Manufacturer"),
        model=system.text("Model"),
        serial=system.text("SKU") if _is_tag(system) else system.text("SerialNumber"),
        firmware=firmware,
    )


def _is_tag(system: Document) -> bool:
    """Dell's service tag, which people know a server by, stands in SKU."""
    return system.text("Manufacturer").startswith("Dell") and bool(system.text("SKU"))
