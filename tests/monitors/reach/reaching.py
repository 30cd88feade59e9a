"""Reach probes of one device, as the inventory would make them, led to services of the test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inventory.model import Device
from inventory.secrets import SecretText
from monitors.probe import Poll
from monitors.reach.build import AskerMaker
from monitors.reach.probe import ReachProbe, ReachTarget
from monitors.reach.rtsp import Login
from monitors.reading import Reading, State

ADDRESS = "10.20.40.11"
PASSWORD = "camera-secret"


def device(*checks: dict[str, Any], kind: str = "camera", address: str = ADDRESS) -> Device:
    return Device.model_validate(
        {
            "name": "cam-1",
            "id": "cam-1",
            "kind": kind,
            "address": address,
            "monitoring": {"reach": checks},
        }
    )


def probe(
    *checks: dict[str, Any],
    at: Mapping[str, tuple[str, int]] | None = None,
    folder: Path = Path(),
    deadline_s: float = 5.0,
    kind: str = "camera",
    address: str = ADDRESS,
) -> ReachProbe:
    """`at` leads endpoints such as `rtsp-554` to where they answer in the test."""
    told = device(*[{"timeout_s": 1.0, **check} for check in checks], kind=kind, address=address)
    maker = AskerMaker(
        told,
        folder,
        lambda endpoint, host, port: (at or {}).get(endpoint, (host, port)),
        lambda _: Login("viewer", SecretText(PASSWORD)),
    )
    askers = tuple(maker.make(check) for check in told.monitoring.reach)
    return ReachProbe(ReachTarget("cam-1", askers, deadline_s))


def named(poll: Poll) -> dict[str, Reading]:
    return {reading.name: reading for reading in poll.readings}


def only_state(poll: Poll) -> tuple[State, str]:
    """The state and the words of the part that was asked."""
    stated = [reading for reading in poll.readings if reading.sensor_class == "state"]
    return stated[0].state, stated[0].text
