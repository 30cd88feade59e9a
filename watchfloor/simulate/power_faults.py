"""What faults of the power path look like: generator, transfer switch, UPS, rack PDU.

Every value is the MIB's; the object's name stands beside it.
"""

from watchfloor.simulate.device import RunningDevice
from watchfloor.simulate.errors import FaultError
from watchfloor.simulate.fault import Edits, Fault, agent_of, edited, make_edits
from watchfloor.simulate.snmp_agent import SnmpAgent
from watchfloor.simulate.snmprec import OBJECT_IDENTIFIER, TIMETICKS

_UPS, _APC = "1.3.6.1.2.1.33.1", "1.3.6.1.4.1.318.1.1"
_SENSOR = "1.3.6.1.2.1.99.1.1.1.4"
"""entPhySensorValue."""
_OUTLET_STATE = f"{_APC}.26.9.2.3.1.5"
"""rPDU2OutletSwitchedStatusState."""
_ALARM_ON_BATTERY, _ALARM_LOW_BATTERY = f"{_UPS}.6.3.2", f"{_UPS}.6.3.3"
_ALL_UPS = frozenset({"ups-apc", "ups-rfc1628"})
_ALL_PDUS = frozenset({"pdu-apc-rpdu2", "pdu-apc-rpdu2-8"})
_GENERATOR = frozenset({"generator"})

_APC_FULL_S, _APC_LOW_S = 2340, 240
_RFC_FULL_S, _RFC_LOW_S = 2520, 240
"""How long the batteries last from the moment of the fault."""


def _apc_flags(*numbers: int) -> str:
    """upsBasicStateOutputState: 64 flags, counted from 1."""
    return "".join(str(int(n in numbers)) for n in range(1, 65))


def on_battery(device: RunningDevice, _what: str) -> None:
    """The mains is away, and the battery empties while one watches."""
    agent = agent_of(device)
    if device.family == "ups-apc":
        make_edits(device, _APC_ON_BATTERY)
        agent.edit(f"{_APC}.1.2.1.2.0", 0, rate_per_s=100)  # upsBasicBatteryTimeOnBattery
        _apc_countdown(agent, _APC_FULL_S, 100)
    else:
        make_edits(device, _RFC_ON_BATTERY)
        agent.edit(f"{_UPS}.2.2.0", 0, rate_per_s=1)  # upsSecondsOnBattery
        _rfc_countdown(agent, _RFC_FULL_S, 100)
        _add_alarm(agent, 1, _ALARM_ON_BATTERY)


def _low_battery(device: RunningDevice, what: str) -> None:
    on_battery(device, what)
    agent = agent_of(device)
    if device.family == "ups-apc":
        agent.edit(f"{_APC}.1.2.1.1.0", 3)  # upsBasicBatteryStatus batteryLow
        agent.edit(f"{_APC}.1.11.1.1.0", _apc_flags(2, 3, 6, 19))
        _apc_countdown(agent, _APC_LOW_S, 9)
    else:
        agent.edit(f"{_UPS}.2.1.0", 3)  # upsBatteryStatus batteryLow
        agent.edit(f"{_UPS}.6.1.0", 2)  # upsAlarmsPresent
        _rfc_countdown(agent, _RFC_LOW_S, 9)
        _add_alarm(agent, 2, _ALARM_LOW_BATTERY)


_APC_ON_BATTERY: Edits = (
    (f"{_APC}.1.4.1.1.0", 3),  # upsBasicOutputStatus onBattery
    (f"{_APC}.1.3.2.1.0", 0),  # upsAdvInputLineVoltage
    (f"{_APC}.1.3.3.1.0", 0),  # upsHighPrecInputLineVoltage
    (f"{_APC}.1.3.2.5.0", 4),  # upsAdvInputLineFailCause blackout
    (f"{_APC}.1.11.1.1.0", _apc_flags(2, 6, 19)),
)
_RFC_ON_BATTERY: Edits = (
    (f"{_UPS}.4.1.0", 5),  # upsOutputSource battery
    *((f"{_UPS}.3.3.1.3.{line}", 0) for line in (1, 2, 3)),  # upsInputVoltage
    *((f"{_UPS}.3.3.1.2.{line}", 0) for line in (1, 2, 3)),  # upsInputFrequency
    (f"{_UPS}.6.1.0", 1),  # upsAlarmsPresent
)


def _apc_countdown(agent: SnmpAgent, left_s: int, percent: int) -> None:
    # upsAdvBatteryRunTimeRemaining in hundredths of a second, then two capacities.
    agent.edit(f"{_APC}.1.2.2.3.0", left_s * 100, rate_per_s=-100)
    agent.edit(f"{_APC}.1.2.2.1.0", percent, rate_per_s=-percent / left_s)
    agent.edit(f"{_APC}.1.2.3.1.0", percent * 10, rate_per_s=-percent * 10 / left_s)


def _rfc_countdown(agent: SnmpAgent, left_s: int, percent: int) -> None:
    # upsEstimatedMinutesRemaining and upsEstimatedChargeRemaining.
    agent.edit(f"{_UPS}.2.3.0", left_s // 60, rate_per_s=-1 / 60)
    agent.edit(f"{_UPS}.2.4.0", percent, rate_per_s=-percent / left_s)


def _add_alarm(agent: SnmpAgent, number: int, alarm: str) -> None:
    """A row of upsAlarmTable: upsAlarmDescr and upsAlarmTime."""
    agent.add(f"{_UPS}.6.2.1.2.{number}", OBJECT_IDENTIFIER, alarm)
    agent.add(f"{_UPS}.6.2.1.3.{number}", TIMETICKS, 0)


def source_lost(device: RunningDevice, what: str) -> None:
    """One input of a transfer switch is away, and it takes the other."""
    lost = {"": 0, "A": 0, "B": 1}.get(what.upper())
    if lost is None:
        raise FaultError(f"a transfer switch has sources A and B, not {what!r}")
    status = f"{_APC}.8.5.1"
    make_edits(
        device,
        (
            (f"{status}.2.0", 2 - lost),  # atsStatusSelectedSource: the other one
            (f"{status}.3.0", 1),  # atsStatusRedundancyState atsRedundancyLost
            (f"{status}.{12 + lost}.0", 1),  # atsStatusSourceAStatus or …BStatus: fail
            (f"{_APC}.8.5.3.3.1.3.{lost + 1}.1.1", 0),  # atsInputVoltage
        ),
    )


def _outlet_off(device: RunningDevice, what: str) -> None:
    outlets = agent_of(device).recording.under(_OUTLET_STATE)
    numbers = [str(row.name[-1]) for row in outlets]
    if what not in numbers:
        raise FaultError(f"no outlet {what}: they are {numbers[0]} to {numbers[-1]}")
    agent_of(device).edit(f"{_OUTLET_STATE}.{what}", 1)  # off


def _dark(device: RunningDevice, _what: str) -> None:
    device.on_the_wire(silence=True)


_REPLACE_BATTERY = edited(
    {
        "ups-apc": (
            (f"{_APC}.1.2.2.4.0", 2),  # upsAdvBatteryReplaceIndicator batteryNeedsReplacing
            (f"{_APC}.1.11.1.1.0", _apc_flags(1, 4, 5, 6, 19)),
        ),
        "ups-rfc1628": (
            (f"{_UPS}.7.3.0", 3),  # upsTestResultsSummary doneError
            (f"{_UPS}.7.4.0", "Battery test failed"),  # upsTestResultsDetail
        ),
    }
)
_PDU_OVERLOAD: Edits = (
    (f"{_APC}.26.4.3.1.4.1", 4),  # rPDU2DeviceStatusLoadState overload
    (f"{_APC}.26.6.3.1.4.1", 4),  # rPDU2PhaseStatusLoadState overload
    (f"{_APC}.26.6.3.1.5.1", 214),  # rPDU2PhaseStatusCurrent, tenths of an ampere
)
_OVERLOAD = edited(
    {
        "ups-apc": (
            (f"{_APC}.1.4.2.3.0", 108),  # upsAdvOutputLoad
            (f"{_APC}.1.4.3.3.0", 1080),  # upsHighPrecOutputLoad
            (f"{_APC}.1.11.1.1.0", _apc_flags(1, 4, 6, 9, 19)),
        ),
        "ups-rfc1628": ((f"{_UPS}.4.4.1.5.1", 108),),  # upsOutputPercentLoad
        "pdu-apc-rpdu2": _PDU_OVERLOAD,
        "pdu-apc-rpdu2-8": _PDU_OVERLOAD,
    }
)
_OUTPUT_OFF = edited(
    {
        "ups-apc": (
            (f"{_APC}.1.4.1.1.0", 7),  # upsBasicOutputStatus off
            (f"{_APC}.1.4.2.1.0", 0),  # upsAdvOutputVoltage
            (f"{_APC}.1.4.2.3.0", 0),  # upsAdvOutputLoad
        ),
        "ups-rfc1628": (
            (f"{_UPS}.4.1.0", 2),  # upsOutputSource none
            (f"{_UPS}.4.4.1.2.1", 0),  # upsOutputVoltage
            (f"{_UPS}.4.4.1.5.1", 0),  # upsOutputPercentLoad
        ),
    }
)
_CONTROLLER_SUPPLY: Edits = (
    (f"{_APC}.26.4.3.1.12.1", 2),  # rPDU2DeviceStatusPowerSupplyAlarm
    (f"{_APC}.26.4.3.1.13.1", 2),  # rPDU2DeviceStatusPowerSupply1Status
)
_RUNNING: Edits = (
    (f"{_SENSOR}.11", 1800),  # engine speed, r.p.m.
    (f"{_SENSOR}.12", 82),  # coolant
    (f"{_SENSOR}.13", 410),  # oil pressure, kPa
    *((f"{_SENSOR}.{phase}", 120) for phase in (21, 22, 23)),
    (f"{_SENSOR}.24", 600),  # tenths of a hertz
    (f"{_SENSOR}.25", 61),  # kW
    (f"{_SENSOR}.32", 1),  # running: true
    ("1.3.6.1.2.1.131.1.1.1.6.1", 4),  # entStateStandby providingService
)
_LOW_FUEL: Edits = ((f"{_SENSOR}.14", 11), (f"{_SENSOR}.33", 1))
"""Fuel in percent, and the common alarm."""

POWER_FAULTS = (
    Fault(
        name="running",
        help="the generator runs and carries load",
        apply=edited({"generator": _RUNNING}),
        families=_GENERATOR,
    ),
    Fault(
        name="low-fuel",
        help="11 % of fuel is left",
        apply=edited({"generator": _LOW_FUEL}),
        families=_GENERATOR,
    ),
    Fault(
        name="redundancy-lost",
        help="one source is gone",
        apply=source_lost,
        families=frozenset({"ats-apc"}),
        argument="A or B",
    ),
    Fault(
        name="on-battery",
        help="the mains is away and the battery empties",
        apply=on_battery,
        families=_ALL_UPS,
    ),
    Fault(
        name="low-battery",
        help="on battery, and minutes are left",
        apply=_low_battery,
        families=_ALL_UPS,
    ),
    Fault(
        name="replace-battery",
        help="the battery failed its test",
        apply=_REPLACE_BATTERY,
        families=_ALL_UPS,
    ),
    Fault(
        name="overload",
        help="more load than allowed",
        apply=_OVERLOAD,
        families=_ALL_UPS | _ALL_PDUS,
    ),
    Fault(
        name="output-off",
        help="the output is off, and what hangs there is dark",
        apply=_OUTPUT_OFF,
        families=_ALL_UPS,
        cuts_power=True,
    ),
    Fault(
        name="feed-lost",
        help="no input: the strip is dark, and so is what hangs there",
        apply=_dark,
        families=_ALL_PDUS,
        cuts_power=True,
    ),
    Fault(
        name="outlet-off",
        help="one outlet is off",
        apply=_outlet_off,
        families=_ALL_PDUS,
        argument="outlet",
        required=True,
    ),
    Fault(
        name="controller-supply-failed",
        help="the strip's own controller has lost a supply",
        apply=edited(dict.fromkeys(_ALL_PDUS, _CONTROLLER_SUPPLY)),
        families=_ALL_PDUS,
    ),
)
