from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.change import RulesetChange
from deploy.hardening import firewall
from deploy.hardening.firewall import SourceError
from inventory.facts import nftables
from inventory.facts.unit import Unit
from tests.deploy.hosts import VANTAGE, center, recorded

CENTER = center()
WANTED = firewall.desired(CENTER, CENTER.devices["web-1"])
FRESH = recorded("fresh-debian-12").read(nftables)
TABLE = ("table inet watchfloor {", "chain input {", "}", "}")
RULES = ("table inet watchfloor {", "\tchain input {", "\t}", "}")
CLEAN = replace(
    FRESH,
    running=RULES,
    filed=RULES,
    files=(replace(FRESH.file, kind="file", content=WANTED.text, mode=0o600, owner="root"),),
    units=(Unit("nftables.service", "loaded", "inactive", "enabled"),),
)


@given(st.ip_addresses(), st.sampled_from([22, 80, 8080]))
def test_nobody_is_let_in_who_is_not_a_source(address: object, port: int) -> None:
    where = ip_address(str(address))
    admins = [ip_network("10.9.0.0/24"), ip_network("fd00:9::/64")]
    peers = [ip_network("10.9.1.1/32"), ip_network("10.9.1.2/32")]
    sources = {22: admins, 80: [admins[0], *peers], 8080: []}[port]
    expected = any(where in source for source in sources)
    assert WANTED.lets_in(str(where), port) is expected


def test_every_opening_is_a_line_and_the_rest_is_dropped() -> None:
    lines = [line.strip() for line in WANTED.text.splitlines()]
    assert 'ip saddr 10.9.0.0/24 tcp dport 22 accept comment "ssh"' in lines
    assert 'ip6 saddr fd00:9::/64 tcp dport 22 accept comment "ssh"' in lines
    assert 'ip saddr 10.9.1.2/32 tcp dport 80 accept comment "web http"' in lines
    assert "type filter hook input priority filter; policy drop;" in lines
    assert sum("tcp dport" in line for line in lines) == len(WANTED.openings)


def test_a_host_as_wanted_is_clean() -> None:
    assert firewall.diff(WANTED, CLEAN, VANTAGE).is_clean


def test_a_rule_in_the_kernel_alone_is_drift_and_is_shown() -> None:
    running = (*RULES[:2], "\t\ttcp dport 23 accept", *RULES[2:])
    found = firewall.diff(WANTED, replace(CLEAN, running=running), VANTAGE).changes
    assert [change.kind for change in found] == ["ruleset"]
    assert isinstance(found[0], RulesetChange)
    assert "-\t\ttcp dport 23 accept" in found[0].diff


def test_rules_that_are_not_loaded_or_not_kept_are_drift() -> None:
    flushed = firewall.diff(WANTED, replace(CLEAN, running=()), VANTAGE)
    assert [change.kind for change in flushed.changes] == ["ruleset"]
    disabled = replace(CLEAN, units=(Unit("nftables.service", "loaded", "active", "disabled"),))
    assert [c.kind for c in firewall.diff(WANTED, disabled, VANTAGE).changes] == ["service"]


@pytest.mark.parametrize(
    ("vantage", "words"),
    [
        (replace(VANTAGE, client="192.0.2.7"), "192.0.2.7, which is in none of the admin_sources"),
        (replace(VANTAGE, client="10.9.1.9"), "locked out"),
        (replace(VANTAGE, port=2222), "port 2222"),
    ],
)
def test_a_firewall_that_would_lock_us_out_is_refused(vantage: object, words: str) -> None:
    assert words in firewall.diff(WANTED, FRESH, vantage).refusal  # type: ignore[arg-type] # see above


def test_a_source_without_an_address_is_an_error_with_a_remedy() -> None:
    bare = CENTER.devices["web-2"].model_copy(update={"address": None})
    there = CENTER.model_copy(update={"devices": {**CENTER.devices, "web-2": bare}})
    with pytest.raises(SourceError, match=r"web-2: .*give it one"):
        firewall.desired(there, there.devices["web-1"])
