"""The faults that people can inject by name: `ups-a:on-battery`, `srv-cad-1:psu-failed=2`."""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.nearest import hint
from watchfloor.simulate.device import RunningDevice
from watchfloor.simulate.device_faults import DEVICE_FAULTS
from watchfloor.simulate.errors import FaultError
from watchfloor.simulate.fault import Fault
from watchfloor.simulate.power_faults import POWER_FAULTS
from watchfloor.simulate.service_faults import SERVICE_FAULTS
from watchfloor.simulate.snmp_agent import GARBAGE
from watchfloor.simulate.wall_faults import WALL_FAULTS

SLOW_S = 4.0
"""Longer than a poll waits for one answer."""


def _silent(device: RunningDevice, _what: str) -> None:
    device.on_the_wire(silence=True)


def _garbage(device: RunningDevice, _what: str) -> None:
    device.on_the_wire(garbage=GARBAGE)


def _slow(device: RunningDevice, _what: str) -> None:
    device.on_the_wire(delay_s=SLOW_S)


def _rebooted(device: RunningDevice, _what: str) -> None:
    if device.agent is not None:
        device.agent.reboot()
    if device.bmc is not None:
        device.bmc.sessions.close_all()


_COMMON_FAULTS = (
    Fault(
        name="down",
        help="dead: no answer, and no power to what hangs there",
        apply=_silent,
        cuts_power=True,
    ),
    Fault(name="silent", help="alive, and answers nothing", apply=_silent),
    Fault(name="slow", help=f"answers after {SLOW_S:g} s", apply=_slow),
    Fault(name="garbage", help="answers with octets of another protocol", apply=_garbage),
    Fault(name="rebooted", help="its clocks start anew", apply=_rebooted, momentary=True),
)

FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (*POWER_FAULTS, *DEVICE_FAULTS, *SERVICE_FAULTS, *WALL_FAULTS, *_COMMON_FAULTS)
}


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault on a device, as asked for."""

    device: str
    fault: Fault
    what: str = ""

    def __str__(self) -> str:
        return f"{self.device}:{self.fault.name}" + (f"={self.what}" if self.what else "")


def parse_injection(text: str, devices: Mapping[str, RunningDevice]) -> Injection:
    """Reads `DEVICE:FAULT` or `DEVICE:FAULT=WHAT`. Raises FaultError, with what is near."""
    name, colon, rest = text.partition(":")
    if not colon:
        raise FaultError(f"{text!r} is no fault: write DEVICE:FAULT, like ups-a:on-battery")
    device = devices.get(name)
    if device is None:
        raise FaultError(f"no device {name!r}: {hint(name, devices, 'check the spelling')}")
    fault_name, _, what = rest.partition("=")
    possible = [each.name for each in FAULTS.values() if each.fits(device)]
    if fault_name not in possible:
        otherwise = f"it can have {', '.join(possible)}"
        raise FaultError(
            f"{name} cannot have {fault_name!r}: {hint(fault_name, possible, otherwise)}"
        )
    fault = FAULTS[fault_name]
    if fault.required and not what:
        raise FaultError(f"{fault_name} needs the {fault.argument}: write {text}=…")
    if what and not fault.argument:
        raise FaultError(f"{fault_name} takes nothing after it: write {name}:{fault_name}")
    return Injection(name, fault, what)


def faults_help() -> str:
    """Every fault with what it does and what can have it, a line each."""
    return "\n".join(
        f"{usage(fault):<26} {fault.help} ({_whom(fault)})" for fault in FAULTS.values()
    )


def usage(fault: Fault) -> str:
    """The name, and what may stand after it."""
    if not fault.argument:
        return fault.name
    argument = "=" + fault.argument.upper().replace(" OR ", "|")
    return fault.name + (argument if fault.required else f"[{argument}]")


def _whom(fault: Fault) -> str:
    return "every device" if fault.families is None else ", ".join(sorted(fault.families))
