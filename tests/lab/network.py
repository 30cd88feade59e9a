"""A lab's network: one bridge with a /24 from RFC 2544's test range, one namespace per host."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.lab.command import attempt, run

FIRST_HOST = 11
"""The last octet of the first host's address; .1 is the bridge."""
MOST_HOSTS = 240


@dataclass(frozen=True, slots=True)
class LabNetwork:
    """The names and addresses that follow from a lab's number, 1 to 254.

    198.18.0.0/15 (RFC 2544) belongs to test set-ups like this one, so no real network is in the
    way. The bridge forwards nothing outward: hosts have no default route.
    """

    number: int

    @property
    def bridge(self) -> str:
        return f"wflab{self.number}"

    @property
    def subnet(self) -> str:
        return f"198.18.{self.number}.0/24"

    @property
    def gateway(self) -> str:
        """The bridge's own address: where the apt proxy listens."""
        return f"198.18.{self.number}.1"

    def host_address(self, index: int) -> str:
        return f"198.18.{self.number}.{FIRST_HOST + index}"

    def hardware_address(self, octet: int) -> str:
        """A locally administered MAC address that belongs to an IP address here for good.

        Left to the kernel, a bridge's changes with its ports and a host's with each power cycle,
        and neighbours that remember the old one wait for most of a minute.
        """
        return f"02:57:46:00:{self.number:02x}:{octet:02x}"

    def is_free(self) -> bool:
        """True when nothing on this machine uses the names or the addresses."""
        routes = run(["ip", "-json", "route", "show", "table", "all", "root", self.subnet])
        return not _link_exists(self.bridge) and not json.loads(routes or "[]")

    def create(self) -> None:
        _batch(
            f"link add {self.bridge} address {self.hardware_address(1)} type bridge",
            f"link set {self.bridge} up",
            f"addr add {self.gateway}/24 dev {self.bridge}",
        )

    def remove(self) -> None:
        """Deletes every namespace and link of this lab. Done twice, it is done."""
        for netns in Path("/run/netns").glob(f"{self.bridge}-*"):
            attempt(["ip", "netns", "delete", netns.name])
        for link in json.loads(run(["ip", "-json", "link", "show"])):
            if link["ifname"] == self.bridge or link["ifname"].startswith(f"{self.bridge}p"):
                attempt(["ip", "link", "delete", link["ifname"]])


@dataclass(frozen=True, slots=True)
class HostNetwork:
    """One host's network namespace and the cable from it to the bridge."""

    lab: LabNetwork
    index: int

    @property
    def namespace(self) -> str:
        return f"{self.lab.bridge}-{self.index}"

    @property
    def path(self) -> Path:
        return Path("/run/netns") / self.namespace

    @property
    def cable(self) -> str:
        """The outer end of the veth pair; the host sees the other as eth0."""
        return f"{self.lab.bridge}p{self.index}"

    @property
    def address(self) -> str:
        return self.lab.host_address(self.index)

    @property
    def _hardware_address(self) -> str:
        return self.lab.hardware_address(FIRST_HOST + self.index)

    def create(self) -> None:
        """A namespace as a machine just switched on has it: an address, no firewall rules."""
        self.remove()
        peer = f"name eth0 address {self._hardware_address} netns {self.namespace}"
        _batch(
            f"netns add {self.namespace}",
            f"link add {self.cable} type veth peer {peer}",
            f"link set {self.cable} master {self.lab.bridge} up",
        )
        inside = ("link set lo up", f"addr add {self.address}/24 dev eth0", "link set eth0 up")
        _batch(*inside, namespace=self.namespace)

    def remove(self) -> None:
        if _link_exists(self.cable):
            run(["ip", "link", "delete", self.cable])
        if self.path.exists():
            run(["ip", "netns", "delete", self.namespace])

    def set_cable(self, *, plugged: bool) -> None:
        """Pulls the cable or plugs it in: the host's eth0 loses or regains its carrier."""
        run(["ip", "link", "set", self.cable, "up" if plugged else "down"])


def _link_exists(name: str) -> bool:
    return Path("/sys/class/net", name).exists()


def _batch(*lines: str, namespace: str | None = None) -> None:
    inside = ["-netns", namespace] if namespace else []
    run(["ip", *inside, "-batch", "-"], stdin="\n".join(lines) + "\n")
