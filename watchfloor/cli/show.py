"""`watchfloor show`: one device, rack, power chain, function or group, in tables."""

from collections.abc import Iterable
from dataclasses import asdict

import click

from deploy.network.intended import gear_intent
from deploy.network.proved import proof
from deploy.network.render import render
from deploy.network.secrets import shown
from inventory.model import Center, Device
from inventory.topology import Margin, Topology
from watchfloor.cli.center import Site, center_or_demo_option
from watchfloor.cli.output import console, json_option, print_json, print_table
from watchfloor.cli.show_baseline import baseline
from watchfloor.views.elevation import elevation
from watchfloor.views.lookup import find, in_words, names_in
from watchfloor.views.power_chain import CONSEQUENCE, downstream, upstream

MOST_CUTS = 20
"""So many ways to fail are listed; the rest is counted."""


@click.group()
def show() -> None:
    """Show one thing of the inventory and what hangs together with it."""


show.add_command(baseline)


@show.command()
@click.argument("name")
@center_or_demo_option
@json_option
def device(name: str, site: Site, as_json: bool) -> None:
    """A device: where it is, how it is fed and connected, and what its failure costs."""
    found = find(site.center.devices, name, "device")
    topology = Topology(site.center)
    groups = [g.name for g in site.center.groups.values() if name in g.of]
    impacts = topology.impact(name)
    if as_json:
        data = found.model_dump(mode="json", exclude={"baseline"})
        print_json(data | {"groups": groups, "if_it_fails": [asdict(i) for i in impacts]})
        return
    print_table(("Device", name), _device_rows(found, groups))
    _section(f"If {name} fails")
    rows = [(i.name, i.title, _arrow(i.before, i.after)) for i in impacts]
    print_table(("Function or group", "Title", "Margin"), rows or [("nothing shrinks", "", "")])


@show.command()
@click.argument("name")
@center_or_demo_option
@json_option
def rack(name: str, site: Site, as_json: bool) -> None:
    """A rack from top to bottom."""
    found = find(site.center.racks, name, "rack")
    rows = elevation(site.center, found)
    if as_json:
        devices = [
            {"units": r.units, "device": r.device.name, "kind": r.device.kind}
            for r in rows
            if r.device
        ]
        print_json(found.model_dump(mode="json") | {"devices": devices})
        return
    print_table(
        ("Units", "Device", "Kind", "Title", "Feeds"),
        [
            (r.units or "side", r.device.name, r.device.kind, r.device.title, _feeds(r.device))
            if r.device
            else (r.units, "", "", "free", "")
            for r in rows
        ],
        title=" - ".join(filter(None, (f"Rack {name}", found.title, found.room))),
    )


@show.command()
@click.argument("name")
@center_or_demo_option
@json_option
def power(name: str, site: Site, as_json: bool) -> None:
    """What feeds a device, up to the utility, and what hangs from it."""
    find(site.center.devices, name, "device")
    steps, loads = upstream(site.center, name), downstream(site.center, name)
    if as_json:
        data = {"upstream": [asdict(s) for s in steps], "downstream": [asdict(d) for d in loads]}
        print_json({"device": name} | data)
        return
    rows = [("  " * (s.depth - 1) + s.source, s.outlet, s.title) for s in steps]
    print_table(
        ("Fed by", "Outlet", "Title"), rows or [("nothing", "", "")], title=f"{name}: upstream"
    )
    _section(f"{name}: downstream")
    if not loads:
        click.echo("nothing hangs from it")
        return
    print_table(
        ("Device", "Title", "Where", "Plugged in", f"If {name} fails"),
        [
            (
                d.device,
                d.title,
                d.rack,
                "here" if d.direct else "further down",
                CONSEQUENCE[d.power],
            )
            for d in loads
        ],
    )


@show.command()
@click.argument("name")
@center_or_demo_option
@json_option
def config(name: str, site: Site, as_json: bool) -> None:
    """The configuration that network gear is to have; where secrets go, their credential's name."""
    intent = gear_intent(site.center, find(site.center.devices, name, "device"))
    lines = [shown(line) for line in render(intent).splitlines()]
    said = proof(intent.platform)
    if as_json:
        head = {"device": name, "platform": intent.platform, "proof": said or "proved"}
        print_json(head | {"lines": lines, "notes": intent.notes})
        return
    click.echo("\n".join(lines))
    for note in (*intent.notes, *((f"{intent.platform}: {said}",) if said else ())):
        console(err=True).print(note, soft_wrap=True)


@show.command()
@click.argument("name")
@center_or_demo_option
@json_option
def function(name: str, site: Site, as_json: bool) -> None:
    """A function: what it needs, its margin, and which failures take it out."""
    found = find(site.center.functions, name, "function")
    topology = Topology(site.center)
    assessment = topology.assess()
    margin, cuts = assessment.functions[name], topology.cut_sets(name)
    parts = list(dict.fromkeys(n for need in found.needs for n in names_in(need)))
    if as_json:
        data = found.model_dump(mode="json")
        print_json(data | {"margin": margin.designed, "cut_sets": [sorted(c) for c in cuts]})
        return
    rows = [
        ("Title", found.title),
        ("Priority", found.priority),
        ("Needs", " and ".join(in_words(need) for need in found.needs)),
        ("Margin", _margin(margin)),
    ]
    print_table(("Function", name), rows)
    _section("What it needs")
    print_table(
        ("Name", "Needs", "Of", "Margin"),
        [_part(site.center, part, assessment.groups.get(part)) for part in parts],
    )
    _print_cuts(cuts)


@show.command()
@click.argument("name")
@center_or_demo_option
@json_option
def group(name: str, site: Site, as_json: bool) -> None:
    """A group: its members, its margin, and which failures take it out."""
    found = find(site.center.groups, name, "group")
    topology = Topology(site.center)
    margin, cuts = topology.assess().groups[name], topology.cut_sets(name)
    users = [
        f.name
        for f in site.center.functions.values()
        if name in {n for d in f.needs for n in names_in(d)}
    ]
    if as_json:
        data = found.model_dump(mode="json") | {"functions": users, "margin": margin.designed}
        print_json(data | {"cut_sets": [sorted(c) for c in cuts]})
        return
    rows = [
        ("Title", found.title),
        ("Needs", f"{found.needs} of {len(found.of)}"),
        ("Margin", _margin(margin)),
        ("Functions", ", ".join(users) or "none"),
    ]
    print_table(("Group", name), rows)
    _section("Members")
    print_table(
        ("Name", "Kind", "Where", "Feeds", "Uplinks"),
        [_member(site.center, member) for member in found.of],
    )
    _print_cuts(cuts)


def _device_rows(device: Device, groups: Iterable[str]) -> list[tuple[str, object]]:
    where = " ".join(filter(None, (device.rack, device.at, device.place)))
    protocols = ("snmp", "ipmi", "redfish", "pjlink", "sis", "ssh")
    read = [(p, getattr(device.monitoring, p)) for p in protocols]
    rows: list[tuple[str, object]] = [
        ("Title", device.title),
        ("Kind", device.kind),
        ("Model", device.model),
        ("Serial", device.serial),
        ("Id", device.id),
        ("Where", where),
        ("Address", device.address or ""),
        ("BMC", device.bmc or ""),
        ("System", device.os),
        ("Roles", ", ".join(device.roles)),
        ("Feeds", f"{_feeds(device)} (needs {device.feeds_needed})" if device.feeds else ""),
        (
            "Uplinks",
            f"{_uplinks(device)} (needs {device.uplinks_needed})" if device.uplinks else "",
        ),
        ("Pair", device.pair or ""),
        ("Groups", ", ".join(groups)),
        ("Read by", ", ".join(f"{p} with {name}" for p, name in read if name)),
    ]
    return [row for row in rows if row[1]]


def _part(center: Center, name: str, margin: Margin | None) -> tuple[object, ...]:
    if margin is None:
        return (name, "", center.devices[name].title, "a single device")
    group = center.groups[name]
    return (name, group.needs, ", ".join(group.of), _margin(margin))


def _member(center: Center, name: str) -> tuple[object, ...]:
    device = center.devices.get(name)
    if device is None:
        return (name, "group", "", "", "")
    where = " ".join(filter(None, (device.rack, device.at, device.place)))
    return (name, device.kind, where, _feeds(device), _uplinks(device))


def _print_cuts(cuts: list[frozenset[str]]) -> None:
    _section("Failures that take it out, the fewest first")
    rows = [(len(cut), " + ".join(sorted(cut))) for cut in cuts[:MOST_CUTS]]
    print_table(("Count", "Devices"), rows or [("", "no three failures or fewer")])
    if len(cuts) > MOST_CUTS:
        click.echo(f"and {len(cuts) - MOST_CUTS} more (--json lists all)")


def _section(title: str) -> None:
    click.echo(f"\n{title}")


def _feeds(device: Device) -> str:
    return ", ".join(str(feed) for feed in device.feeds)


def _uplinks(device: Device) -> str:
    return ", ".join(str(uplink) for uplink in device.uplinks)


def _arrow(before: int, after: int) -> str:
    return f"{before} -> {'out' if after < 0 else after}"


def _margin(margin: Margin) -> str:
    words = {-1: "out of service", 0: "the next failure is an outage", 3: "survives three or more"}
    more = "survives one more failure" if margin.margin == 1 else "survives two more failures"
    return f"{margin.margin} ({words.get(margin.margin, more)})"
