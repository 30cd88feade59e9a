"""Faults as they look from outside: lost streams, wrong clocks, bad lines, old certificates."""

from watchfloor.simulate.device import RunningDevice
from watchfloor.simulate.fault import Fault

WRONG_S = 4.0
"""How far a wrong clock is ahead."""
LOST = 0.2
JITTER_S = 0.25
DAYS_LEFT = 3


def _stream_gone(device: RunningDevice, _what: str) -> None:
    if device.services.streams is not None:
        device.services.streams.faults.gone = True


def _clock_wrong(device: RunningDevice, _what: str) -> None:
    if device.services.clock is not None:
        device.services.clock.faults.offset_s = WRONG_S


def _lossy(device: RunningDevice, _what: str) -> None:
    if device.services.circuit is not None:
        device.services.circuit.faults.lost = LOST


def _jittery(device: RunningDevice, _what: str) -> None:
    if device.services.circuit is not None:
        device.services.circuit.faults.jitter_s = JITTER_S


def _certificate_ending(device: RunningDevice, _what: str) -> None:
    if device.services.web is not None:
        device.services.web.show_certificate(DAYS_LEFT)


SERVICE_FAULTS = (
    Fault(
        name="stream-gone",
        help="its video streams are not found",
        apply=_stream_gone,
        families=frozenset({"stream"}),
    ),
    Fault(
        name="clock-wrong",
        help=f"the time that it gives is {WRONG_S:g} s ahead",
        apply=_clock_wrong,
        families=frozenset({"time"}),
    ),
    Fault(
        name="lossy",
        help=f"{LOST:.0%} of its packets are lost",
        apply=_lossy,
        families=frozenset({"circuit"}),
    ),
    Fault(
        name="jittery",
        help=f"every other packet is {JITTER_S * 1000:g} ms late",
        apply=_jittery,
        families=frozenset({"circuit"}),
    ),
    Fault(
        name="certificate-ending",
        help=f"its certificate ends in {DAYS_LEFT} days",
        apply=_certificate_ending,
        families=frozenset({"web"}),
    ),
)
