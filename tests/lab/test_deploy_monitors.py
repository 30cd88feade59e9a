"""Two monitors get Prometheus and Alertmanager, which know each other and nobody else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from inventory.facts.prometheus import SENDER_UNIT, SERVER, SERVER_UNIT
from tests.lab import Lab, LabHost
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = pytest.mark.lab

ONLY = ("--area", "prometheus", "--area", "firewall")
JOBS = {"watchfloor", "prometheus", "alertmanager"}
GET = (
    "import sys, urllib.request;"
    " print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
)


@pytest.fixture(scope="module")
def pair(lab: Lab) -> Iterator[tuple[LabHost, LabHost]]:
    left, right = lab.boot_all(("mon-left", "mon-right"))
    yield left, right
    lab.remove(left)
    lab.remove(right)


@pytest.fixture(scope="module")
def site(pair: tuple[LabHost, LabHost], tmp_path_factory: pytest.TempPathFactory) -> LabSite:
    """Both deployed as monitors of one group."""
    made = LabSite.create(tmp_path_factory.mktemp("monitors"), pair)
    devices = made.read()["devices"]
    for host in pair:
        devices[host.name]["roles"] = ["monitor"]
    cluster = {"port": 9094, "sources": ["role:monitor"]}
    made.write(
        devices=devices,
        roles={
            "monitor": {"services": {"sync": cluster, "gossip": {**cluster, "protocol": "udp"}}}
        },
        groups={"monitors": {"needs": 1, "of": [host.name for host in pair]}},
        contacts={"desk": {"title": "Desk", "email": "desk@center.example"}},
        center={"mail": {"relay": f"{pair[0].address}:25", "sender": "noc@center.example"}},
    )
    done = made.watchfloor("apply", "--yes", *ONLY, timeout_s=400)
    assert done.exit_code == 0, done.stdout + done.stderr
    return made


def asked(host: LabHost, url: str) -> Any:
    """What a daemon of the host answers on its loopback; None while it does not."""
    done = host.attempt(["python3", "-c", GET, f"http://127.0.0.1:{url}"])
    return json.loads(done.stdout) if done.exit_code == 0 else None


def answer(host: LabHost, url: str) -> Any:
    """The same, once it does."""
    return until(lambda: asked(host, url), 30, f"{url} on {host.name}")


def jobs(pair: tuple[LabHost, LabHost]) -> list[set[str]]:
    """What the Prometheus of each host scrapes."""
    found = [answer(host, "9090/api/v1/targets")["data"]["activeTargets"] for host in pair]
    return [{target["labels"]["job"] for target in targets} for targets in found]


def test_prometheus_asks_the_monitor_and_has_its_rules(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    for host in pair:
        found = answer(host, "9090/api/v1/rules")
        names = {rule["name"] for group in found["data"]["groups"] for rule in group["rules"]}
        assert {"MonitorDown", "MonitorPollsNothing", "MonitorKeepsNothing"} <= names
    until(lambda: jobs(pair) == [JOBS, JOBS], 30, "both to scrape")


def test_the_alertmanagers_are_one_cluster(site: LabSite, pair: tuple[LabHost, LabHost]) -> None:
    def members() -> list[int]:
        states = [asked(host, "9093/api/v2/status") for host in pair]
        return [len(state["cluster"]["peers"]) for state in states if state]

    until(lambda: members() == [2, 2], 60, "both to know each other")


def test_nobody_else_reaches_them(site: LabSite, pair: tuple[LabHost, LabHost]) -> None:
    for host in pair:
        lines = host.run(["ss", "-Hltn"]).splitlines()
        listening = {line.split()[3] for line in lines if ":90" in line.split()[3]}
        assert listening == {"127.0.0.1:9090", "127.0.0.1:9093", f"{host.address}:9094"}


def test_a_second_apply_changes_nothing(site: LabSite) -> None:
    assert site.json("apply", "--yes", *ONLY, code=0)["hosts"] == []


def test_what_was_changed_by_hand_is_drift_and_is_repaired(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    host = pair[0]
    host.run(["sh", "-c", f"sed -i 's/scrape_interval: .*/scrape_interval: 1h/' {SERVER}"])
    host.run(["systemctl", "stop", SENDER_UNIT])
    found = site.json("drift", *ONLY, code=2)["devices"]
    (drifted,) = [one for one in found if one["device"] == host.name]
    assert drifted["areas"]["prometheus"] == [
        f"start {SENDER_UNIT} (it does not run)",
        f"change {SERVER}",
        f"restart {SERVER_UNIT} (its configuration)",
    ]
    assert site.watchfloor("apply", "--yes", *ONLY).exit_code == 0
    assert host.witness().service("prometheus-alertmanager").is_running
    assert site.watchfloor("drift", *ONLY).exit_code == 0
