from dataclasses import replace

from deploy.hardening import certificate
from deploy.hardening import log_forwarding as area
from inventory.facts.rsyslog import FORMAT, FORWARD, RsyslogFacts
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from inventory.upkeep import Authority
from tests.deploy.hosts import center, server

PLAIN = center()
HOSTS = {
    "web-1": server("web-1", "10.9.1.1"),
    "log-1": server("log-1", "10.9.1.8", roles=("log",)),
    "log-2": server("log-2", "10.9.1.9", roles=("log",)),
}
AUTHORITY = Authority(certificate="file:ca.pem", credential="ca")
CENTER = center(devices=HOSTS, authority=AUTHORITY)
WANTED = area.desired(CENTER, CENTER.devices["web-1"])
BARE = RsyslogFacts(
    installed=(),
    files=(),
    unit=Unit("rsyslog.service", "not-found", "inactive", ""),
    is_stale=False,
    peers=(),
    spool_octets=0,
)
SETTLED = replace(
    BARE,
    installed=area.PACKAGES,
    files=tuple(TextFile(p, "file", 0o644, "root", "root", t) for p, t in WANTED.texts.items()),
    unit=Unit("rsyslog.service", "loaded", "active", "enabled"),
    peers=("10.9.1.8", "10.9.1.9"),
)


def titles(facts: RsyslogFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_a_bare_host_gets_everything_in_one_go() -> None:
    assert titles(BARE) == [
        "install rsyslog, rsyslog-relp",
        f"create {FORMAT}",
        f"create {FORWARD}",
        "restart rsyslog.service (its configuration)",
    ]


def test_every_collector_gets_every_line_and_has_to_prove_its_name() -> None:
    text = WANTED.texts[FORWARD]
    for name, address in (("log-1", "10.9.1.8"), ("log-2", "10.9.1.9")):
        assert f'name="{name}" target="{address}" port="6514"' in text
        assert f'tls.permittedPeer=["{name}.tiny"]' in text


def test_a_collector_sends_to_the_other_one_only() -> None:
    there = area.desired(CENTER, CENTER.devices["log-1"])
    assert [collector.name for collector in there.collectors] == ["log-2"]


def test_a_settled_host_is_clean() -> None:
    found = area.diff(WANTED, SETTLED)
    assert (found.is_clean, found.notes) == (True, ())


def test_a_collector_that_is_away_is_said_and_is_no_drift() -> None:
    found = area.diff(WANTED, replace(SETTLED, peers=("10.9.1.8",), spool_octets=5_004_096))
    assert found.is_clean
    assert found.notes == (
        "not proven: no connection to the collector log-2 now",
        "5.0 MB wait for a collector",
    )


def test_what_runs_decides() -> None:
    stopped = Unit("rsyslog.service", "loaded", "inactive", "enabled")
    assert titles(replace(SETTLED, unit=stopped)) == ["start rsyslog.service (it does not run)"]
    assert titles(replace(SETTLED, is_stale=True))[0].startswith("restart rsyslog.service")


def test_without_a_collector_nothing_is_installed_and_that_is_said() -> None:
    there = area.desired(PLAIN, PLAIN.devices["web-1"])
    found = area.diff(there, BARE)
    assert found.is_clean
    assert "no host has the role `log`" in found.notes[0]


def test_lines_never_leave_a_host_unproved() -> None:
    open_center = CENTER.model_copy(update={"authority": None})
    there = area.desired(open_center, open_center.devices["web-1"])
    found = area.diff(there, SETTLED)
    assert [change.title for change in found.changes] == [
        f"remove {FORWARD} (nobody takes lines)",
        "restart rsyslog.service (its configuration)",
    ]
    assert "no `authority`" in found.notes[0]


def test_the_name_in_a_certificate_is_the_hosts_and_the_centers() -> None:
    assert certificate.name_of(CENTER, CENTER.devices["log-1"]) == "log-1.tiny"
