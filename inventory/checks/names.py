"""Names: whatever a part of the center refers to exists. Looks at the text, not at the models, so
that a thing with one mistake in it still gets its other names checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inventory.checks.redundancy import pair_name
from inventory.document import Entry, Mapping, Node, Scalar, Sequence
from inventory.draft import Draft
from inventory.nearest import hint


@dataclass(frozen=True, slots=True)
class Reference:
    """Where things of one section name things of others."""

    section: str
    path: str
    """Keys with dots; `*` is every item of a list or every value of a mapping, `**` is a need."""
    what: str
    among: tuple[str, ...]
    """Sections, or the special sets of `_names`."""


REFERENCES = (
    Reference("devices", "rack", "rack", ("racks",)),
    Reference("devices", "feeds.*", "device", ("devices",)),
    Reference("devices", "uplinks.*", "device", ("devices",)),
    Reference("devices", "pair", "device", ("devices",)),
    Reference("devices", "bmc_uplink", "device", ("devices",)),
    Reference("devices", "gear.login", "credential", ("credentials",)),
    Reference("devices", "gear.special_ports.*.peer", "device", ("devices",)),
    Reference("devices", "gear.special_ports.*.network", "network", ("networks",)),
    Reference("devices", "gear.special_ports.*.networks.*", "network", ("networks", "every")),
    Reference("devices", "roles.*", "role", ("roles",)),
    *(
        Reference("devices", f"monitoring.{protocol}", "credential", ("credentials",))
        for protocol in ("snmp", "ipmi", "redfish", "pjlink", "sis", "ssh", "reach.*.credential")
    ),
    Reference("groups", "of.*", "device or group", ("devices", "groups", "pairs")),
    Reference("functions", "needs.**", "group or device", ("groups", "devices", "pairs")),
    Reference(
        "roles",
        "services.*.sources.*",
        "network, device or role",
        ("networks", "devices", "role sources"),
    ),
    Reference("virtual_addresses", "of.*", "device", ("devices",)),
    Reference("walls", "displays.*.*", "device", ("devices",)),
    Reference("walls", "credentials.*", "credential", ("credentials",)),
    Reference("walls", "layouts.*.tiles.*.camera", "device", ("devices",)),
    Reference("walls", "layouts.*.tiles.*.credential", "credential", ("credentials",)),
    Reference("accounts", "roles.*", "role", ("roles",)),
    Reference("rotas", "contacts.*", "contact", ("contacts",)),
    Reference("rotas", "escalates_to", "contact or rota", ("contacts", "rotas")),
    Reference("windows", "devices.*", "device", ("devices",)),
    Reference("waivers", "devices.*", "device", ("devices",)),
)
OF_CENTER = (
    Reference("center", "admin_sources.*", "network or device", ("networks", "devices")),
    Reference("center", "time_servers.*", "device", ("devices",)),
    Reference("center", "authority.credential", "credential", ("credentials",)),
    Reference("center", "gear_authentication.servers.*", "device", ("devices",)),
    Reference("center", "gear_authentication.credential", "credential", ("credentials",)),
)
PARTED = {"feeds.*", "uplinks.*", "bmc_uplink"}
"""Here a part follows the name, after a slash."""


def check_names(draft: Draft) -> None:
    """Every reference, with a suggestion where one leads nowhere."""
    for reference in REFERENCES:
        choices = _choices(draft, reference.among)
        for entry in draft.sections.named[reference.section].values():
            _check(draft, reference, entry.value, choices)
    if draft.sections.center is not None:
        for reference in OF_CENTER:
            choices = _choices(draft, reference.among)
            _check(draft, reference, draft.sections.center, choices)


def _check(draft: Draft, reference: Reference, node: Node, choices: frozenset[str]) -> None:
    for found in _at(node, reference.path.split(".")):
        if not isinstance(found.value, str) or not found.value:
            continue
        name = found.value.partition("/")[0] if reference.path in PARTED else found.value
        if name and name not in choices:
            # A search through thousands of names for each of thousands would take minutes.
            advice = "" if draft.problems.full else f": {hint(name, choices)}"
            message = f'no {reference.what} is called "{name[:80]}"{advice}'
            draft.problems.add(found.mark, message)


def _at(node: Node, path: list[str]) -> Iterator[Scalar]:
    """The values at a path, as far as the text has the shape that it should have."""
    if not path:
        if isinstance(node, Scalar):
            yield node
    elif path[0] == "**":
        for item in _items(node):
            yield from _leaves(item)
    elif path[0] == "*":
        for item in _items(node):
            yield from _at(item, path[1:])
    elif isinstance(node, Mapping) and (below := node.get(path[0])) is not None:
        yield from _at(below, path[1:])


def _items(node: Node) -> Iterable[Node]:
    if isinstance(node, Sequence):
        return node.items
    return [e.value for e in node.entries.values()] if isinstance(node, Mapping) else []


def _leaves(need: Node) -> Iterator[Scalar]:
    if isinstance(need, Scalar):
        yield need
    elif isinstance(need, Mapping):
        for word in ("all", "any", "of"):
            for item in _items(need.get(word) or Sequence(need.mark)):
                yield from _leaves(item)


def _choices(draft: Draft, among: Iterable[str]) -> frozenset[str]:
    return frozenset(name for source in among for name in _names(draft, source))


def _names(draft: Draft, source: str) -> Iterable[str]:
    if source == "pairs":
        return _pairs(draft.sections.named["devices"])
    if source == "every":
        return ["all"]
    if source == "role sources":
        return [f"role:{name}" for name in draft.names("roles")]
    return draft.names(source)


def _pairs(devices: dict[str, Entry]) -> Iterator[str]:
    """The names of the groups that pairs will make."""
    for name, entry in devices.items():
        for partner in _at(entry.value, ["pair"]):
            if isinstance(partner.value, str):
                yield pair_name(name, partner.value)
