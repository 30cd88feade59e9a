"""The sensors of a believable server: two sockets, eight fans, two power supplies."""

from watchfloor.simulate.bmc_sensors import (
    ACPI_POWER,
    AMPERES,
    CELSIUS,
    CHASSIS_INTRUSION,
    CURRENT,
    DRIVE,
    FAN,
    MEMORY,
    OTHER_UNITS,
    POWER_SUPPLY,
    PROCESSOR,
    REDUNDANCY,
    RPM,
    TEMPERATURE,
    VOLTAGE,
    VOLTS,
    WATCHDOG,
    WATTS,
    AnalogSensor,
    DiscreteSensor,
    Sensor,
    Thresholds,
)


def server_sensors() -> tuple[Sensor, ...]:
    """What a two-socket server with two power supplies has: 41 sensors, all well."""
    return (
        *_temperatures(),
        *(_fan(0x20 + i, f"FAN{i + 1}", i + 1, 5200 + 100 * i) for i in range(8)),
        *_voltages(),
        *_supplies(),
        *_states(),
    )


def _temperatures() -> tuple[Sensor, ...]:
    limits = Thresholds(2, 5, 8, 80, 90, 95)
    room = Thresholds(2, 5, 8, 35, 40, 45)
    rows = (
        ("CPU1 Temp", 3, 1, 47, limits),
        ("CPU2 Temp", 3, 2, 44, limits),
        ("System Temp", 7, 1, 29, limits),
        ("Peripheral Temp", 7, 2, 38, limits),
        ("Inlet Temp", 0x37, 1, 22, room),
        ("Exhaust Temp", 0x37, 2, 35, limits),
        ("VRM1 Temp", 7, 3, 41, limits),
        ("DIMMA1 Temp", 32, 1, 33, limits),
        ("DIMMB1 Temp", 32, 2, 34, limits),
    )
    return tuple(
        AnalogSensor(0x01 + i, name, TEMPERATURE, CELSIUS, (entity, instance), value, limit)
        for i, (name, entity, instance, value, limit) in enumerate(rows)
    )


def _fan(number: int, name: str, instance: int, rpm: float) -> AnalogSensor:
    limits = Thresholds(300, 500, 700, 25000, 25200, 25400)
    return AnalogSensor(number, name, FAN, RPM, (29, instance), rpm, limits, m=100)


def _voltages() -> tuple[Sensor, ...]:
    rows = (
        ("12V", 12.0, 1, -1),
        ("5VCC", 5.0, 25, -3),
        ("3.3VCC", 3.3, 2, -2),
        ("VBAT", 3.04, 2, -2),
        ("Vcpu1", 1.82, 1, -2),
        ("Vcpu2", 1.81, 1, -2),
        ("VDimmAB", 1.2, 1, -2),
        ("1.8V PCH", 1.8, 1, -2),
    )
    return tuple(
        AnalogSensor(
            0x40 + i, name, VOLTAGE, VOLTS, (7, 10 + i), volts,
            Thresholds(*(volts * part for part in (0.85, 0.88, 0.91, 1.09, 1.12, 1.15))),
            m=m, exponent=exponent,
        )
        for i, (name, volts, m, exponent) in enumerate(rows)
    )  # fmt: skip


def _supplies() -> tuple[Sensor, ...]:
    heavy = Thresholds(upper_non_critical=800, upper_critical=880)
    strong = Thresholds(upper_non_critical=10, upper_critical=12)
    hot = Thresholds(upper_non_critical=70, upper_critical=80)
    present, can_be = frozenset({0}), frozenset({0, 1, 2, 3, 6})
    sensors: list[Sensor] = []
    for psu in (1, 2):
        at = (10, psu)
        name = f"PS{psu}"
        sensors += [
            AnalogSensor(0x60 + psu, f"{name} Input Power", OTHER_UNITS, WATTS, at, 184, heavy, 4),
            AnalogSensor(
                0x64 + psu, f"{name} Current", CURRENT, AMPERES, at, 1.9, strong, exponent=-1
            ),
            AnalogSensor(0x68 + psu, f"{name} Temp", TEMPERATURE, CELSIUS, at, 36 + psu, hot),
            DiscreteSensor(0x70 + psu, f"{name} Status", POWER_SUPPLY, at, present, can_be),
        ]
    return tuple(sensors)


def _states() -> tuple[Sensor, ...]:
    whole, none = frozenset({0}), frozenset[int]()
    levels = frozenset(range(6))
    processor, drive = frozenset({0, 1, 2, 5, 7, 8}), frozenset({0, 1, 2, 5, 7})
    memory, power = frozenset({0, 1, 2, 5, 6}), frozenset({0, 3, 4, 5, 6})
    return (
        DiscreteSensor(0x75, "PS Redundancy", POWER_SUPPLY, (19, 1), whole, levels, REDUNDANCY),
        DiscreteSensor(0x76, "Fan Redundancy", FAN, (30, 1), whole, levels, REDUNDANCY),
        DiscreteSensor(0x80, "Chassis Intru", CHASSIS_INTRUSION, (23, 1), none, levels),
        DiscreteSensor(0x81, "CPU1 Status", PROCESSOR, (3, 1), frozenset({7}), processor),
        DiscreteSensor(0x82, "Drive Bay 0", DRIVE, (26, 1), whole, drive),
        DiscreteSensor(0x83, "Memory", MEMORY, (32, 3), none, memory),
        DiscreteSensor(0x84, "ACPI State", ACPI_POWER, (6, 2), whole, power),
        DiscreteSensor(0x85, "Watchdog", WATCHDOG, (6, 3), none, frozenset(range(4))),
    )
