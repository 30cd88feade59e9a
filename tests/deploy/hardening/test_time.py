from dataclasses import replace
from typing import Any

from deploy.hardening import time as area
from deploy.rendering import render
from inventory.facts import timesync
from inventory.facts.textfile import TextFile
from inventory.facts.timesync import TimeSource, TimesyncFacts
from inventory.facts.unit import Unit
from inventory.model import Role, Service
from tests.deploy.hosts import center, recorded

CENTER = center()
WANTED = area.desired(CENTER, CENTER.devices["web-1"])
FRESH = recorded("fresh-debian-12").read(timesync)
TEXT = "".join(f"server 10.9.1.{n} iburst\n" for n in (51, 52))


def titles(facts: TimesyncFacts, wanted: area.TimeDesired = WANTED) -> list[str]:
    return [change.title for change in area.diff(wanted, facts).changes]


def chrony(**fields: Any) -> TimesyncFacts:
    """A machine, no container, on which chronyd follows the center's clocks."""
    text = render("chrony.conf.j2", servers=WANTED.servers, serves=())
    facts = replace(
        FRESH,
        installed=("chrony",),
        units=(Unit("chrony.service", "loaded", "active", "enabled"),),
        files=(TextFile(area.CHRONY, "file", 0o644, "root", "root", text),),
        sources=tuple(TimeSource(address, "unreachable") for address in WANTED.servers),
        is_container=False,
    )
    return replace(facts, **fields)


def test_chrony_that_follows_the_centers_clocks_is_clean() -> None:
    assert titles(chrony()) == []


def test_chrony_is_installed_where_nothing_keeps_the_time() -> None:
    found = titles(replace(FRESH, installed=(), units=()))
    assert found[0] == "install chrony"
    assert found[-1] == "restart chrony.service (its configuration)"


def test_a_daemon_that_asks_others_than_its_file_says_is_restarted() -> None:
    strange = chrony(sources=(TimeSource("203.0.113.9", "current"),))
    assert titles(strange) == ["restart chrony.service (it asks 203.0.113.9)"]


def test_a_second_daemon_is_masked() -> None:
    both = chrony(
        units=(
            Unit("chrony.service", "loaded", "active", "enabled"),
            Unit("ntp.service", "loaded", "active", "enabled"),
        )
    )
    assert titles(both) == ["mask ntp.service (chrony keeps the time)"]


def test_timesyncd_stays_where_it_runs_but_not_on_a_time_server() -> None:
    unit = Unit("systemd-timesyncd.service", "loaded", "active", "enabled")
    facts = replace(FRESH, installed=("systemd-timesyncd",), units=(unit,))
    assert not any("chrony" in title for title in titles(facts))
    serving = area.desired(CENTER, CENTER.devices["ntp-1"])
    assert serving.servers == ("10.9.1.52",)
    assert "install chrony" in titles(facts, serving)


def test_a_time_server_answers_the_centers_networks() -> None:
    serving = area.desired(CENTER, CENTER.devices["ntp-1"])
    text = render("chrony.conf.j2", servers=serving.servers, serves=serving.serves)
    assert "allow 10.9.1.0/24" in text.splitlines()
    assert "allow" not in TEXT


def test_a_host_with_the_role_answers_those_whom_its_firewall_lets_ask() -> None:
    ntp = Service(port=123, protocol="udp", sources=("servers",))
    roles = {**CENTER.roles, "time": Role(name="time", services={"ntp": ntp})}
    there = center(roles=roles, time_servers=("ntp-1",))
    host = there.devices["web-1"].model_copy(update={"roles": ("time",)})
    assert area.desired(there, host) == area.TimeDesired(("10.9.1.51",), ("10.9.1.0/24",))


def test_a_receiver_of_its_own_is_no_stranger() -> None:
    own = TimeSource("PPS0", "current", is_clock=True)
    assert titles(chrony(sources=(*chrony().sources, own))) == []


def test_a_center_without_clocks_leaves_the_clock_alone() -> None:
    there = center(time_servers=())
    found = area.diff(area.desired(there, there.devices["web-1"]), FRESH)
    assert found.is_clean
    assert found.notes


def test_a_container_is_told_not_to_set_the_clock() -> None:
    assert any(area.CHRONY_UNIT in title for title in titles(chrony(is_container=True)))
