import json
from dataclasses import replace
from datetime import date

from deploy.hardening.log_forwarding import PACKAGES
from deploy.servers import log as area
from inventory.facts.collector import CollectorFacts, Kept, parse
from inventory.facts.rsyslog import COLLECT, HOSTS, RsyslogFacts
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from inventory.model import Role, Service
from inventory.upkeep import Authority
from tests.deploy.hosts import center, server

AUTHORITY = Authority(certificate="file:ca.pem", credential="ca")
ROLE = Role(name="log", services={"tls": Service(port=6514, sources=("servers",))})
BASE = center()
DEVICES = {**BASE.devices, "log-1": server("log-1", "10.9.1.8", roles=("log",))}
CENTER = center(devices=DEVICES, authority=AUTHORITY, roles={**BASE.roles, "log": ROLE})
WANTED = area.desired(CENTER, CENTER.devices["log-1"])
GIB = 1024**3


def files(texts: dict[str, tuple[str, int]]) -> tuple[TextFile, ...]:
    return tuple(
        TextFile(path, "file", mode, "root", "root", text) for path, (text, mode) in texts.items()
    )


RSYSLOG = RsyslogFacts(
    installed=PACKAGES,
    files=files({path: (text, 0o644) for path, text in WANTED.texts.items()}),
    unit=Unit("rsyslog.service", "loaded", "active", "enabled"),
    is_stale=False,
    peers=(),
    spool_octets=0,
)
STORE = CollectorFacts(
    files=files(WANTED.keeping),
    units=(Unit("watchfloor-keep-logs.timer", "loaded", "active", "enabled"),),
    listens=("tcp 6514",),
    free_octets=450 * GIB,
    today=date(2026, 11, 23),
    days=(Kept(date(2026, 11, 21), GIB), Kept(date(2026, 11, 22), GIB)),
    heard=(),
)


def titles(rsyslog: RsyslogFacts = RSYSLOG, store: CollectorFacts = STORE) -> list[str]:
    return [change.title for change in area.diff(WANTED, rsyslog, store).changes]


def test_a_settled_collector_is_clean_and_says_what_it_holds() -> None:
    found = area.diff(WANTED, RSYSLOG, STORE)
    assert found.is_clean
    assert found.notes == (
        "holds lines since 2026-11-21, 2.00 GiB, for 365 days; 450 GiB are free",
    )


def test_a_bare_host_gets_its_input_and_its_timer() -> None:
    bare = replace(RSYSLOG, files=())
    empty = replace(STORE, files=(), units=(), listens=())
    found = titles(bare, empty)
    assert found[:3] == [
        f"create {HOSTS}",
        f"create {COLLECT}",
        "restart rsyslog.service (its configuration)",
    ]
    assert found[-2:] == [
        "enable watchfloor-keep-logs.timer",
        "restart watchfloor-keep-logs.timer (its files)",
    ]


def test_a_collector_that_does_not_listen_is_restarted() -> None:
    assert titles(store=replace(STORE, listens=())) == [
        "restart rsyslog.service (nothing listens on 6514/tcp)"
    ]


def test_a_disk_that_cannot_hold_a_year_is_found_before_it_is_full() -> None:
    small = replace(STORE, free_octets=300 * GIB)
    unmet = area.diff(WANTED, RSYSLOG, small).unmet
    assert unmet[0].startswith("the disk below /var/log/center is too small: 365 days of 1.00 GiB")
    first_day = replace(small, days=(Kept(date(2026, 11, 23), 9 * GIB),))
    assert area.diff(WANTED, RSYSLOG, first_day).unmet == ()


def test_devices_are_told_apart_by_address_and_hosts_by_certificate() -> None:
    table = json.loads(WANTED.texts[HOSTS])
    assert {"index": "10.9.1.51", "value": "ntp-1"} in table["table"]
    assert table["nomatch"] == "unlisted"
    assert 'tls.permittedPeer=["web-1.tiny", "web-2.tiny", "log-1.tiny"]' in WANTED.texts[COLLECT]
    assert "imudp" not in WANTED.texts[COLLECT]


def test_gear_is_heard_where_a_role_opens_plain_syslog() -> None:
    plain = Service(port=514, protocol="udp", sources=("servers",))
    role = ROLE.model_copy(update={"services": {**ROLE.services, "plain": plain}})
    there = CENTER.model_copy(update={"roles": {**CENTER.roles, "log": role}})
    text = area.desired(there, there.devices["log-1"]).texts[COLLECT]
    assert 'input(type="imudp" port="514"' in text


def test_openings_that_are_missing_are_named() -> None:
    closed = CENTER.model_copy(update={"roles": BASE.roles})
    (note,) = area.desired(closed, closed.devices["log-1"]).missing_openings
    assert "no role of log-1 opens 6514/tcp" in note
    narrow = Role(name="log", services={"tls": Service(port=6514, sources=("web-1",))})
    there = CENTER.model_copy(update={"roles": {**BASE.roles, "log": narrow}})
    (note,) = area.desired(there, there.devices["log-1"]).missing_openings
    assert note.startswith("6514/tcp is not open for web-2:")
    assert WANTED.missing_openings == ()


def test_only_collectors_have_the_area() -> None:
    assert area.applies(CENTER, CENTER.devices["log-1"])
    assert not area.applies(CENTER, CENTER.devices["web-1"])


def test_what_the_host_prints_is_understood() -> None:
    facts = parse(
        "listens\ttcp 0.0.0.0:6514\nlistens\ttcp 127.0.0.1:25\nlistens\tudp [::]:514\n"
        "free\t 1000\ntoday\t2026-11-23\nday\t2026-11-21 7\nday\t2026-11-23 9\n"
        "host\tweb-1 1790000000\n"
    )
    assert facts.listens == ("tcp 6514", "udp 514")
    assert (facts.oldest, facts.octets, facts.octets_a_day) == (date(2026, 11, 21), 16, 7)
    assert facts.heard[0].host == "web-1"
