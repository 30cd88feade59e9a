"""Writes a value with its unit as people say it: `87 %`, `11 min`, `23.5 °C`."""

_SYMBOLS = {
    "celsius": "°C",
    "volts": "V",
    "amperes": "A",
    "watts": "W",
    "hertz": "Hz",
    "rpm": "rpm",
    "dbm": "dBm",
    "decibels": "dB",
    "pascals": "Pa",
    "cubic_meters_per_second": "m³/s",
    "count": "",
}
_SCALED = {
    "joules": ("Wh", 3600.0),
    "bits_per_second": ("Mbit/s", 1e6),
}


def quantity(value: float, unit: str) -> str:
    """A value in its base unit (see `monitors.reading.UNITS`) for people."""
    if unit == "ratio":
        return f"{_number(value * 100)} %"
    if unit == "seconds":
        return duration(value)
    symbol, size = _SCALED.get(unit, (_SYMBOLS.get(unit, unit), 1.0))
    return f"{_number(value / size)} {symbol}".rstrip()


def duration(seconds: float) -> str:
    """A span of time in its two largest units: `45 s`, `11 min`, `2 h 5 min`, `3 d 4 h`."""
    if abs(seconds) < 1 and seconds:
        return f"{_number(seconds * 1000)} ms"
    rest = round(seconds)
    parts = []
    for symbol, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {symbol}")
        if parts and (len(parts) == 2 or symbol == "min"):
            break
    return " ".join(parts) or "0 s"


def _number(value: float) -> str:
    """Three significant digits for small numbers, whole ones from a hundred on."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
