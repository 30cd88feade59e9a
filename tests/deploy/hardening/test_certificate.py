from dataclasses import replace

from deploy.hardening import certificate as area
from inventory.facts.certificate import AUTHORITY, CERTIFICATE, CertificateFacts, parse
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from inventory.upkeep import Authority
from tests.deploy.hosts import center

PEM = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
CENTER = center(authority=Authority(certificate=PEM, credential="ca"))
WANTED = area.desired(CENTER, CENTER.devices["web-1"])
BARE = CertificateFacts(
    has_openssl=True,
    files=(),
    key_mode=0,
    key_owner="",
    public_key="",
    reader="root",
)
RUNNING = Unit("rsyslog.service", "loaded", "active", "enabled")


def titles(facts: CertificateFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_a_bare_host_gets_the_authority_and_a_certificate_of_its_own() -> None:
    sign = "sign a certificate for web-1.tiny (it has none)"
    assert titles(BARE) == [f"create {AUTHORITY}", sign]
    assert titles(replace(BARE, has_openssl=False))[0] == "install openssl"


def test_a_key_that_others_may_read_is_set_right() -> None:
    files = tuple(
        TextFile(path, "file", 0o644, "root", "root", PEM) for path in (AUTHORITY, CERTIFICATE)
    )
    facts = replace(BARE, files=files, public_key="x", key_mode=0o644, key_owner="root:root")
    assert titles(facts)[0] == (
        "set owner and mode of /etc/ssl/watchfloor/host.key: root:root 0644 -> root:root 0600"
    )
    assert all("key" not in title for title in titles(replace(facts, key_mode=0o600)))


def test_a_daemon_that_has_read_the_old_one_is_restarted() -> None:
    assert titles(replace(BARE, rsyslog=RUNNING))[-1] == "restart rsyslog.service (its certificate)"


def test_a_center_without_an_authority_says_so() -> None:
    there = center()
    found = area.diff(area.desired(there, there.devices["web-1"]), BARE)
    assert found.is_clean
    assert "names no `authority`" in found.notes[0]


def test_what_the_host_prints_is_understood_and_holds_no_key() -> None:
    facts = parse(
        "openssl\tyes\nkey\t640 root syslog\npublic\t-----BEGIN PUBLIC KEY-----\npublic\tQUJD\n"
        "group\tsyslog\nunit\trsyslog.service LoadState=loaded ActiveState=active"
        " UnitFileState=enabled\n"
    )
    assert (facts.key_mode, facts.key_owner, facts.reader) == (0o640, "root:syslog", "syslog")
    assert facts.public_key == "-----BEGIN PUBLIC KEY-----\nQUJD\n"
    assert facts.rsyslog.is_running
