"""Readings of the older schema: everything in the two resources Thermal and Power. Pure."""

from monitors.reading import SensorClass
from monitors.redfish.document import Document
from monitors.redfish.harvest import Harvest
from monitors.redfish.parts import slug
from monitors.redfish.status import Thresholds, condition_of

_SUPPLY_VALUES = (
    ("LineInputVoltage", SensorClass.VOLTAGE, "input voltage"),
    ("PowerInputWatts", SensorClass.POWER, "input power"),
    ("PowerOutputWatts", SensorClass.POWER, "output power"),
    ("LastPowerOutputWatts", SensorClass.POWER, "output power"),
)


def read_thermal(thermal: Document, harvest: Harvest) -> None:
    """Temperatures, fans and their redundancy (schema Thermal)."""
    for member in thermal.parts("Temperatures"):
        value = member.number("ReadingCelsius")
        if value is None or condition_of(member).absent:
            continue
        name = name_of(member, "Temperature")
        harvest.value(
            SensorClass.TEMPERATURE,
            f"temperature:{slug(name)}",
            name,
            value,
            member,
            thresholds=Thresholds.of_array_member(member),
        )
    fans = list(thermal.parts("Fans"))
    for component, member in zip(harvest.parts.components("fan", fans), fans, strict=True):
        _read_fan(component, member, harvest)
    read_redundancy("fan_redundancy", "Fan redundancy", thermal, "Redundancy", harvest)


def _read_fan(component: str, fan: Document, harvest: Harvest) -> None:
    name = fan.text("FanName") or name_of(fan, "Fan")
    if harvest.part(component, name, fan) is None:
        return
    value = fan.number("Reading")
    if value is None:
        value = fan.number("ReadingRPM")
    if value is not None:
        percent = fan.text("ReadingUnits") == "Percent"
        sensor_class = SensorClass.PERCENT if percent else SensorClass.FANSPEED
        thresholds = Thresholds.of_array_member(fan)
        harvest.value(sensor_class, component, f"{name} speed", value, fan, thresholds=thresholds)


def read_power(power: Document, harvest: Harvest) -> None:
    """Power supplies, voltages, consumption and redundancy (schema Power)."""
    supplies = list(power.parts("PowerSupplies"))
    components = harvest.parts.components("power_supply", supplies)
    for component, member in zip(components, supplies, strict=True):
        name = f"Power supply {component.partition(':')[2]}"
        if harvest.part(component, name, member) is not None:
            _read_supply_values(component, name, member, harvest)
    for member in power.parts("Voltages"):
        value = member.number("ReadingVolts")
        if value is not None and not condition_of(member).absent:
            name = name_of(member, "Voltage")
            thresholds = Thresholds.of_array_member(member)
            component = f"voltage:{slug(name)}"
            harvest.value(
                SensorClass.VOLTAGE, component, name, value, member, thresholds=thresholds
            )
    for member in power.parts("PowerControl"):
        consumed = member.number("PowerConsumedWatts")
        if consumed is not None:
            name = name_of(member, "Power consumed")
            harvest.measured(SensorClass.POWER, "", name, consumed, member.path)
    read_redundancy(
        "power_supply_redundancy", "Power supply redundancy", power, "Redundancy", harvest
    )


def _read_supply_values(component: str, name: str, member: Document, harvest: Harvest) -> None:
    told: set[str] = set()
    for key, sensor_class, what in _SUPPLY_VALUES:
        value = member.number(key)
        if value is not None and what not in told:
            told.add(what)
            harvest.measured(sensor_class, component, f"{name} {what}", value, member.path)


def read_redundancy(kind: str, title: str, resource: Document, key: str, harvest: Harvest) -> None:
    """The groups of parts that stand in for each other, as the BMC judges them."""
    for number, group in enumerate(resource.parts(key), 1):
        condition = condition_of(group)
        if group.flag("RedundancyEnabled") is False or condition.absent or not condition.said:
            continue
        name = title if number == 1 else f"{title} {number}"
        harvest.stated(f"{kind}:{number}", name, condition, group.path or resource.path)


def name_of(member: Document, otherwise: str) -> str:
    """What people call it."""
    return member.text("Name") or member.text("MemberId") or otherwise
