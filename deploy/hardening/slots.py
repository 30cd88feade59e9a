"""Which hour of the day each host is updated in: no two members of a redundant group share one."""

from dataclasses import dataclass
from itertools import count

from inventory.model import Center, Device

HOURS = 24
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Slot:
    """One host's turn."""

    hour: int
    """In the center's zone."""
    day: str = ""
    """`Mon` …; empty for every day. A center whose groups need more than 24 turns takes a week."""

    def calendar(self, timezone: str, minute: int = 0) -> str:
        """systemd.time(7)'s words."""
        day = f"{self.day} " if self.day else ""
        return f"{day}*-*-* {self.hour:02}:{minute:02}:00 {timezone}"

    def before(self, hours: int) -> "Slot":
        """The same turn some hours earlier on the clock."""
        days, hour = divmod(self.hour - hours, HOURS)
        if not self.day:
            return Slot(hour)
        return Slot(hour, _DAYS[(_DAYS.index(self.day) + days) % len(_DAYS)])


def slot_of(center: Center, device: Device) -> Slot:
    """The device's turn. It moves only when the inventory's groups do."""
    base = center.baseline
    turns = turns_of(center)
    turn = turns.get(device.name, 0)
    if max(turns.values(), default=0) < HOURS:
        return Slot((base.updates_from_hour + turn) % HOURS)
    return Slot((base.updates_from_hour + turn // 7) % HOURS, _DAYS[turn % 7])


def turns_of(center: Center) -> dict[str, int]:
    """Each Linux host's number: the lowest that no other member of its groups has.

    More than 168 turns, a week's hours, come again from the first.
    """
    peers = _peers(center)
    turns: dict[str, int] = {}
    for device in center.devices.values():
        if device.is_deployable:
            taken = {turns[peer] for peer in peers.get(device.name, ()) if peer in turns}
            turns[device.name] = next(n for n in count() if n not in taken) % (7 * HOURS)
    return turns


def _peers(center: Center) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for group in center.groups.values():
        members = _devices(center, group.name, frozenset())
        for member in members:
            found.setdefault(member, set()).update(members - {member})
    return found


def _devices(center: Center, name: str, above: frozenset[str]) -> set[str]:
    """The devices in a group, groups in it included."""
    if name in center.devices or name in above:
        return {name}
    group = center.groups.get(name)
    below = above | {name}
    return {d for member in group.of for d in _devices(center, member, below)} if group else set()
