"""Readings of the newer schema: a resource for each fan, power supply and sensor. Pure."""

from collections.abc import Sequence

from monitors.reading import SensorClass
from monitors.redfish.classic import name_of
from monitors.redfish.document import Document
from monitors.redfish.harvest import Harvest
from monitors.redfish.parts import slug
from monitors.redfish.status import Thresholds, condition_of

_CLASSES = {
    "Temperature": SensorClass.TEMPERATURE,
    "Humidity": SensorClass.HUMIDITY,
    "Voltage": SensorClass.VOLTAGE,
    "Current": SensorClass.CURRENT,
    "Power": SensorClass.POWER,
    "EnergyJoules": SensorClass.POWER_CONSUMED,
    "Frequency": SensorClass.FREQUENCY,
    "Rotational": SensorClass.FANSPEED,
    "Percent": SensorClass.PERCENT,
}
"""By `ReadingType` (schema Sensor)."""
_OF_SUPPLY = (
    ("InputVoltage", SensorClass.VOLTAGE, "input voltage"),
    ("InputPowerWatts", SensorClass.POWER, "input power"),
    ("OutputPowerWatts", SensorClass.POWER, "output power"),
)


def read_sensors(sensors: Sequence[Document], harvest: Harvest) -> None:
    """The members of a chassis's Sensors."""
    for sensor in sensors:
        sensor_class = _CLASSES.get(sensor.text("ReadingType"))
        value = sensor.number("Reading")
        if sensor_class is None or value is None or condition_of(sensor).absent:
            continue
        name = name_of(sensor, "Sensor")
        component = f"{_kind(sensor_class)}:{slug(sensor.text('Id') or name)}"
        thresholds = Thresholds.of_sensor(sensor)
        harvest.value(sensor_class, component, name, value, sensor, thresholds=thresholds)


def _kind(sensor_class: SensorClass) -> str:
    return "speed" if sensor_class is SensorClass.FANSPEED else sensor_class.value


def read_temperatures(metrics: Document, harvest: Harvest) -> None:
    """ThermalMetrics: every temperature in one resource, for BMCs that expand nothing."""
    for member in metrics.parts("TemperatureReadingsCelsius"):
        value = member.number("Reading")
        if value is not None:
            name = member.text("DeviceName") or "Temperature"
            source = member.values.get("DataSourceUri")
            path = Document({"@odata.id": source}).path or metrics.path
            component = f"temperature:{slug(path.rpartition('/')[2])}"
            harvest.measured(SensorClass.TEMPERATURE, component, name, value, path)


def read_fans(fans: Sequence[Document], harvest: Harvest) -> None:
    """The members of ThermalSubsystem's Fans."""
    for component, fan in zip(harvest.parts.components("fan", fans), fans, strict=True):
        name = name_of(fan, "Fan")
        if harvest.part(component, name, fan) is None:
            continue
        speed = fan.part("SpeedPercent")
        turns, share = speed.number("SpeedRPM"), speed.number("Reading")
        if turns is not None:
            harvest.measured(SensorClass.FANSPEED, component, f"{name} speed", turns, fan.path)
        elif share is not None:
            harvest.measured(SensorClass.PERCENT, component, f"{name} speed", share / 100, fan.path)


def read_supplies(supplies: Sequence[Document], harvest: Harvest) -> None:
    """The members of PowerSubsystem's PowerSupplies, and what their Metrics hold if expanded."""
    components = harvest.parts.components("power_supply", supplies)
    for component, supply in zip(components, supplies, strict=True):
        name = f"Power supply {component.partition(':')[2]}"
        if harvest.part(component, name, supply) is None:
            continue
        metrics = supply.part("Metrics")
        for key, sensor_class, what in _OF_SUPPLY:
            value = metrics.part(key).number("Reading")
            if value is not None:
                full = f"{name} {what}"
                harvest.measured(sensor_class, component, full, value, supply.path)
