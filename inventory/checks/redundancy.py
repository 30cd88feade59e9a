"""Redundancy: names are unambiguous, pairs are mutual, and groups can be fulfilled."""

from inventory.checks.cycles import loops
from inventory.draft import Draft
from inventory.model import Device


def check_redundancy(draft: Draft) -> None:
    """The shared namespace, pairs, members, needs."""
    _check_one_namespace(draft)
    claimed: dict[str, str] = {}
    for device in draft.devices.values():
        if device.pair is not None:
            _check_pair(draft, device, device.pair, claimed)
    _check_groups(draft)


def pair_name(left: str, right: str) -> str:
    """The name of the group that a pair makes: `pair:fw-a+fw-b`."""
    first, second = sorted((left, right))
    return f"pair:{first}+{second}"


def _check_one_namespace(draft: Draft) -> None:
    """A need is a bare name, so a device, a group and a function cannot share one."""
    owners: dict[str, tuple[str, str]] = {}
    for section in ("devices", "groups", "functions"):
        for name in draft.names(section):
            other, _ = owners.setdefault(name, (section, name))
            if other != section:
                place = draft.entry(other, name).mark
                draft.problems.add(
                    draft.entry(section, name).mark,
                    f'"{name}" is already one of the {other} ({place}): choose another name',
                )


def _check_pair(draft: Draft, device: Device, partner: str, claimed: dict[str, str]) -> None:
    path = ("pair",)
    if partner == device.name:
        draft.report(
            "devices", device.name, path, "a device is no pair with itself: name the other"
        )
        return
    other = draft.devices.get(partner)
    if other is None:
        return
    if other.kind is not device.kind:
        draft.report(
            "devices",
            device.name,
            path,
            f"{partner} is a {other.kind} and this is a {device.kind}: a pair is of one kind",
        )
    owner = other.pair or claimed.setdefault(partner, device.name)
    if owner != device.name:
        draft.report(
            "devices",
            device.name,
            path,
            f"{partner} is paired with {owner}: a pair is two devices that name each other",
        )


def _check_groups(draft: Draft) -> None:
    for group in draft.groups.values():
        for number, member in enumerate(group.of):
            if group.of.index(member) != number:
                message = f"{member} is listed twice: remove one"
                draft.report("groups", group.name, ("of", number), message)
        if group.needs > len(group.of):
            draft.report(
                "groups",
                group.name,
                ("needs",),
                f"needs {group.needs} of {len(group.of)} members: it could never be in service",
            )
    for loop in loops({g.name: g.of for g in draft.groups.values()}):
        way = " -> ".join([*loop, loop[0]])
        draft.report("groups", loop[0], ("of",), f"groups contain each other: {way}")
