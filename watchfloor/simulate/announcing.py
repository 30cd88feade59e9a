"""What simulated gear says unasked when something happens to it: a trap, or a PJLink notice."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from watchfloor.simulate import ber
from watchfloor.simulate.device import Address, RunningDevice
from watchfloor.simulate.display import Part
from watchfloor.simulate.errors import SimulateError
from watchfloor.simulate.families import port_index
from watchfloor.simulate.faults import Injection
from watchfloor.simulate.snmp_pdu import TrapValue
from watchfloor.simulate.snmprec import parse_oid

_COLD_START = "1.3.6.1.6.3.1.1.5.1"
_LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
_UPS_ON_BATTERY = "1.3.6.1.2.1.33.2.1"
_APC_ON_BATTERY = "1.3.6.1.4.1.318.0.5"  # upsOnBattery
_OPER_DISABLED = "1.3.6.1.2.1.131.0.2"  # entStateOperDisabled
_ALARM_ACTIVE, _ALARM_CLEAR = "1.3.6.1.2.1.118.0.2", "1.3.6.1.2.1.118.0.3"
_MINUTES_REMAINING = "1.3.6.1.2.1.33.1.2.3.0"
_IF_INDEX = "1.3.6.1.2.1.2.2.1.1"
_PART_FAULTS = frozenset({"psu-failed", "psu-input-lost", "fan-failed"})

Values = Sequence[TrapValue]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where gear sends what it says unasked; None where nobody listens."""

    traps: Address | None = None
    notices: Address | None = None


def announce_start(device: RunningDevice, to: Listeners) -> None:
    """Says that the device has started anew."""
    if device.agent is not None and to.traps is not None and not device.agent.faults.silence:
        device.agent.send_trap(to.traps, _COLD_START)


def announce(
    device: RunningDevice, faults: Sequence[Injection], to: Listeners, *, well: bool
) -> None:
    """Says that something has changed, as far as the device is able to speak.

    A device without faults of its own is unwell when those that feed it have some.
    """
    agent, display = device.agent, device.display
    if agent is not None and to.traps is not None and not agent.faults.silence:
        agent.send_trap(to.traps, *((_ALARM_CLEAR, ()) if well else _trap(device, faults)))
    if display is not None and to.notices is not None and not display.faults.silence:
        state = display.state
        errors = "".join(str(state.severity[part]) for part in Part)
        for line in (f"%2POWR={state.power.value}", f"%2ERST={errors}"):
            _send_notice(display.address[0], to.notices, line)


def _trap(device: RunningDevice, faults: Sequence[Injection]) -> tuple[str, Values]:
    """The trap that fits the latest fault best."""
    if not faults:
        return _ALARM_ACTIVE, ()
    latest = faults[-1]
    agent = device.agent
    assert agent is not None
    if latest.fault.name == "on-battery":
        if device.family == "ups-apc":
            return _APC_ON_BATTERY, ()
        name = parse_oid(_MINUTES_REMAINING)
        minutes = agent.recording.get(name)
        left = minutes.value if minutes is not None and isinstance(minutes.value, int) else 0
        return _UPS_ON_BATTERY, ((name, ber.integer(left)),)
    if latest.fault.name == "port-down":
        with suppress(SimulateError):
            index = port_index(agent.recording, latest.what)
            return _LINK_DOWN, ((parse_oid(f"{_IF_INDEX}.{index}"), ber.integer(index)),)
    return (_OPER_DISABLED if latest.fault.name in _PART_FAULTS else _ALARM_ACTIVE), ()


def _send_notice(host: str, to: Address, line: str) -> None:
    """A display sends from its own address; whether anybody hears it, it never learns."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((host, 0))
        sender.setblocking(False)
        sender.sendto(line.encode() + b"\r", to)
