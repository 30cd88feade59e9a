"""From the inventory to margins: a wall processor over SIS."""

from pathlib import Path

import pytest

from inventory.endpoints import EndpointMap
from inventory.loader import load
from inventory.model import Purpose
from inventory.problems import InventoryError
from inventory.secrets import Secrets
from inventory.topology import Health, Topology
from monitors.elements import ElementReader
from monitors.health import DeviceHealth
from monitors.targets import Clients, build_targets
from watchfloor.simulate.sis import SimulatedSis

INVENTORY = """\
format: 1
center: {{name: small, title: Small, timezone: UTC}}
devices:
  wp-x:
    kind: wall-processor
    address: 10.20.30.13
    monitoring: {{sis: wall-sis, sis_host_key: "{key}"}}
  mon-1: {{kind: server, address: 10.20.30.9}}
networks: {{wall: {{cidr: 10.20.30.0/24}}}}
groups: {{walls: {{needs: 1, of: [wp-x]}}}}
functions: {{video-wall: {{title: Video wall, needs: [walls]}}}}
credentials:
  wall-sis: {{purpose: monitor, protocol: {protocol}, user: user, secret: env:WALL}}
"""


def write(folder: Path, key: str, protocol: str = "sis") -> Path:
    (folder / "center.yaml").write_text(INVENTORY.format(key=key, protocol=protocol))
    return folder


async def test_power_save_takes_the_wall_out(tmp_path: Path) -> None:
    async with SimulatedSis(user="user", password="word") as gear, Clients() as clients:
        center = load(write(tmp_path, gear.host_key))
        secrets = Secrets([Purpose.MONITOR], tmp_path, {"WALL": "word"})
        endpoints = EndpointMap({"wp-x/sis": gear.address})
        (target,) = build_targets(center, secrets, endpoints, clients, only="wp-x").targets
        assert (target.protocol, target.deadline_s) == ("sis", 20.0)
        health = DeviceHealth("wp-x", {"sis": 30.0})
        reader = ElementReader(Topology(center), "mon-1")
        health.absorb(await target.probe.poll())
        assert health.answering
        assert "wp-x" not in reader.states({"wp-x": health})
        gear.state.power_save = True
        health.absorb(await target.probe.poll())
        assert reader.states({"wp-x": health}) == {"wp-x": Health.DOWN}
        await target.probe.close()


@pytest.mark.parametrize(
    ("key", "protocol", "words"),
    [
        ("SHA256:short", "sis", "sis_host_key"),
        ("MD5:aa:bb", "sis", "sis_host_key"),
        ("", "snmp-v2c", '"wall-sis" is for snmp-v2c: name one for sis'),
    ],
)
def test_the_inventory_says_what_is_wrong(
    tmp_path: Path, key: str, protocol: str, words: str
) -> None:
    with pytest.raises(InventoryError, match=words):
        load(write(tmp_path, key, protocol))
