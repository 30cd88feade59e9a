"""The units in which devices state their values, and the way from each to the base unit."""

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Scale:
    """`(raw + shift) * numerator / denominator`: exact for what devices send as whole numbers."""

    numerator: int = 1
    denominator: int = 1
    shift: float = 0
    in_decibels: bool = False
    """Whether the result is ten times its decimal logarithm: milliwatts as dBm."""

    def apply(self, raw: float) -> float:
        """The raw number in the base unit; not a number where it has no logarithm."""
        shifted = raw + self.shift if self.shift else raw
        whole = self.denominator == 1
        linear = shifted * self.numerator if whole else shifted * self.numerator / self.denominator
        if not self.in_decibels:
            return linear
        return 10 * math.log10(linear) if linear > 0 else math.nan

    def times(self, factor: Fraction) -> "Scale":
        """This scale, and then the factor. The shift is in raw units, so it shrinks by it."""
        product = Fraction(self.numerator, self.denominator) * factor
        shift = self.shift / float(factor) if self.shift else 0
        return Scale(product.numerator, product.denominator, shift, self.in_decibels)


def _scale(factor: str | int = 1, shift: float = 0) -> Scale:
    fraction = Fraction(factor)
    return Scale(fraction.numerator, fraction.denominator, shift)


RAW_UNITS: dict[str, Scale] = {
    "celsius": _scale(),
    "fahrenheit": _scale("5/9", -32),
    "kelvin": _scale(1, -273.15),
    "ratio": _scale(),
    "percent": _scale("1/100"),
    "volts": _scale(),
    "millivolts": _scale("1/1000"),
    "amperes": _scale(),
    "milliamperes": _scale("1/1000"),
    "watts": _scale(),
    "milliwatts": _scale("1/1000"),
    "kilowatts": _scale(1000),
    "volt_amperes": _scale(),
    "kilovolt_amperes": _scale(1000),
    "joules": _scale(),
    "watt_hours": _scale(3600),
    "kilowatt_hours": _scale(3_600_000),
    "hertz": _scale(),
    "seconds": _scale(),
    "timeticks": _scale("1/100"),
    "milliseconds": _scale("1/1000"),
    "microseconds": _scale("1/1000000"),
    "nanoseconds": _scale("1/1000000000"),
    "minutes": _scale(60),
    "hours": _scale(3600),
    "days": _scale(86_400),
    "rpm": _scale(),
    "pascals": _scale(),
    "hectopascals": _scale(100),
    "kilopascals": _scale(1000),
    "psi": _scale("6894757/1000"),
    "dbm": _scale(),
    "microwatts_in_dbm": Scale(1, 1000, in_decibels=True),
    "watts_in_dbm": Scale(1000, in_decibels=True),
    "milliwatts_in_dbm": Scale(in_decibels=True),
    "decibels": _scale(),
    "bits_per_second": _scale(),
    "kilobits_per_second": _scale(1000),
    "megabits_per_second": _scale(1_000_000),
    "cubic_meters_per_second": _scale(),
    "cubic_meters_per_hour": _scale("1/3600"),
    "cubic_feet_per_minute": _scale("4719474432/10000000000000"),
    "liters_per_second": _scale("1/1000"),
    "liters_per_minute": _scale("1/60000"),
    "count": _scale(),
}
"""What a profile may write as `unit:`; without it, the value is in the class's base unit."""


def scale_of(unit: str | None, multiply: float, divide: float) -> Scale:
    """The scale of a reading whose profile says `multiply`, `divide` and `unit`."""
    base = RAW_UNITS[unit] if unit else Scale()
    return base.times(Fraction(str(multiply)) / Fraction(str(divide)))


def entity_sensor_factor(scale: int, precision: int) -> Fraction | None:
    """RFC 3433: the power of ten in SensorDataScale (9 is units) and the decimal places.

    None where the device says something impossible.
    """
    if not (1 <= scale <= 17 and -8 <= precision <= 9):
        return None
    return Fraction(10) ** (3 * (scale - 9)) / Fraction(10) ** precision
