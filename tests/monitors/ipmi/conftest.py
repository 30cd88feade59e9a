"""What the IPMI tests share: a real simulator, a client and probes that are closed at the end."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitors.ipmi.client import IpmiClient
from monitors.ipmi.probe import IpmiProbe
from monitors.ipmi.target import IpmiTarget
from tests.monitors.ipmi import ipmi_sim
from tests.monitors.ipmi.ipmi_sim import IpmiSim

MakeProbe = Callable[..., IpmiProbe]


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[IpmiSim]:
    """OpenIPMI's simulator with the sensors of `ipmi_sim.SERVER`."""
    with ipmi_sim.running(tmp_path / "sim") as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[IpmiClient]:
    """One client, as a monitor has it."""
    client = IpmiClient()
    yield client
    await client.close()


@pytest.fixture
async def make_probe(client: IpmiClient) -> AsyncIterator[MakeProbe]:
    """Makes probes of BMCs on loopback: `make_probe(port, password="x", timeout_s=1)`."""
    probes: list[IpmiProbe] = []

    def make(
        port: int, user: str = ipmi_sim.USER, password: str = ipmi_sim.PASSWORD, **settings: object
    ) -> IpmiProbe:
        chosen = {"device": "srv-1", "host": "127.0.0.1", "timeout_s": 1.0, **settings}
        target = IpmiTarget(port=port, user=user, password=SecretStr(password), **chosen)  # type: ignore[arg-type] # settings by name
        probes.append(IpmiProbe(client, target))
        return probes[-1]

    yield make
    for probe in probes:
        await probe.close()
