"""What a server's chassis says of itself: power and the faults on its front panel."""

from monitors.ipmi.messages import OK, Request, Response
from monitors.ipmi.sensors import PROFILE
from monitors.reading import UNITS, Reading, SensorClass, State

CHASSIS_STATUS = Request(0x00, 0x01)
COMPONENT = "chassis:1"
_POWER_FAULTS = {1: "overload", 2: "interlock", 3: "power fault", 4: "power control fault"}


def read_chassis(response: Response, expected_on: bool) -> list[Reading]:
    """Readings of Get Chassis Status (table 28-3); empty where the BMC has none."""
    if response.code != OK or len(response.data) < 3:
        return []
    power, panel = response.data[0], response.data[2]
    faults = [text for bit, text in _POWER_FAULTS.items() if power >> bit & 1]
    return [
        _power(bool(power & 1), expected_on),
        _reading("Chassis power faults", power & 0x1E, State.CRITICAL, ", ".join(faults)),
        _reading("Chassis intrusion", panel & 0x01, State.CRITICAL, "open"),
        _reading("Chassis drive fault", panel >> 2 & 1, State.CRITICAL, "fault"),
        _reading("Chassis cooling fault", panel >> 3 & 1, State.CRITICAL, "fault"),
    ]


def _power(on: bool, expected_on: bool) -> Reading:
    state = State.OK if on or not expected_on else State.CRITICAL
    return _stated("Chassis power", int(on), state, "on" if on else "off")


def _reading(name: str, value: int, bad: State, text: str) -> Reading:
    return _stated(name, value, bad if value else State.OK, text if value else "none")


def _stated(name: str, value: int, state: State, text: str) -> Reading:
    return Reading(
        sensor_class=SensorClass.STATE,
        name=name,
        value=float(value),
        unit=UNITS[SensorClass.STATE],
        state=state,
        component=COMPONENT,
        oid="ipmi:chassis",
        profile=PROFILE,
        text=text,
    )
