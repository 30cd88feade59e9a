"""The endpoint map: where simulated or tunnelled gear really answers, in place of its address."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import yaml

from inventory.document import Mapping as Tree
from inventory.document import Node, Scalar, parse
from inventory.errors import WatchfloorError
from inventory.problems import Mark, Problems
from inventory.whole_file import write_whole

FORMAT = 1
LARGEST = 2_000_000

Endpoint = tuple[str, int]
"""Host address and port."""


class EndpointError(WatchfloorError):
    """An endpoint map that cannot be read or written."""


@dataclass(frozen=True, slots=True)
class EndpointMap:
    """`device/protocol` -> where it answers. What is not in it answers at its own address."""

    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "EndpointMap":
        """Reads `{format: 1, endpoints: {"ups-a/snmp": "127.66.0.3:16161"}}`.

        Raises `EndpointError` for the first mistake.
        """
        try:
            text = path.read_bytes()[: LARGEST + 1].decode()
        except (OSError, UnicodeDecodeError) as error:
            raise EndpointError(f"{path}: the endpoint map cannot be read: {error}") from error
        problems = Problems()
        tree = parse(text, str(path), problems)
        if not problems:
            for mark, message in _mistakes(tree, Mark(str(path))):
                problems.add(mark, message)
        if problems.first is not None:
            raise EndpointError(str(problems.first))
        assert isinstance(tree, Tree)
        entries = tree.get("endpoints")
        assert isinstance(entries, Tree)
        return cls({name: split_endpoint(_text(e.value)) for name, e in entries.entries.items()})

    def resolve(self, device: str, protocol: str, default_host: str, default_port: int) -> Endpoint:
        """Where to reach a device by a protocol: snmp, ipmi, ssh, pjlink."""
        return self.endpoints.get(f"{device}/{protocol}", (default_host, default_port))

    def save(self, path: Path) -> None:
        """Writes beside its place, then renames: a reader sees the old map or the new one."""
        lines = {name: join_endpoint(*self.endpoints[name]) for name in sorted(self.endpoints)}
        text = yaml.safe_dump({"format": FORMAT, "endpoints": lines}, sort_keys=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
        except OSError as error:
            raise EndpointError(f"{path}: the endpoint map cannot be written: {error}") from error


def split_endpoint(text: str) -> Endpoint:
    """`127.0.0.1:161` or `[::1]:161` as address and port. Raises `ValueError`."""
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address goes into brackets")
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise ValueError("a port lies between 1 and 65535")
    return str(ip_address(host)), int(port)


def join_endpoint(host: str, port: int) -> str:
    """The text that `split_endpoint` reads."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _mistakes(tree: Node | None, start: Mark) -> Iterator[tuple[Mark, str]]:
    if not isinstance(tree, Tree):
        yield start, f"not an endpoint map: it begins with `format: {FORMAT}`"
        return
    version, entries = tree.get("format"), tree.get("endpoints")
    if not isinstance(version, Scalar) or version.value is True or version.value != FORMAT:
        yield tree.mark, f"this Watchfloor reads endpoint maps of `format: {FORMAT}`: make it anew"
    if not isinstance(entries, Tree):
        yield tree.mark, "`endpoints` is missing: a mapping of device/protocol to address:port"
        return
    for name, entry in entries.entries.items():
        try:
            split_endpoint(_text(entry.value))
        except ValueError as error:
            yield entry.mark, f"{name}: {error}; write address:port"


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""
