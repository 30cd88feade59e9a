"""Leases: which hosts may change themselves just now. Kept in memory; pure but for that.

A host that converges itself knows nothing of its peers. The monitor does: it lends a device the
right to be out for a while when nothing is lost by it, and no peer of it has that right.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inventory.errors import WatchfloorError
from monitors.outlook import Outlook

LONGEST_S = 900
"""A lease ends by itself after this; a host whose changes take longer is left to push."""
MOST = 5
"""Leases at a time, whatever the center's size."""


class LeaseError(WatchfloorError):
    """The device may not change itself now."""


class LeaseRequest(BaseModel):
    """Who wants to change which device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Annotated[str, StringConstraints(min_length=1, max_length=63)]
    by: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """A run's name: the same one may ask again, and gives the lease back."""
    seconds: Annotated[int, Field(ge=1, le=LONGEST_S)] = LONGEST_S
    give_back: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """One device's right to be out."""

    device: str
    by: str
    until: datetime


class Leases:
    """Those that are held."""

    def __init__(self, begun: datetime) -> None:
        """`begun` is when this memory began: what was lent before is not known."""
        self._begun = begun
        self._held: dict[str, Lease] = {}

    def ask(self, wanted: LeaseRequest, outlook: Outlook, now: datetime) -> Lease:
        """Lends it. Raises `LeaseError` with the reason."""
        self._forget(now)
        complaint = self._complaint(wanted, outlook, now)
        if complaint:
            raise LeaseError(f"{wanted.device}: {complaint}")
        lease = Lease(wanted.device, wanted.by, now + timedelta(seconds=wanted.seconds))
        self._held[wanted.device] = lease
        return lease

    def give_back(self, device: str, by: str) -> None:
        """Ends a lease of this run's; there need not be one any more."""
        if device in self._held and self._held[device].by == by:
            del self._held[device]

    def _forget(self, now: datetime) -> None:
        self._held = {name: lease for name, lease in self._held.items() if lease.until > now}

    def _complaint(self, wanted: LeaseRequest, outlook: Outlook, now: datetime) -> str:
        others = {name: lease for name, lease in self._held.items() if name != wanted.device}
        own = self._held.get(wanted.device)
        holders = [peer.device for peer in outlook.peers if peer.device in others]
        if own is not None and own.by != wanted.by:
            return f"{own.by} holds its lease until {own.until:%H:%M:%S}"
        if now < self._begun + timedelta(seconds=LONGEST_S):
            return "the monitor has just started and does not know who holds a lease; ask later"
        if holders:
            return f"its peer {holders[0]} holds a lease until {others[holders[0]].until:%H:%M:%S}"
        if len(others) >= MOST:
            return f"{len(others)} devices hold a lease, and no more may at a time"
        return _objection(outlook)


def _objection(outlook: Outlook) -> str:
    """What the center's state says against it; empty when nothing does."""
    if outlook.incident is not None:
        return f"an incident is going on: {outlook.incident.reason}"
    if not outlook.settled:
        return "not every device has answered the monitor yet"
    if outlook.takes_out:
        return f"without it, {', '.join(outlook.takes_out[:3])} would be out"
    weak = [peer.device for peer in outlook.peers if not peer.is_well]
    if weak:
        return f"its peer {weak[0]} is not well"
    return ""
