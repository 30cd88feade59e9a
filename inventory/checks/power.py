"""Power: feeds come from things that give power, one plug per outlet, and never in a circle."""

from inventory.checks.cycles import loops
from inventory.draft import Draft
from inventory.model import Device, Kind
from inventory.references import FeedRef

SOURCES = frozenset({Kind.UTILITY, Kind.GENERATOR, Kind.ATS, Kind.UPS, Kind.PDU})
"""The kinds that others can be fed from."""

Plugs = dict[tuple[str, str], str]


def check_power(draft: Draft) -> None:
    """Feeds, outlets, how many are needed, loops."""
    plugs: Plugs = {}
    for device in draft.devices.values():
        for number, feed in enumerate(device.feeds):
            _check_feed(draft, device, number, feed, plugs)
        if device.feeds and device.feeds_needed > len(device.feeds):
            draft.report(
                "devices",
                device.name,
                ("feeds_needed",),
                f"needs {device.feeds_needed} feeds but has {len(device.feeds)}: add a feed",
            )
        if device.feeds and device.kind is Kind.UTILITY:
            draft.report(
                "devices", device.name, ("feeds",), "a utility is where power begins: remove feeds"
            )
    _check_loops(draft)


def _check_feed(draft: Draft, device: Device, number: int, feed: FeedRef, plugs: Plugs) -> None:
    path = ("feeds", number)
    source = draft.devices.get(feed.device)
    if source is None:
        return
    if source.kind not in SOURCES:
        draft.report(
            "devices",
            device.name,
            path,
            f"{source.name} is a {source.kind} and gives no power: "
            "name a utility, generator, ats, ups or pdu",
        )
        return
    if problem := _outlet_problem(feed, source):
        draft.report("devices", device.name, path, problem)
        return
    _check_plug(draft, device, path, feed, plugs)


def _outlet_problem(feed: FeedRef, source: Device) -> str:
    if source.outlets is None:
        if feed.outlet:
            return (
                f"{source.name} has no numbered outlets: write {source.name}, or give it `outlets`"
            )
        return ""
    if not feed.outlet:
        return f"{source.name} has {source.outlets} outlets: say which, as in {source.name}/1"
    if not (feed.outlet.isascii() and feed.outlet.isdigit() and feed.outlet[0] != "0"):
        return f'outlet "{feed.outlet[:20]}" is not a number from 1 to {source.outlets}'
    if len(feed.outlet) > 3 or int(feed.outlet) > source.outlets:
        return f"{source.name} has only {source.outlets} outlets, and no {feed.outlet[:20]}"
    return ""


def _check_plug(
    draft: Draft, device: Device, path: tuple[str, int], feed: FeedRef, plugs: Plugs
) -> None:
    if not feed.outlet:
        if [str(f) for f in device.feeds].index(str(feed)) != path[1]:
            draft.report(
                "devices", device.name, path, f"{feed} feeds it twice: name another source"
            )
        return
    other = plugs.setdefault((feed.device, feed.outlet), device.name)
    first = [str(f) for f in device.feeds].index(str(feed)) == path[1]
    if other != device.name or not first:
        place = draft.at("devices", other, "feeds")
        draft.report(
            "devices",
            device.name,
            path,
            f"outlet {feed} is already taken by {other} ({place}): use a free one",
        )


def _check_loops(draft: Draft) -> None:
    edges = {d.name: [feed.device for feed in d.feeds] for d in draft.devices.values()}
    for loop in loops(edges):
        way = " <- ".join([*loop, loop[0]])
        draft.report("devices", loop[0], ("feeds",), f"power runs in a circle: {way}")
