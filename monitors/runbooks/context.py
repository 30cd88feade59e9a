"""What a runbook's facts and checks are answered from: one device in one snapshot of its center."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from inventory.model import Center, Device
from inventory.topology import Topology
from monitors.reading import TIME_SPENT, Reading, SensorClass
from monitors.snapshot import AlertView, DeviceView, Snapshot


@dataclass(frozen=True, slots=True)
class Context:
    """Everything is read-only; a missing reading is None, never an exception."""

    topology: Topology
    snapshot: Snapshot
    device: Device
    alert: AlertView | None = None

    @property
    def view(self) -> DeviceView | None:
        """The device as the monitor sees it; None when the snapshot does not have it."""
        return self.snapshot.devices.get(self.device.name)

    @property
    def center(self) -> Center:
        """The inventory that the topology was built from."""
        return self.topology.center

    @property
    def zone(self) -> ZoneInfo:
        """The center's timezone: on-call technicians read local time."""
        return ZoneInfo(self.center.timezone)

    def readings(self, sensor_class: SensorClass, component: str = "") -> list[Reading]:
        """The device's readings of a class, of components of this kind if one is given."""
        if self.view is None:
            return []
        return [
            reading
            for reading in self.view.readings
            if reading.sensor_class is sensor_class
            and (not component or reading.component.partition(":")[0] == component)
        ]

    @property
    def time_remaining(self) -> list[Reading]:
        """How long each battery would still carry its load, in seconds."""
        runtimes = self.readings(SensorClass.RUNTIME, "battery")
        return [r for r in runtimes if TIME_SPENT not in r.name.casefold()]

    @property
    def read_at(self) -> datetime | None:
        """When the device was last read with success."""
        polls = self.view.polls if self.view else ()
        times = [poll.succeeded_at for poll in polls if poll.succeeded_at]
        return max(times, default=None)
