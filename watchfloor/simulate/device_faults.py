"""What faults of servers, network gear, sensors, clocks and displays look like.

Every value is the MIB's or IPMI's; the object's name stands beside it.
"""

from collections.abc import Iterator

from watchfloor.simulate.device import RunningDevice
from watchfloor.simulate.display import Part, Power
from watchfloor.simulate.errors import FaultError
from watchfloor.simulate.families import port_index
from watchfloor.simulate.fault import Fault, agent_of, edited

_ENVMON, _FRU = "1.3.6.1.4.1.9.9.13.1", "1.3.6.1.4.1.9.9.117.1"
_SENSOR = "1.3.6.1.2.1.99.1.1.1.4"
"""entPhySensorValue."""
_FORTIGATE, _ACS = "1.3.6.1.4.1.12356.101", "1.3.6.1.4.1.10418.16.2.1.8"
_MEINBERG, _UIO = "1.3.6.1.4.1.5597.30.0", "1.3.6.1.4.1.318.1.1.25"
_LM_TEMPERATURE = "1.3.6.1.4.1.2021.13.16.2.1.3"
_STORAGE_SIZE, _STORAGE_USED = "1.3.6.1.2.1.25.2.3.1.5", "1.3.6.1.2.1.25.2.3.1.6"
_DISK_PERCENT = "1.3.6.1.4.1.2021.9.1.9"
_IF_OPER_STATUS = "1.3.6.1.2.1.2.2.1.8"

_NO_INPUT, _BROKEN = 5, 8
"""cefcFRUPowerOperStatus offEnvPower and failed."""
_PSU_FAILURE, _PSU_INPUT_LOST = 1, 3
"""Sensor-specific offsets of a power supply, IPMI v2.0 table 42-3."""

_SWITCHES = frozenset({"switch-core", "switch-access"})
_HOSTS = frozenset({"server-linux", "console-linux", "wall-processor", "recorder"})
_CISCO_SUPPLIES = {"switch-core": (1015, 1016), "switch-access": (1015, 1016), "router": (2, 3)}
_CISCO_SUPPLY_WATTS = {"switch-core": (1061, 1062), "switch-access": (1061, 1062)}
_CISCO_INLET = {"switch-core": 1040, "switch-access": 1040, "router": 5}
_WITH_SUPPLIES = frozenset(
    {*_CISCO_SUPPLIES, "firewall-fortigate", "kvm-console-server", "clock-meinberg", "bmc"}
)
_UIO_HOT = (
    (f"{_UIO}.1.2.1.5.1.1", 97),  # uioSensorStatusTemperatureDegF
    (f"{_UIO}.1.2.1.6.1.1", 36),  # uioSensorStatusTemperatureDegC
    (f"{_UIO}.1.2.1.9.1.1", 3),  # uioSensorStatusAlarmStatus uioCritical
)


def supply_lost(device: RunningDevice, what: str) -> None:
    """A power supply without input."""
    _supply(device, what, _PSU_INPUT_LOST, _NO_INPUT)


def _supply_failed(device: RunningDevice, what: str) -> None:
    _supply(device, what, _PSU_FAILURE, _BROKEN)


def _supply(device: RunningDevice, what: str, bmc_state: int, cisco_status: int) -> None:
    number = {"": 1, "1": 1, "2": 2}.get(what)
    if number is None:
        raise FaultError(f"power supply {what!r}: these devices have 1 and 2")
    if device.bmc is not None:
        device.bmc.set_states(f"PS{number} Status", 0, bmc_state)
        device.bmc.set_value(f"PS{number} Input Power", 0)
        device.bmc.set_value(f"PS{number} Current", 0)
        device.bmc.set_states("PS Redundancy", 1)
    if device.agent is not None:
        for oid, value in _supply_edits(device.family, number, cisco_status):
            device.agent.edit(oid, value)


def _supply_edits(family: str, number: int, cisco_status: int) -> Iterator[tuple[str, int | str]]:
    if family in _CISCO_SUPPLIES:
        index = _CISCO_SUPPLIES[family][number - 1]
        yield f"{_ENVMON}.5.1.3.{index}", 6  # ciscoEnvMonSupplyState notFunctioning
        yield f"{_FRU}.1.2.1.2.{index}", cisco_status  # cefcFRUPowerOperStatus
        yield f"{_FRU}.1.1.1.5.1", 4  # cefcPowerRedundancyOperMode nonRedundant
    if family in _CISCO_SUPPLY_WATTS:
        yield f"{_SENSOR}.{_CISCO_SUPPLY_WATTS[family][number - 1]}", 0
    if family == "firewall-fortigate":
        yield f"{_FORTIGATE}.4.3.2.1.3.{6 + number}", "1"  # fgHwSensorEntValue
        yield f"{_FORTIGATE}.4.3.2.1.4.{6 + number}", 1  # fgHwSensorEntAlarmStatus
    if family == "kvm-console-server":
        yield f"{_ACS}.{1 + number}.0", 2  # acsPowerSupplyStatePw1 or …Pw2: statePowerOff
    if family == "clock-meinberg":
        yield f"{_MEINBERG}.5.0.2.1.2.{number}", 1  # mbgLtNgSysPsStatus down


def _fan_failed(device: RunningDevice, _what: str) -> None:
    if device.agent is not None and device.family in _SWITCHES:
        device.agent.edit(f"{_ENVMON}.4.1.3.1025", 3)  # ciscoEnvMonFanState critical
        device.agent.edit(f"{_FRU}.4.1.1.1.1025", 3)  # cefcFanTrayOperStatus down
        device.agent.edit(f"{_SENSOR}.1051", 0)
    if device.bmc is not None:
        device.bmc.set_value("FAN1", 0)
        device.bmc.set_states("Fan Redundancy", 1)
    if device.display is not None:
        device.display.state.set_severity(Part.FAN, 2)


def _hot(device: RunningDevice, _what: str) -> None:
    """Too hot, wherever the device can tell."""
    if device.agent is not None:
        for oid, value in _hot_edits(device):
            device.agent.edit(oid, value)
    if device.bmc is not None:
        device.bmc.set_value("Inlet Temp", 41)
        device.bmc.set_value("CPU1 Temp", 92)
    if device.display is not None:
        device.display.state.set_severity(Part.TEMPERATURE, 2)


def _hot_edits(device: RunningDevice) -> Iterator[tuple[str, int]]:
    if device.family in _CISCO_INLET:
        index = _CISCO_INLET[device.family]
        yield f"{_ENVMON}.3.1.3.{index}", 71  # ciscoEnvMonTemperatureStatusValue
        yield f"{_ENVMON}.3.1.6.{index}", 3  # ciscoEnvMonTemperatureState critical
        yield f"{_SENSOR}.{index}", 71
    for row in agent_of(device).recording.under(_LM_TEMPERATURE):
        yield f"{_LM_TEMPERATURE}.{row.name[-1]}", 97_000  # lmTempSensorsValue
    if device.family == "sensor-apc-uio":
        yield from _UIO_HOT


def _port_down(device: RunningDevice, what: str) -> None:
    agent = agent_of(device)
    agent.edit(f"{_IF_OPER_STATUS}.{port_index(agent.recording, what)}", 2)


def _disk_full(device: RunningDevice, _what: str) -> None:
    """The last file system of a host."""
    agent = agent_of(device)
    last = agent.recording.under(_STORAGE_USED)[-1].name[-1]
    size = agent.recording.value(f"{_STORAGE_SIZE}.{last}")
    assert isinstance(size, int)
    agent.edit(f"{_STORAGE_USED}.{last}", size * 98 // 100)
    agent.edit(f"{_DISK_PERCENT}.{agent.recording.under(_DISK_PERCENT)[-1].name[-1]}", 98)


def _host_down(device: RunningDevice, _what: str) -> None:
    agent_of(device).faults.silence = True


def _lamp_failed(device: RunningDevice, _what: str) -> None:
    if device.display is not None:
        device.display.state.set_severity(Part.LAMP, 2)
        device.display.state.lamps[0].lit = False


def _standby(device: RunningDevice, _what: str) -> None:
    if device.display is not None:
        device.display.state.power = Power.STANDBY


def _no_signal(device: RunningDevice, _what: str) -> None:
    if device.display is not None:
        device.display.state.resolution = "-"


def _picture_frozen(device: RunningDevice, _what: str) -> None:
    if device.display is not None:
        device.display.state.frozen = True


_UNLOCKED = edited(
    {
        "clock-meinberg": (
            (f"{_MEINBERG}.1.2.1.4.1", 2),  # mbgLtNgRefclockState notSynchronized
            (f"{_MEINBERG}.1.2.1.5.1", 3),  # mbgLtNgRefclockSubstate gpsAntennaDisconnected
            (f"{_MEINBERG}.2.1.0", 1),  # mbgLtNgNtpCurrentState notSynchronized
            (f"{_MEINBERG}.2.2.0", 16),  # mbgLtNgNtpStratum
        )
    }
)
_HUMID = edited(
    {
        "sensor-apc-uio": (
            (f"{_UIO}.1.2.1.7.1.1", 78),  # uioSensorStatusHumidity
            (f"{_UIO}.1.2.1.9.1.1", 3),
        )
    }
)
_LEAK = edited(
    {
        "sensor-apc-uio": (
            (f"{_UIO}.4.2.1.5.5.1", 1),  # uioSpotFluidSensorStatusCurrentState uioFluidDetected
            (f"{_UIO}.4.2.1.6.5.1", 2),  # uioSpotFluidSensorStatusAlarmStatus uioCritical
        )
    }
)
_DOOR_OPEN = edited(
    {
        "sensor-apc-uio": (
            (f"{_UIO}.2.2.1.5.3.1", 2),  # uioInputContactStatusCurrentState uioInputOpen
            (f"{_UIO}.2.2.1.6.3.1", 2),  # uioInputContactStatusAlarmStatus uioWarning
        )
    }
)
# fgHaStatsSyncStatus of the other member
_SYNC_LOST = edited({"firewall-fortigate": ((f"{_FORTIGATE}.13.2.1.1.12.2", 0),)})
_UIO_FAMILY = frozenset({"sensor-apc-uio"})

DEVICE_FAULTS = (
    Fault(
        name="psu-failed",
        help="a power supply is broken",
        apply=_supply_failed,
        families=_WITH_SUPPLIES,
        argument="1 or 2",
    ),
    Fault(
        name="psu-input-lost",
        help="a power supply has no input",
        apply=supply_lost,
        families=_WITH_SUPPLIES,
        argument="1 or 2",
    ),
    Fault(
        name="fan-failed",
        help="a fan stands still",
        apply=_fan_failed,
        families=_SWITCHES | {"bmc", "display"},
    ),
    Fault(
        name="hot",
        help="too hot",
        apply=_hot,
        families=_UIO_FAMILY | {*_CISCO_INLET, "wall-processor", "console-linux", "bmc", "display"},
    ),
    Fault(name="humid", help="too humid", apply=_HUMID, families=_UIO_FAMILY),
    Fault(name="leak", help="water under the floor", apply=_LEAK, families=_UIO_FAMILY),
    Fault(
        name="door-open",
        help="the rack's front door is open",
        apply=_DOOR_OPEN,
        families=_UIO_FAMILY,
    ),
    Fault(
        name="port-down",
        help="a port is down",
        apply=_port_down,
        families=_SWITCHES | _HOSTS | {"router", "firewall-fortigate"},
        argument="port",
        required=True,
    ),
    Fault(
        name="ha-sync-lost",
        help="the pair is out of step",
        apply=_SYNC_LOST,
        families=frozenset({"firewall-fortigate"}),
    ),
    Fault(name="disk-full", help="a file system is full", apply=_disk_full, families=_HOSTS),
    Fault(
        name="host-down",
        help="the operating system is dead, the BMC is not",
        apply=_host_down,
        families=_HOSTS,
    ),
    Fault(
        name="unlocked",
        help="the clock has lost its reference",
        apply=_UNLOCKED,
        families=frozenset({"clock-meinberg"}),
    ),
    Fault(
        name="lamp-failed",
        help="the light source is out",
        apply=_lamp_failed,
        families=frozenset({"display"}),
    ),
    Fault(
        name="no-signal",
        help="its input has no signal",
        apply=_no_signal,
        families=frozenset({"display"}),
    ),
    Fault(
        name="picture-frozen",
        help="somebody froze the display's picture",
        apply=_picture_frozen,
        families=frozenset({"display"}),
    ),
    Fault(
        name="standby",
        help="somebody switched the display off",
        apply=_standby,
        families=frozenset({"display"}),
    ),
)
