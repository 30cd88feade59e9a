"""Renders what is wanted into each platform's own words. Strict about every name; never HTML."""

from functools import cache
from ipaddress import IPv4Network

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.network.intent import Address, GearIntent
from inventory.assets import templates


def render(intent: GearIntent) -> str:
    """The whole configuration that is ours, in the form in which the platform prints it."""
    template = _environment().get_template(f"{intent.platform}/gear.j2")
    text = template.render(intent=intent, management=intent.management)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def ranges(numbers: tuple[int, ...]) -> str:
    """`9,20-22`, as switches print VLANs."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def wildcard(network: IPv4Network) -> str:
    """A source in a Cisco standard access list: `10.20.10.41`, `10.20.8.0 0.0.0.255`."""
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    if network.prefixlen == 0:
        return "any"
    return f"{network.network_address} {network.hostmask}"


def minutes(seconds: int) -> int:
    """Whole minutes, at least one."""
    return max(1, seconds // 60)


def family(address: Address) -> str:
    """`ipv4` or `ipv6`."""
    return f"ipv{address.version}"


@cache
def _environment() -> Environment:
    # Configuration files are no HTML; what goes into them is typed and checked by the inventory.
    environment = Environment(
        loader=FileSystemLoader(templates() / "network"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - see above
    )
    environment.filters |= {
        "ranges": ranges,
        "wildcard": wildcard,
        "minutes": minutes,
        "family": family,
    }
    return environment
