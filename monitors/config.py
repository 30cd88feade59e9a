"""What `watchfloor monitor` tells its processes: where things are, never a secret."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from inventory.endpoints import Endpoint, EndpointMap
from inventory.loader import load
from inventory.model import Center


class MonitorConfig(BaseModel):
    """One line of JSON on a child's command line, which anybody on the machine may read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = ""
    """Watchfloor's own, for people and metrics."""
    center: Path
    """The center's folder."""
    state: Path
    runtime: Path
    endpoints: Path | None = None
    """The endpoint map, for simulated gear."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8720
    names: tuple[str, ...] = ()
    """Further host names under which the web process may be addressed."""
    traps: Endpoint | None = None
    """Where SNMP traps and informs are received; null for nowhere. The next two likewise."""
    syslog: Endpoint | None = None
    """UDP and TCP."""
    notices: Endpoint | None = None
    """PJLink status notices."""
    interval_s: Annotated[float, Field(ge=0.2, le=3600)] | None = None
    """Overrides the center's and the devices' polling interval."""
    on_delay_s: Annotated[float, Field(ge=0, le=3600)] | None = None
    """The longest time for which a state must be bad before it becomes an alert."""
    observer: str | None = None
    """The device from which the center is watched; its first one with role `monitor` if null."""

    @property
    def receives(self) -> bool:
        """Whether anything is listened to that gear sends unasked."""
        return any((self.traps, self.syslog, self.notices))

    def load_center(self) -> Center:
        """The center with this monitor's interval. Raises `InventoryError`.

        Most devices are read alike, so equal parts of them are one object.
        """
        center = load(self.center)
        everywhere = {} if self.interval_s is None else {"interval_s": None}
        known: dict[str, BaseModel] = {}
        devices = {
            name: device.model_copy(
                update={
                    "monitoring": _one(known, device.monitoring.model_copy(update=everywhere)),
                    "gear": _one(known, device.gear),
                }
            )
            for name, device in center.devices.items()
        }
        changed = {"interval_s": self.interval_s or center.interval_s, "devices": devices}
        return center.model_copy(update=changed)

    def load_endpoints(self) -> EndpointMap:
        """The endpoint map; an empty one when there is none. Raises `EndpointError`."""
        return EndpointMap.load(self.endpoints) if self.endpoints else EndpointMap()

    def observer_in(self, center: Center) -> str | None:
        """The observing device's name; None when the inventory has no monitor."""
        if self.observer is not None:
            return self.observer if self.observer in center.devices else None
        return next((d.name for d in center.devices.values() if "monitor" in d.roles), None)


def _one(known: dict[str, BaseModel], part: BaseModel) -> BaseModel:
    return known.setdefault(f"{type(part).__name__} {part.model_dump_json()}", part)
