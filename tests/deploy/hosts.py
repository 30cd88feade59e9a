"""A center with two web servers, and the facts of a host as they were recorded in the lab."""

from dataclasses import dataclass
from pathlib import Path

from deploy.area import Vantage
from inventory.facts.area import READER
from inventory.facts.collect import HostFacts, Section
from inventory.model import (
    Account,
    Center,
    Credential,
    Device,
    Group,
    Kind,
    Network,
    Purpose,
    Role,
    Service,
)

RECORDED = Path(__file__).parents[1] / "monitors/baseline/hosts"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAqTltYV4khxp+hsRxqNR3gWYmsG2zX9uLdtdkAWWFrb"
VANTAGE = Vantage(client="10.9.0.5", port=22, login="deployer", admin="deployer")


def recorded(host: str) -> HostFacts:
    """The facts of a recorded host: `fresh-debian-12` or `hardened-debian-12`."""
    files = sorted((RECORDED / host).glob("*.txt"))
    # These hosts have no auditor: no center in these tests has one.
    reader = Section(f"file\tabsent - - - - {READER}\n", 0)
    return HostFacts(
        {file.stem: Section(file.read_text(), 0) for file in files} | {"reader": reader}
    )


def account(name: str, **more: object) -> Account:
    """An account with a key, unless `keys` says otherwise."""
    return Account.model_validate({"name": name, "keys": (KEY,), **more})


DEPLOYER = account("deployer", sudo="nopasswd", purpose=Purpose.DEPLOY)


def server(name: str, address: str, **more: object) -> Device:
    return Device.model_validate(
        {
            "name": name,
            "id": f"id-{name}",
            "kind": Kind.SERVER,
            "address": address,
            "os": "debian-12",
            "roles": ("web",),
            **more,
        }
    )


@dataclass(frozen=True, slots=True)
class Net:
    """Shorthand for the networks below."""

    name: str
    cidr: str


NETWORKS = (Net("admin", "10.9.0.0/24"), Net("servers", "10.9.1.0/24"), Net("six", "fd00:9::/64"))


def center(*accounts: Account, **more: object) -> Center:
    """The center, with DEPLOYER when no accounts are given."""
    everyone = accounts or (DEPLOYER,)
    servers = [server("web-1", "10.9.1.1"), server("web-2", "10.9.1.2")]
    clocks = [
        Device(name=f"ntp-{n}", id=f"ntp-{n}", kind=Kind.CLOCK, address=f"10.9.1.{50 + n}")
        for n in (1, 2)
    ]
    http = Service(port=80, sources=("admin", "role:web"))
    whole = Center(
        name="tiny",
        title="Tiny",
        timezone="Etc/UTC",
        admin_sources=("admin", "six"),
        time_servers=("ntp-1", "ntp-2"),
        devices={device.name: device for device in (*servers, *clocks)},
        groups={"web": Group(name="web", needs=1, of=("web-1", "web-2"))},
        networks={n.name: Network(name=n.name, cidr=n.cidr) for n in NETWORKS},
        roles={"web": Role(name="web", services={"http": http})},
        accounts={one.name: one for one in everyone},
        credentials={
            "deploy": Credential(
                name="deploy",
                purpose=Purpose.DEPLOY,
                protocol="ssh",
                user="deployer",
                secret="file:key",
            )
        },
    )
    return whole.model_copy(update=more)
