"""Sweeps networks: knocks at every address, a bounded number at a time."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from inventory.errors import WatchfloorError
from monitors.discovery import doors
from monitors.discovery.found import Found, Sweep
from monitors.discovery.snmp_view import SnmpAsker
from monitors.ipmi.target import IPMI_PORT
from monitors.ipmi.transport import UdpTransport
from monitors.pjlink.protocol import PORT as PJLINK_PORT
from monitors.profiles.library import Library
from monitors.reachability import reachable
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.target import Credential

MOST_ADDRESSES = 4096
"""A /20: what a person can mean. More is a slip of the pen."""
AT_ONCE = 64
TIMEOUT_S = 1.0

OnAddress = Callable[[int, int], None]
"""Told how many addresses are done, and of how many."""


class SweepError(WatchfloorError):
    """What was asked for cannot be swept."""


def addresses_of(networks: Iterable[str]) -> list[str]:
    """Every host address of the networks, each once. Raises `SweepError` with one line."""
    found: dict[str, None] = {}
    for text in networks:
        network = _network(text)
        if len(found) + min(network.num_addresses, MOST_ADDRESSES + 1) > MOST_ADDRESSES:
            raise SweepError(
                f"{text}: more than {MOST_ADDRESSES} addresses; name smaller networks (up to /20)"
            )
        found.update((str(address), None) for address in network.hosts())
    return list(found)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise SweepError(f"{text}: is no network; write one such as 10.20.9.0/24") from None


class Sweeper:
    """Holds what all knocks share. Use it as `async with Sweeper(...) as sweeper`."""

    def __init__(
        self,
        library: Library,
        credentials: Mapping[str, Credential],
        *,
        timeout_s: float = TIMEOUT_S,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        """`credentials` are SNMP's, by name. `ports` replaces the protocols' own, for tests."""
        self._engine = SnmpEngine()
        self._bmcs = UdpTransport()
        self._snmp = SnmpAsker(self._engine, library, credentials)
        self._timeout_s = timeout_s
        self._ports = {
            "snmp": 161,
            "ipmi": IPMI_PORT,
            "redfish": doors.REDFISH_PORT,
            "pjlink": PJLINK_PORT,
            **(ports or {}),
        }

    async def __aenter__(self) -> "Sweeper":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._engine.close()
        self._bmcs.close()

    async def sweep(self, networks: Sequence[str], on_address: OnAddress | None = None) -> Sweep:
        """Asks every address of the networks once. Raises `SweepError` for what is no network."""
        addresses = addresses_of(networks)
        slots = asyncio.Semaphore(AT_ONCE)
        done = 0

        async def look(address: str) -> Found:
            nonlocal done
            async with slots:
                found = await self._knock(address)
            done += 1
            if on_address is not None:
                on_address(done, len(addresses))
            return found

        everything = await asyncio.gather(*(look(address) for address in addresses))
        there = tuple(found for found in everything if found.is_there)
        # As the network is called by itself: the next sweep may be asked for by another address.
        return Sweep(tuple(str(_network(each)) for each in networks), len(addresses), there)

    async def _knock(self, address: str) -> Found:
        snmp, ipmi, (redfish, sha256), pjlink, alive = await asyncio.gather(
            self._snmp.ask(address, self._timeout_s, self._ports["snmp"]),
            doors.bmc_answers(self._bmcs, address, self._timeout_s, self._ports["ipmi"]),
            doors.redfish_root(address, self._timeout_s, self._ports["redfish"]),
            doors.display_answers(address, self._timeout_s, self._ports["pjlink"]),
            reachable(address, self._timeout_s),
        )
        return Found(address, snmp, ipmi, redfish, sha256, pjlink, alive)
