"""How IPMI's sensor units become the base units of readings."""

from dataclasses import dataclass

from monitors.reading import UNITS, SensorClass

_SECONDS = {20: 1e-6, 21: 1e-3, 22: 1.0, 23: 60.0, 24: 3600.0, 25: 86400.0, 26: 604800.0}
_CUBIC_METERS_PER_CFM = 0.3048**3 / 60
_PASCALS_PER_PSI = 6894.757293168
_WATT = 6
_TIMES = 2


@dataclass(frozen=True, slots=True)
class Measure:
    """What a sensor measures, and how its value reaches the base unit."""

    sensor_class: SensorClass
    factor: float = 1.0
    offset: float = 0.0

    @property
    def unit(self) -> str:
        """The base unit's name."""
        return UNITS[self.sensor_class]

    def in_base_unit(self, value: float) -> float:
        """The value of the sensor, given in its own unit."""
        return value * self.factor + self.offset


_BY_UNIT: dict[int, Measure] = {
    1: Measure(SensorClass.TEMPERATURE),
    2: Measure(SensorClass.TEMPERATURE, 5 / 9, -160 / 9),
    3: Measure(SensorClass.TEMPERATURE, 1.0, -273.15),
    4: Measure(SensorClass.VOLTAGE),
    5: Measure(SensorClass.CURRENT),
    _WATT: Measure(SensorClass.POWER),
    7: Measure(SensorClass.POWER_CONSUMED),
    14: Measure(SensorClass.PRESSURE, 1000.0),
    15: Measure(SensorClass.PRESSURE, _PASCALS_PER_PSI),
    17: Measure(SensorClass.AIRFLOW, _CUBIC_METERS_PER_CFM),
    18: Measure(SensorClass.FANSPEED),
    19: Measure(SensorClass.FREQUENCY),
    **{code: Measure(SensorClass.DELAY, seconds) for code, seconds in _SECONDS.items()},
}
"""By sensor unit type code (IPMI 2.0, table 43-15)."""
COUNT = Measure(SensorClass.COUNT)
"""What remains: lux, decibels, errors, volt-amperes. The reading's text names the unit."""


def measure_of(units: int, base: int, modifier: int, name: str) -> Measure:
    """The measure for the three unit bytes of a full record (bytes 21 to 23) and its name."""
    if units & 0x01:
        humid = "humid" in name.lower()
        return Measure(SensorClass.HUMIDITY if humid else SensorClass.PERCENT, 0.01)
    if units & 0x38:
        return COUNT  # A rate: per second, per hour …
    relation = units >> 1 & 0x03
    if relation == _TIMES and base == _WATT and modifier in _SECONDS:
        return Measure(SensorClass.POWER_CONSUMED, _SECONDS[modifier])
    return COUNT if relation else _BY_UNIT.get(base, COUNT)
