"""Where a BMC's alerts go: the hosts that monitor, and nowhere else."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from deploy.area import Difference
from deploy.bmc.facts import AlertFacts, Destination
from deploy.bmc.wanted import BmcDesired
from deploy.bmc_change import BmcSettingChange

_KIND, _PLACE, _POLICY = 18, 19, 9
_TRAP = 0
"""Destination type 0: a platform event trap, which is an SNMPv1 trap."""
_WAIT_S, _RETRIES = 3, 3
_PLACE_MASK = (0x0F, 0xF0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0)
"""The BMC finds the hardware address, and may fill it in."""
_POLICY_ON = 0x18
"""Policy set 1, on, always sent to this destination."""


def alert_difference(wanted: BmcDesired, facts: AlertFacts) -> Difference:
    """Each monitor at one destination with a policy; every other destination is emptied."""
    if not wanted.alerts:
        return Difference()
    if facts.refused:
        return Difference(unmet=(facts.refused,))
    if not facts.destinations:
        return Difference(notes=("it has no place for alert destinations",))
    places, left = _placed(wanted, facts)
    changes = (
        *(change for place, address in places for change in _set(place, address)),
        *_emptied(facts, {place.number for place, _ in places}),
        *_policies(facts, [place.number for place, _ in places]),
    )
    notes = () if facts.filtering else ("its event filtering is off, so that it sends no alerts",)
    return Difference(
        changes, unmet=tuple(f"no place is left for {one}" for one in left), notes=notes
    )


def _placed(
    wanted: BmcDesired, facts: AlertFacts
) -> tuple[list[tuple[Destination, str]], list[str]]:
    """Which destination has or gets which address, and the addresses without one."""
    by_address = {place.address: place for place in reversed(facts.destinations)}
    known = {one: by_address[one] for one in wanted.alerts if one in by_address}
    taken = {place.number for place in known.values()}
    others = [place for place in facts.destinations if place.number not in taken]
    spare = iter(sorted(others, key=lambda place: (not place.is_free, place.number)))
    found: list[tuple[Destination, str]] = []
    left: list[str] = []
    for address in wanted.alerts:
        place = known.get(address) or next(spare, None)
        if place is None:
            left.append(address)
        else:
            found.append((place, address))
    return found, left


def _set(place: Destination, address: str) -> Iterator[BmcSettingChange]:
    if place.kind[1] & 0x07 != _TRAP:
        yield BmcSettingChange(
            title=f"send traps to alert destination {place.number}",
            group="lan",
            parameter=_KIND,
            selector=place.number,
            value=(place.number, _TRAP, _WAIT_S, _RETRIES),
            before=place.kind,
        )
    if place.address != address:
        yield _address(place, address)


def _address(place: Destination, address: str) -> BmcSettingChange:
    was = f" (it is {place.address})" if place.address else ""
    empty = address == "0.0.0.0"  # noqa: S104 - means none here
    what = "empty alert destination" if empty else f"send alerts to {address} by destination"
    return BmcSettingChange(
        title=f"{what} {place.number}{was}",
        group="lan",
        parameter=_PLACE,
        selector=place.number,
        value=(place.number, 0, 0, *IPv4Address(address).packed, 0, 0, 0, 0, 0, 0),
        before=place.place[:13],
        mask=_PLACE_MASK,
    )


def _emptied(facts: AlertFacts, kept: set[int]) -> Iterator[BmcSettingChange]:
    for place in facts.destinations:
        if place.number not in kept and not place.is_free:
            yield _address(place, "0.0.0.0")  # noqa: S104 - means none here


def _policies(facts: AlertFacts, places: list[int]) -> Iterator[BmcSettingChange]:
    """One for each destination that none sends to, in the entries that are off."""
    served = {
        policy.destination
        for policy in facts.policies
        if policy.is_on and policy.channel == facts.channel
    }
    free = iter([policy for policy in facts.policies if not policy.is_on])
    for place in places:
        policy = None if place in served else next(free, None)
        if policy is not None:
            number = policy.octets[0]
            yield BmcSettingChange(
                title=f"have alerts sent to destination {place}",
                group="events",
                parameter=_POLICY,
                selector=number,
                value=(number, _POLICY_ON, facts.channel << 4 | place, 0),
                before=policy.octets,
            )
