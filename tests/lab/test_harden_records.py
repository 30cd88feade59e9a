"""Records arrive: log lines, the time and packages go between lab hosts as a center's would.

The client runs Debian 13, the server of all three roles Debian 12.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Lab, LabHost
from tests.lab.apt import debian_archives
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.slow]

AREAS = (
    *("sources", "time", "journal", "certificate", "log_forwarding", "updates"),
    *("audit_rules", "integrity", "log", "mirror"),
)
ONLY = tuple(word for area in AREAS for word in ("--area", area))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PARCEL = "tree"
"""A small package that the mirror is filled with."""


def make_authority(folder: Path, name: str) -> None:
    """The command of docs/deploy.md."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
            *("-noenc", "-days", "3650", "-subj", f"/CN={name} internal authority"),
            *("-keyout", folder / "ca.key", "-out", folder / "ca.pem"),
        ],
        check=True,
        capture_output=True,
    )
    (folder / "ca.key").chmod(0o600)


def archives() -> list[dict[str, object]]:
    """This machine's archives, for the client's Debian."""
    return [
        {
            "os": "debian-13",
            "uri": archive.uri,
            "suites": [archive.release.replace("bookworm", "trixie")],
            "components": [archive.component],
            "keyring": KEYRING,
        }
        for archive in debian_archives()
        if archive.release in ("bookworm", "bookworm-security")
    ]


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """The server is deployed; the client is not yet, because the mirror holds nothing."""
    folder = tmp_path_factory.mktemp("records")
    make_authority(folder, "Lab")
    app, hub = lab.boot("rec-app", suite="trixie"), lab.boot("rec-hub", suite="bookworm")
    services = {
        "log": {"tls": {"port": 6514, "sources": ["admin"]}},
        "time": {"ntp": {"port": 123, "protocol": "udp", "sources": ["admin"]}},
        "mirror": {"http": {"port": 80, "sources": ["admin"]}},
    }
    site = LabSite.create(
        folder,
        [app, hub],
        center={
            "authority": {"certificate": "file:ca.pem", "credential": "ca"},
            "time_servers": [hub.name],
            "archives": archives(),
        },
        credentials={"ca": {"purpose": "deploy", "protocol": "x509", "secret": "file:ca.key"}},
        roles={name: {"services": them} for name, them in services.items()},
        devices={
            hub.name: {
                "kind": "server",
                "address": hub.address,
                "os": "debian-12",
                "roles": list(services),
            }
        },
        groups={"both": {"needs": 1, "of": [app.name, hub.name]}},
    )
    apply(site, "--limit", hub.name)
    yield site
    for host in (app, hub):
        lab.remove(host)


@pytest.fixture
def app(site: LabSite) -> LabHost:
    return site.hosts[0]


@pytest.fixture
def hub(site: LabSite) -> LabHost:
    return site.hosts[1]


@pytest.fixture(scope="module")
def _deployed(site: LabSite) -> None:
    """The mirror is filled, and then the client is deployed, too."""
    hub = site.hosts[1]
    said = hub.run(["watchfloor-fill-mirror", "--only", PARCEL], timeout_s=200)
    assert "packages are served" in said
    apply(site)
    wait_for_databases(site)


def apply(site: LabSite, *words: str, code: int = 0) -> str:
    done = site.watchfloor("apply", "--yes", *ONLY, *words, timeout_s=400)
    assert done.exit_code == code, done.stderr + done.stdout
    return done.stdout + done.stderr


def drift(site: LabSite) -> dict[str, dict[str, list[str]]]:
    found = json.loads(site.watchfloor("drift", "--json", *ONLY).stdout)["devices"]
    return {device["device"]: device["areas"] for device in found if device["areas"]}


def wait_for_databases(site: LabSite) -> None:
    def are_there() -> bool:
        test = ["test", "-s", "/var/lib/aide/aide.db"]
        return all(host.attempt(test).exit_code == 0 for host in site.hosts)

    until(are_there, 120, "the databases of files")


def lines(hub: LabHost, host: LabHost) -> str:
    """What the collector has of a host."""
    return hub.attempt(["sh", "-c", f"cat /var/log/center/{host.name}/*.log"]).stdout


def sh(host: LabHost, text: str) -> str:
    return host.run(["sh", "-c", text])


def _run_of(said: str) -> str:
    """The run that an apply has told of."""
    match = re.search(r"^run (\S+): done", said, re.MULTILINE)
    assert match, said
    return match[1]


def _is_suspended(app: LabHost) -> bool:
    last = sh(app, "journalctl -u rsyslog -o cat | grep -E ' (suspended|resumed) ' | tail -n 1")
    return " suspended " in last


def test_a_mirror_that_holds_nothing_is_refused_and_the_hosts_own_sources_stay(
    site: LabSite, app: LabHost
) -> None:
    done = site.watchfloor("apply", "--yes", "--area", "sources", "--limit", app.name)
    assert done.exit_code == 1
    assert "refuses the new" in done.stdout + done.stderr
    assert app.witness().file("/etc/apt/sources.list.d/watchfloor.sources").exists is False
    assert "deb" in sh(app, "cat /etc/apt/sources.list* /etc/apt/sources.list.d/* || true")


@pytest.mark.usefixtures("_deployed")
class TestDeployed:
    """In their order: the last ones break things."""

    def test_a_second_apply_changes_nothing(self, site: LabSite) -> None:
        done = site.json("apply", "--yes", *ONLY, code=0)
        assert done["hosts"] == []
        assert drift(site) == {}

    def test_a_line_arrives_with_its_host_and_its_time_to_the_microsecond(
        self, app: LabHost, hub: LabHost
    ) -> None:
        app.run(["logger", "-t", "probe", "hello from the client"])
        until(lambda: "hello from the client" in lines(hub, app), 30, "the line")
        line = next(one for one in lines(hub, app).splitlines() if "hello from the client" in one)
        _, when, host, tag, *_ = line.split()
        assert (host, tag) == (app.name, "probe")
        assert len(when.partition(".")[2].partition("+")[0]) >= 2, line
        assert "+" in when
        peers = sh(hub, "ss -Htn state established '( sport = :6514 )'")
        assert app.address in peers

    def test_the_journal_is_on_the_disk(self, app: LabHost, hub: LabHost) -> None:
        for host in (app, hub):
            header = sh(host, "journalctl --header -n 0 | grep 'File path'")
            assert "/var/log/journal/" in header
            assert "hello" not in sh(host, "ls /run/log/journal/*/ 2>/dev/null || true")

    def test_the_time_comes_from_the_center(self, app: LabHost, hub: LabHost) -> None:
        until(
            lambda: sh(app, "chronyc -n -c sources").startswith(f"^,*,{hub.address},"),
            60,
            "chronyd to follow the center's time server",
        )
        assert "Not synchronised" not in sh(app, "chronyc -c tracking")
        assert sh(app, "ss -Hlun | grep -c ':123 ' || true").strip() == "0"
        assert sh(app, "ss -Hlun | grep -c ':323 ' || true").strip() == "0"
        assert sh(hub, "chronyc -n -c serverstats").split(",")[0] != "0"
        left = app.witness().service("systemd-timesyncd")
        assert not left.is_running

    def test_a_package_comes_from_the_mirror_alone(self, app: LabHost, hub: LabHost) -> None:
        app.run(["rm", "-f", "/etc/apt/apt.conf.d/90lab-proxy"])
        app.run(["apt-get", "clean"])
        app.run(["apt-get", "update", "--error-on=any"], timeout_s=60)
        app.run(["apt-get", "-y", "install", PARCEL], timeout_s=60)
        assert app.witness().package(PARCEL).is_installed
        origin = sh(app, f"apt-cache policy {PARCEL}")
        assert f"http://{hub.address}/debian-13/" in origin
        served = sh(hub, "journalctl -t mirror -o cat")
        assert f"/{PARCEL}_" in served

    def test_files_that_the_archive_did_not_sign_are_refused(
        self, app: LabHost, hub: LabHost
    ) -> None:
        release = sh(hub, "ls /srv/watchfloor-mirror/debian-13/debian/dists/*/InRelease").strip()
        # With its time: of two files of one second, a client would be told that it has the newer.
        sh(hub, f"cp -p {release} /root/kept && sed -i 's/^Codename: .*/Codename: mine/' {release}")
        assert app.attempt(["apt-get", "update", "--error-on=any"]).exit_code != 0
        sh(hub, f"cp -p /root/kept {release}")
        app.run(["apt-get", "update", "--error-on=any"], timeout_s=60)

    def test_updates_are_for_security_and_at_different_hours(
        self, app: LabHost, hub: LabHost
    ) -> None:
        said = app.run(["unattended-upgrade", "--dry-run", "--debug"], timeout_s=60)
        assert "Allowed origins are: origin=Debian,codename=trixie-security" in said
        hours = {
            sh(host, "systemctl show apt-daily-upgrade.timer -p TimersCalendar --value").split()[2]
            for host in (app, hub)
        }
        assert hours == {"01:00:00", "02:00:00"}

    def test_a_changed_file_is_found_and_told_to_the_collector(
        self, site: LabSite, app: LabHost, hub: LabHost
    ) -> None:
        # The package of the test before accounts for what it brought: the database is made anew.
        app.run(["systemctl", "start", "dailyaidecheck.service"], timeout_s=120)
        assert drift(site) == {}
        until(lambda: "after: dpkg" in lines(hub, app), 30, "what dpkg accounts for")
        sh(app, "sleep 1; echo mine >/usr/local/sbin/mine; touch /etc/hosts.mine")
        app.run(["systemctl", "start", "dailyaidecheck.service"], timeout_s=120)
        found = drift(site)[app.name]
        assert list(found) == ["integrity"]
        assert found["integrity"][0].startswith("2 of its files differ from the database")
        until(lambda: "/usr/local/sbin/mine" in lines(hub, app), 30, "the file's name")
        sh(app, "rm /usr/local/sbin/mine /etc/hosts.mine; systemctl start dailyaidecheck.service")
        assert drift(site) == {}

    def test_what_is_logged_while_the_collector_is_away_arrives_later(
        self, site: LabSite, app: LabHost, hub: LabHost
    ) -> None:
        stop, start = ("systemctl stop syslog.socket rsyslog", "systemctl start rsyslog")
        sh(hub, stop)
        sh(app, "for n in $(seq 50); do logger -t probe while away $n.; done")
        assert "while away" not in lines(hub, app)
        notes = site.watchfloor("plan", *ONLY, "--limit", app.name).stdout
        assert f"no connection to the collector {hub.name} now" in " ".join(notes.split())
        sh(hub, start)
        until(lambda: "while away 50." in lines(hub, app), 60, "the last line")
        assert all(f"while away {n}." in lines(hub, app) for n in range(1, 51))

        # What waits outlives a restart of the daemon that holds it, too.
        sh(hub, f"{stop}; systemctl kill -s KILL rsyslog || true")
        app.run(["logger", "-t", "probe", "on its way"])
        until(lambda: _is_suspended(app), 60, "the host to notice")
        sh(app, "for n in $(seq 50); do logger -t probe kept $n.; done; systemctl restart rsyslog")
        sh(hub, start)
        until(lambda: "kept 50." in lines(hub, app), 60, "the last line")
        assert all(f"kept {n}." in lines(hub, app) for n in range(1, 51))

    def test_a_host_with_another_authoritys_certificate_is_not_heard(
        self, site: LabSite, app: LabHost, hub: LabHost, tmp_path: Path
    ) -> None:
        sh(
            app,
            "cd /etc/ssl/watchfloor && openssl req -x509 -key host.key -days 9 -subj"
            f" /CN={app.name}.labtown -addext subjectAltName=DNS:{app.name}.labtown -out host.pem"
            " && systemctl restart rsyslog",
        )
        app.run(["logger", "-t", "probe", "from a stranger"])
        until(
            lambda: (
                "not permitted to talk" in (said := sh(hub, "journalctl -u rsyslog -o cat"))
                or "certificate" in said.lower()
            ),
            30,
            "the collector to refuse it",
        )
        assert "from a stranger" not in lines(hub, app)
        titles = drift(site)[app.name]["certificate"]
        assert titles == [
            f"sign a certificate for {app.name}.labtown (the authority has not signed it)",
            "restart rsyslog.service (its certificate)",
        ]
        apply(site)
        until(lambda: "from a stranger" in lines(hub, app), 90, "what had waited")

    def test_days_are_compressed_and_kept_for_a_year(self, hub: LabHost) -> None:
        sh(
            hub,
            "cd /var/log/center/rec-app; for n in 1 300 400; do"
            " echo line >$(date -u -d -${n}days +%F).log; done;"
            " systemctl start watchfloor-keep-logs.service",
        )
        kept = sh(hub, "ls /var/log/center/rec-app").split()
        assert [name.endswith(".gz") for name in kept] == [True, True, False]

    def test_everything_broken_by_hand_is_found_and_repaired(
        self, site: LabSite, app: LabHost, hub: LabHost
    ) -> None:
        # Files that dpkg or we account for are not this test's matter.
        for host, (command, _) in ((host, b) for host, them in BREAKS.items() for b in them):
            sh(app if host == "app" else hub, command)
        found = drift(site)
        for host, name in (("app", app.name), ("hub", hub.name)):
            wanted = {area for _, area in BREAKS[host]}
            assert wanted <= set(found[name]), found
        run = _run_of(apply(site))
        assert drift(site) == {}
        undone = site.watchfloor("undo", run, "--yes", timeout_s=400)
        assert undone.exit_code == 0, undone.stderr + undone.stdout
        again = drift(site)
        assert {name: set(areas) for name, areas in again.items()} == {
            name: set(areas) for name, areas in found.items()
        }
        apply(site)
        assert drift(site) == {}
        app.run(["logger", "-t", "probe", "after the repair"])
        until(lambda: "after the repair" in lines(hub, app), 60, "a line after the repair")


BREAKS = {
    "app": (
        (
            "echo '[Journal]\nStorage=volatile' >/etc/systemd/journald.conf.d/zzz.conf;"
            " systemctl restart systemd-journald",
            "journal",
        ),
        ("rm /etc/rsyslog.d/30-watchfloor-forward.conf", "log_forwarding"),
        ("systemctl -q mask --now apt-daily-upgrade.timer", "updates"),
        ("echo 'deb http://192.0.2.1/debian x main' >/etc/apt/sources.list.d/x.list", "sources"),
        ("systemctl -q disable --now dailyaidecheck.timer", "integrity"),
        ("chmod 644 /etc/ssl/watchfloor/host.key", "certificate"),
    ),
    "hub": (
        ("rm /etc/rsyslog.d/20-watchfloor-collect.conf; systemctl restart rsyslog", "log"),
        ("systemctl -q stop nginx", "mirror"),
        ("sed -i '/^allow/d' /etc/chrony/chrony.conf; systemctl restart chrony", "time"),
    ),
}
"""Shell text, and the area whose drift it is."""
