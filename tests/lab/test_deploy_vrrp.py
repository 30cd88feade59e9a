"""Two hosts share an address by VRRP: a rolling change, a dead service, a pulled plug."""

from collections.abc import Iterator

import pytest

from deploy.change import CommandChange, FileChange
from deploy.controller import run_job
from deploy.messages import AreaJob, ChangeStarted, Event
from inventory.facts.keepalived import FLAG, UNIT
from tests.lab import Lab, LabHost
from tests.lab.jobs import job, logins_cut
from tests.lab.pinger import pings
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = pytest.mark.lab

ONLY = ("--area", "firewall", "--area", "virtual_address", "--area", "banner")
ALONE = ("--area", "virtual_address")
LISTENER = (
    "import socketserver; socketserver.TCPServer.allow_reuse_address = True;"
    " socketserver.TCPServer(('', 80), socketserver.BaseRequestHandler).serve_forever()"
)


@pytest.fixture(scope="module")
def pair(lab: Lab) -> Iterator[tuple[LabHost, LabHost]]:
    left, right = lab.boot_all(("vip-left", "vip-right"))
    for host in (left, right):
        serve(host)
    yield left, right
    lab.remove(left)
    lab.remove(right)


@pytest.fixture(scope="module")
def address(pair: tuple[LabHost, LabHost]) -> str:
    return pair[0].subnet.replace(".0/24", ".250")


@pytest.fixture(scope="module")
def site(
    pair: tuple[LabHost, LabHost], address: str, tmp_path_factory: pytest.TempPathFactory
) -> LabSite:
    """A pair of which one is needed, deployed, and one of the two answers."""
    names = [host.name for host in pair]
    front = {"address": address, "of": names, "router": 51, "port": 80}
    made = LabSite.create(
        tmp_path_factory.mktemp("vrrp"),
        pair,
        groups={"front": {"needs": 1, "of": names}},
        functions={"front-page": {"title": "Front page", "needs": ["front"]}},
        virtual_addresses={"front": front},
    )
    done = made.watchfloor("apply", "--yes", *ONLY, timeout_s=300)
    assert done.exit_code == 0, done.stdout + done.stderr
    until(lambda: len(holders(pair, address)) == 1, 30, "one of the two to hold the address")
    return made


def serve(host: LabHost) -> None:
    """The service behind the address."""
    host.run(["systemd-run", "--unit=front", "python3", "-c", LISTENER])


def holders(pair: tuple[LabHost, LabHost], address: str) -> list[LabHost]:
    return [
        host for host in pair if host.is_on and address in host.run(["ip", "-o", "address", "show"])
    ]


def others(pair: tuple[LabHost, LabHost], host: LabHost) -> list[LabHost]:
    return [other for other in pair if other is not host]


def test_a_second_apply_changes_nothing(site: LabSite) -> None:
    assert site.json("apply", "--yes", *ONLY, code=0)["hosts"] == []


def test_a_rolling_change_of_both_loses_no_second(
    site: LabSite, pair: tuple[LabHost, LabHost], address: str
) -> None:
    """Both get another check (keepalived restarts), rules and banner; never at the same time."""
    (first,) = holders(pair, address)
    center = site.read()
    center["virtual_addresses"]["front"]["port"] = 22
    services = {
        "http": {"port": 80, "sources": ["admin"]},
        "ssh": {"port": 22, "sources": ["admin"]},
    }
    site.write(
        groups=center["groups"],
        functions=center["functions"],
        virtual_addresses=center["virtual_addresses"],
        roles={"web": {"services": services}},
        baseline={"banner": "rolled\n"},
    )
    plan = site.json("plan", *ONLY, code=2)
    assert [len(wave["devices"]) for wave in plan["waves"]] == [1, 1]
    with pings(address) as pinged:
        done = site.watchfloor("apply", "--yes", *ONLY)
    assert done.exit_code == 0, done.stdout + done.stderr
    for host in pair:
        assert host.run(["cat", "/etc/issue"]) == "rolled\n"
    assert len(pinged.sent) > 20
    assert pinged.lost_s <= 1.0
    log = first.run(["journalctl", "--unit", UNIT, "--output", "cat"])
    assert "(front) Entering FAULT STATE" in log, "it was asked to hand over first"
    assert site.json("apply", "--yes", *ONLY, code=0)["hosts"] == []


def test_who_was_changed_may_hold_it_again(
    site: LabSite, pair: tuple[LabHost, LabHost], address: str
) -> None:
    until(lambda: {host.run(["cat", FLAG]) for host in pair} == {"0\n"}, 10, "the flags to be back")
    (holder,) = until(lambda: holders(pair, address), 10, "one to hold it")
    (other,) = others(pair, holder)
    with pings(address) as pinged:
        holder.power_off()
        until(lambda: holders(pair, address) == [other], 10, "the other one to take it")
    try:
        assert pinged.lost_s <= 2.0
    finally:
        holder.power_on()
        serve(holder)
    assert holders(pair, address) == [other], "nobody takes it back"


def test_a_visit_whose_connection_was_cut_leaves_the_address_with_the_peer(
    site: LabSite, pair: tuple[LabHost, LabHost], address: str
) -> None:
    """Although nobody holds the host's lock for a moment."""
    until(lambda: {host.run(["cat", FLAG]) for host in pair} == {"0\n"}, 10, "the flags to be back")
    (holder,) = until(lambda: holders(pair, address), 10, "one to hold it")
    cut = CommandChange(title="end all logins", command=logins_cut(holder), timeout_s=2)
    last = FileChange(path="/etc/watchfloor-last", content="made\n")
    seen: list[tuple[str, bool]] = []

    def watch(event: Event) -> None:
        if isinstance(event, ChangeStarted):
            seen.append((event.area, holder in holders(pair, address)))

    areas = (
        AreaJob(name="cutting", risky=True, changes=(cut,)),
        AreaJob(name="last", risky=True, changes=(last,)),
    )
    run_job(job(holder, *areas, run="r-comes-back", dead_man_s=30), watch)
    assert holder.run(["cat", last.path]) == last.content
    assert seen == [("cutting", False), ("cutting", False), ("last", False)]


def test_a_member_whose_service_does_not_answer_gives_it_up(
    site: LabSite, pair: tuple[LabHost, LabHost], address: str
) -> None:
    center = site.read()
    center["virtual_addresses"]["front"]["port"] = 80
    site.write(**{name: part for name, part in center.items() if isinstance(part, dict)})
    done = site.watchfloor("apply", "--yes", *ONLY)
    assert done.exit_code == 0, done.stdout + done.stderr
    (holder,) = until(lambda: holders(pair, address), 10, "one to hold it")
    holder.run(["systemctl", "stop", "front"])
    until(lambda: holders(pair, address) == others(pair, holder), 15, "the other one to take it")
    serve(holder)


def test_a_daemon_that_was_stopped_by_hand_is_drift_and_is_repaired(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    pair[0].run(["systemctl", "stop", UNIT])
    assert site.watchfloor("drift", *ALONE).exit_code == 2
    assert site.watchfloor("apply", "--yes", *ALONE).exit_code == 0
    assert pair[0].witness().service("keepalived").is_running
    assert site.watchfloor("drift", *ALONE).exit_code == 0
