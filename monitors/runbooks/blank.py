"""A snapshot in which nothing has been read: what a runbook is filled from without a monitor."""

from datetime import datetime

from inventory.topology import Topology
from monitors.snapshot import CenterView, EngineView, Snapshot


def blank_snapshot(topology: Topology, now: datetime) -> Snapshot:
    """No devices, no alerts: every live fact then reads `no reading`."""
    center = topology.center
    return Snapshot(
        center=CenterView(center.name, center.title, center.timezone),
        taken_at=now,
        sequence=0,
        engine=EngineView(
            version="",
            started_at=now,
            instance="",
            targets=0,
            polls=0,
            failures={},
            running=0,
            late_s=0.0,
            loop_lag_s=0.0,
        ),
        devices={},
        groups={},
        functions={},
    )
