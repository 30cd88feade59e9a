"""The facts that a runbook may name in `needs`, each read from the device or the inventory.

A fact is always a text. When the device does not say, it reads `no reading (last seen 14:02)`, so
that a page opens whatever is missing; a name that is not in `needs` is an error of the runbook.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from inventory.elements import describe
from monitors.quantity import duration, quantity
from monitors.reading import Reading, SensorClass, State
from monitors.runbooks.context import Context

Fact = Callable[[Context], str]


def _missing(context: Context) -> str:
    if context.read_at is None:
        return "no reading (never seen)"
    return f"no reading (last seen {context.read_at.astimezone(context.zone):%H:%M})"


def _lowest(sensor_class: SensorClass, component: str = "") -> Fact:
    def fact(context: Context) -> str:
        return _least(context, context.readings(sensor_class, component))

    return fact


def _least(context: Context, found: list[Reading]) -> str:
    if not found:
        return _missing(context)
    reading = min(found, key=lambda r: r.value)
    return quantity(reading.value, reading.unit)


def _highest(sensor_class: SensorClass) -> Fact:
    def fact(context: Context) -> str:
        found = context.readings(sensor_class)
        if not found:
            return _missing(context)
        reading = max(found, key=lambda r: r.value)
        return f"{quantity(reading.value, reading.unit)} ({reading.name})"

    return fact


def _where(context: Context) -> str:
    device = context.device
    if device.rack and device.at:
        return f"rack {device.rack}, {device.at.upper()}"
    return device.place or (f"rack {device.rack}" if device.rack else "no place in the inventory")


def _model(context: Context) -> str:
    view = context.view
    read = (view.identity.model, view.identity.serial) if view else ("", "")
    model = context.device.model or read[0] or "model unknown"
    serial = context.device.serial or read[1]
    return f"{model}, serial {serial}" if serial else model


def _state(context: Context) -> str:
    return context.view.state.value if context.view else _missing(context)


def _power(context: Context) -> str:
    return context.view.power.value if context.view else _missing(context)


def _cause(context: Context) -> str:
    alert_cause = context.alert.cause if context.alert else ""
    view_cause = context.view.cause if context.view else ""
    return describe(alert_cause or view_cause or context.device.name)


def _problem(context: Context) -> str:
    polls = context.view.polls if context.view else ()
    return next((poll.problem for poll in polls if poll.problem), "every protocol answers")


def _bad_parts(context: Context) -> str:
    parts = context.view.components if context.view else ()
    bad = [f"{c.name}: {c.text or c.state}" for c in parts if c.state is not State.OK]
    return "; ".join(bad[:6]) or "none"


def _feeds(context: Context) -> str:
    feeds = [str(feed) for feed in context.device.feeds]
    return ", ".join(feeds) or "none in the inventory"


def _uplinks(context: Context) -> str:
    return ", ".join(str(uplink) for uplink in context.device.uplinks) or "none in the inventory"


def _fed_devices(context: Context) -> str:
    name = context.device.name
    fed = [
        f"{device.name} ({_share(len(device.feeds))})"
        for device in context.center.devices.values()
        if any(feed.device == name for feed in device.feeds)
    ]
    return ", ".join(fed) or "nothing"


def _now(context: Context, name: str) -> str:
    """How a neighbour does just now."""
    view = context.snapshot.devices.get(name)
    if view is None:
        return f"{name} (not seen)"
    service = "in service" if view.in_service else "out of service"
    return f"{name} ({view.state}, power {view.power}, {service})"


def _partner(context: Context) -> str:
    pair = context.device.pair
    return _now(context, pair) if pair else "no partner in the inventory"


def _sources(context: Context) -> str:
    names = dict.fromkeys(feed.device for feed in context.device.feeds)
    return ", ".join(_now(context, name) for name in names) or "none in the inventory"


def _function(context: Context) -> str:
    """The title of the function, or the group's name, that the alert is about."""
    alert = context.alert
    if alert is None or alert.device:
        return _endangered(context)
    kind, _, name = alert.component.partition(":")
    function = context.center.functions.get(name) if kind == "function" else None
    return function.title if function else name or alert.component


def _share(feeds: int) -> str:
    return "its only feed" if feeds == 1 else f"one of {feeds} feeds"


def _lost_with_it(context: Context) -> str:
    """What goes out of service when this device fails, all else being well."""
    return ", ".join(context.topology.lost_with(context.device.name)) or "nothing else"


def _endangered(context: Context) -> str:
    if context.alert:
        at_stake = [i.title or i.name for i in context.alert.impact if i.kind == "function"]
    else:
        impacts = context.topology.impact(context.device.name)
        at_stake = [i.title for i in impacts if i.is_function]
    return ", ".join(at_stake) or "no function"


def _since(context: Context) -> str:
    if context.alert is None:
        return "(not alerting now)"
    age_s = (context.snapshot.taken_at - context.alert.since).total_seconds()
    since = context.alert.since.astimezone(context.zone)
    return f"{since:%H:%M:%S}, {duration(age_s)} ago"


def _alert_fact(name: str) -> Fact:
    def fact(context: Context) -> str:
        facts = context.alert.facts if context.alert else ()
        return next((f.value for f in facts if f.name == name), _missing(context))

    return fact


FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        "device": lambda c: c.device.name,
        "kind": lambda c: c.device.kind.value,
        "where": _where,
        "model": _model,
        "address": lambda c: str(c.device.address or "no address"),
        "bmc": lambda c: str(c.device.bmc or "no BMC"),
        "state": _state,
        "power": _power,
        "cause": _cause,
        "since": _since,
        "problem": _problem,
        "bad_parts": _bad_parts,
        "feeds": _feeds,
        "uplinks": _uplinks,
        "fed_devices": _fed_devices,
        "lost_with_it": _lost_with_it,
        "endangered": _endangered,
        "charge": _lowest(SensorClass.CHARGE),
        "runtime": lambda c: _least(c, c.time_remaining),
        "load": _highest(SensorClass.LOAD),
        "temperature": _highest(SensorClass.TEMPERATURE),
        "input_voltage": _lowest(SensorClass.VOLTAGE, "input"),
        "summary": lambda c: c.alert.summary if c.alert else "(not alerting now)",
        "drift": _alert_fact("drift"),
        "function": _function,
        "partner": _partner,
        "sources": _sources,
    }
)
"""Name -> how it is read. `docs/runbooks.md` lists them; a test holds the two together."""
