"""The running monitor stops a rollout: a dead peer, an incident, a console somebody works at."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.lab import Lab, LabHost
from tests.lab.ports import free_port
from tests.lab.site import LabSite
from tests.process import Child
from tests.wait import until

pytestmark = pytest.mark.lab

REACHED = {"reach": [{"tcp": 22}]}


@pytest.fixture(scope="module")
def pair(lab: Lab) -> Iterator[tuple[LabHost, LabHost]]:
    left, right = lab.boot_all(("left", "right"))
    yield left, right
    lab.remove(left)
    lab.remove(right)


@pytest.fixture(scope="module")
def site(
    pair: tuple[LabHost, LabHost], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabSite]:
    """Two consoles of which one is needed, watched every second by a monitor of their own."""
    made = LabSite.create(
        tmp_path_factory.mktemp("gates"),
        pair,
        groups={"desks": {"needs": 1, "of": [host.name for host in pair]}},
        functions={"dispatch": {"title": "Dispatch", "needs": ["desks"]}},
        center={"interval_s": 1, "on_delay_s": 5},
    )
    center = made.read()
    for host in pair:
        center["devices"][host.name] |= {"kind": "console", "monitoring": REACHED}
    made.write(devices=center["devices"], **_without(center, "devices"))
    site = replace(made, monitor_url=f"http://127.0.0.1:{free_port()}")
    monitor = site.start("monitor")
    try:
        until(lambda: knows_all(site, monitor), 60, "the monitor to know both hosts")
        yield site
    finally:
        monitor.end()


def _without(center: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        section: entries
        for section, entries in center.items()
        if section != name and isinstance(entries, dict)
    }


def knows_all(site: LabSite, monitor: Child) -> bool:
    assert monitor.alive, monitor.output
    return site.watchfloor("incident", "show").exit_code == 0


def apply(site: LabSite, host: LabHost, *options: str) -> tuple[str, list[str]]:
    """The state of a run that changes one host's banner, and what blocked it."""
    done = site.watchfloor(
        "apply", "--yes", "--json", "--limit", host.name, "--area", "banner", *options
    )
    record = json.loads(done.stdout)
    assert record.get("health", "").startswith("monitor http")
    return record["state"], record["blockers"]


def new_banner(site: LabSite, text: str) -> None:
    """So that there is something to change."""
    site.write(**{**_without(site.read(), "baseline"), "baseline": {"banner": f"{text}\n"}})


def test_a_rollout_is_refused_because_the_peer_is_down(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    left, right = pair
    new_banner(site, "peer")
    right.power_off()
    try:
        state, blockers = apply(site, left)
        assert state == "stopped"
        assert any("right" in line and "while left is changed" in line for line in blockers)
        assert "peer" not in left.run(["cat", "/etc/issue"]), "nothing was changed"
    finally:
        right.power_on()
    until(lambda: apply(site, left) == ("done", []), 60, "the monitor to see the peer well again")
    assert left.run(["cat", "/etc/issue"]) == "peer\n"


def test_an_incident_stops_every_rollout_until_it_ends(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    new_banner(site, "incident")
    assert site.watchfloor("incident", "start", "pursuit on the wall").exit_code == 0
    try:
        state, (blocker, *others) = apply(site, pair[0])
        assert (state, others) == ("stopped", [])
        assert "pursuit on the wall" in blocker
        assert "incident end" in blocker
    finally:
        assert site.watchfloor("incident", "end").exit_code == 0
    assert apply(site, pair[0]) == ("done", [])


def test_a_console_that_somebody_works_at_is_left_alone(
    site: LabSite, pair: tuple[LabHost, LabHost]
) -> None:
    new_banner(site, "staffed")
    host = pair[0]
    sit_down(host)
    try:
        state, (blocker, *others) = apply(site, host)
        assert (state, others) == ("stopped", [])
        assert "nobody works there" in blocker
        assert "--accept-staffed left" in blocker
    finally:
        host.run(["systemctl", "stop", "seated"])
    until(lambda: apply(site, host) == ("done", []), 30, "the console to be free again")


def sit_down(host: LabHost) -> None:
    """A login at seat0, as PAM makes one at a console's screen."""
    host.run(
        [
            "systemd-run",
            "--unit=seated",
            "--property=PAMName=login",
            f"--property=User={host.user}",
            "--property=Environment=XDG_SEAT=seat0",
            "--property=Environment=XDG_SESSION_CLASS=user",
            "sleep",
            "600",
        ]
    )
    until(lambda: "seat0" in host.run(["loginctl", "list-sessions"]), 20, "a session at seat0")


def test_the_record_says_who_watched(site: LabSite, pair: tuple[LabHost, LabHost]) -> None:
    new_banner(site, "refused")
    done = site.watchfloor("apply", "--yes", "--limit", pair[0].name, "--bootstrap")
    assert done.exit_code == 1
    assert "watches labtown; leave --bootstrap out" in done.stderr
