"""A small center for tests: A/B power, two cores, two servers, a console on one feed."""

from inventory.model import Center, Device, Function, Group, Kind, Rack
from inventory.references import FeedRef, Need, UplinkRef


def device(name: str, kind: Kind, feeds: str = "", uplinks: str = "", **more: object) -> Device:
    """A device whose feeds and uplinks are written as words."""
    return Device(
        name=name,
        id=name,
        kind=kind,
        feeds=tuple(FeedRef.model_validate(text) for text in feeds.split()),
        uplinks=tuple(UplinkRef.model_validate(text) for text in uplinks.split()),
        **more,
    )


def center(devices: list[Device], groups: list[Group], functions: list[Function]) -> Center:
    """A center of these parts."""
    return Center(
        name="small",
        title="Small center",
        timezone="America/Los_Angeles",
        racks={"r1": Rack(name="r1")},
        devices={d.name: d for d in devices},
        groups={g.name: g for g in groups},
        functions={f.name: f for f in functions},
    )


def small_center() -> Center:
    """Two servers with two feeds each behind two cores, and a console that hangs from one side."""
    return center(
        [
            device("utility", Kind.UTILITY),
            device("generator", Kind.GENERATOR),
            device("ats", Kind.ATS, "utility generator"),
            device("ups-a", Kind.UPS, "ats", place="power room"),
            device("ups-b", Kind.UPS, "ats utility", place="power room"),
            device("pdu-a", Kind.PDU, "ups-a", outlets=8),
            device("pdu-b", Kind.PDU, "ups-b", outlets=8),
            device("core-a", Kind.SWITCH, "pdu-a/1 pdu-b/1", rack="r1", at="u40"),
            device("core-b", Kind.SWITCH, "pdu-a/2 pdu-b/2", rack="r1", at="u39"),
            device("access", Kind.SWITCH, "pdu-a/3 pdu-b/3", "core-a/1 core-b/1"),
            device(
                "srv-1", Kind.SERVER, "pdu-a/4 pdu-b/4", "core-a/2 core-b/2", rack="r1", at="u2"
            ),
            device(
                "srv-2", Kind.SERVER, "pdu-a/5 pdu-b/5", "core-a/3 core-b/3", rack="r1", at="u4"
            ),
            device("console", Kind.CONSOLE, "pdu-a/6", "access/1"),
            device("mon", Kind.SERVER, "pdu-b/6", "core-b/9"),
        ],
        [Group(name="servers", title="Servers", needs=1, of=("srv-1", "srv-2"))],
        [
            Function(name="cad", title="CAD", needs=(Need(name="servers"),), priority=1),
            Function(
                name="desk",
                title="Desk",
                needs=(Need(name="console"), Need(name="servers")),
                priority=2,
            ),
        ],
    )
