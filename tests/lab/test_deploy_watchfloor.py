"""`apply` makes a fresh host a monitor: Watchfloor from its release, its service, its center."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import watchfloor
from inventory.facts.watchfloor import CENTER, CURRENT, ENVIRONMENT, PROGRAM, UNIT
from tests.lab import Lab, LabHost
from tests.lab.releases import another_version, make_release
from tests.lab.site import LabSite
from tests.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.slow]

ONLY = ("--area", "watchfloor")
HARDENED = ("--area", "sudo", "--area", "mounts")
SPACE_MIB = 1800
NEXT = "99.0"
GET = (
    "import sys, urllib.request;"
    " print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
)
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
PYTHON = (PYTHONS["bookworm"],)
VARIABLE = "LAB_COMMUNITY"
SECRET = 'odd "quoted" $HOME %h \\n # word'


@dataclass(frozen=True, slots=True)
class Monitor:
    """A host, and the center that is watched from it."""

    host: LabHost
    site: LabSite

    def asked(self, path: str) -> str:
        """What it answers on loopback; empty while it does not."""
        return self.host.attempt(["python3", "-c", GET, f"http://127.0.0.1:8720{path}"]).stdout

    @property
    def release(self) -> str:
        """The folder of the release that is used."""
        return self.host.run(["readlink", CURRENT]).strip()

    @property
    def drifted(self) -> list[str]:
        """What drift finds, one line each."""
        found = self.site.json("drift", *ONLY, code=2)["devices"][0]
        return [str(line) for line in found["areas"]["watchfloor"]]

    @property
    def kinds(self) -> set[str]:
        """The kinds of the changes that would be made."""
        drawn = self.site.watchfloor("plan", *ONLY, "--json")
        areas = json.loads(drawn.stdout)["hosts"][0]["areas"]
        return {change["kind"] for area in areas for change in area["changes"]}

    def apply(self) -> str:
        done = self.site.watchfloor("apply", "--yes", *ONLY, timeout_s=500)
        assert done.exit_code == 0, done.stdout + done.stderr
        return done.stdout

    def name_release(self, path: Path) -> None:
        self.site.write(**self.sections(path))

    def sections(self, release: Path) -> dict[str, dict[str, object]]:
        devices = self.site.read()["devices"]
        reach = [{"tcp": 22}, {"icmp": True}]
        devices[self.host.name].update(roles=["monitor"], monitoring={"reach": reach})
        traps = {"port": 162, "protocol": "udp", "sources": ["admin"]}
        return {
            "devices": devices,
            "roles": {"monitor": {"services": {"traps": traps}}},
            "center": {"release": f"file:{release}", "interval_s": 1},
            "credentials": {
                "gear": {"purpose": "monitor", "protocol": "snmp-v2c", "secret": f"env:{VARIABLE}"}
            },
        }


@contextmanager
def monitor_on(lab: Lab, suite: str, folder: Path) -> Iterator[Monitor]:
    """A fresh host with that Debian, and a center that has a release for it."""
    host = lab.boot(f"mon-{suite}", suite=suite, disk_mib=SPACE_MIB)
    site = LabSite.create(folder, [host])
    make_release(site, "one.tar", PYTHONS[suite])
    made = Monitor(host, site)
    made.name_release(Path("one.tar"))
    yield made
    lab.remove(host)


@pytest.fixture(scope="module", autouse=True)
def secret() -> Iterator[None]:
    """Set where the controller runs."""
    os.environ[VARIABLE] = SECRET
    yield
    del os.environ[VARIABLE]


@pytest.fixture(scope="module")
def monitor(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    with monitor_on(lab, "bookworm", tmp_path_factory.mktemp("monitor")) as made:
        yield made


def test_a_center_with_a_whole_release_has_no_mistake(monitor: Monitor) -> None:
    checked = monitor.site.watchfloor("check")
    assert checked.exit_code == 0, checked.stdout + checked.stderr


def test_a_fresh_host_becomes_a_monitor(monitor: Monitor) -> None:
    host = monitor.host
    drawn = monitor.site.watchfloor("plan", *ONLY)
    assert f"install Watchfloor {watchfloor.__version__}" in drawn.stdout
    monitor.apply()
    service = host.witness().service(UNIT)
    assert service.is_running
    assert service.is_enabled
    pid = host.run(["systemctl", "show", "-p", "MainPID", "--value", UNIT]).strip()
    assert host.run(["ps", "-o", "user=", "-p", pid]).strip() == "watchfloor"
    assert '"status":"ok"' in monitor.asked("/healthz").replace(" ", "")
    until(lambda: set(polls(monitor)) == {1.0}, 30, "every poll to bring something")
    assert "0.0.0.0:162" in host.run(["ss", "-Hlun"]).split()


def test_undo_of_the_first_apply_takes_all_of_it_away(monitor: Monitor) -> None:
    run = monitor.site.json("runs", code=0)["runs"][0]["run"]
    undone = monitor.site.watchfloor("undo", run, "--yes", timeout_s=300)
    assert undone.exit_code == 0, undone.stdout + undone.stderr
    host = monitor.host
    assert not host.witness().service(UNIT).is_running
    assert host.run(["ls", "-A", PROGRAM]).split() == []
    for gone in (CENTER, ENVIRONMENT, f"/etc/systemd/system/{UNIT}"):
        assert host.attempt(["test", "-e", gone]).exit_code == 1, gone
    assert host.attempt(["getent", "passwd", "watchfloor"]).exit_code == 2
    monitor.apply()
    assert '"status":"ok"' in monitor.asked("/healthz").replace(" ", "")


def polls(monitor: Monitor) -> list[float]:
    """1 for each protocol of a device whose last poll brought readings."""
    lines = monitor.asked("/metrics").splitlines()
    own = f'device="{monitor.host.name}"'
    return [
        float(line.split()[-1])
        for line in lines
        if line.startswith("watchfloor_poll_up{") and own in line
    ]


def test_its_copy_of_the_center_is_read_only_and_the_inventory_alone(monitor: Monitor) -> None:
    found = monitor.host.run(["find", CENTER, "-mindepth", "1", "-printf", "%m %u %g %P\n"])
    assert found.splitlines() == ["640 root watchfloor center.yaml"]
    own = hashlib.sha256((monitor.site.folder / "center.yaml").read_bytes()).hexdigest()
    assert monitor.host.run(["sha256sum", f"{CENTER}/center.yaml"]).split()[0] == own


def test_secrets_reach_the_service_and_no_plan(monitor: Monitor) -> None:
    host = monitor.host
    assert host.run(["stat", "-c", "%U %a", ENVIRONMENT]).strip() == "root 600"
    pid = host.run(["systemctl", "show", "-p", "MainPID", "--value", UNIT]).strip()
    environment = host.run(["cat", f"/proc/{pid}/environ"]).split("\0")
    assert f"{VARIABLE}={SECRET}" in environment
    host.run(["tee", "-a", ENVIRONMENT], stdin="MORE=1\n")
    drawn = monitor.site.watchfloor("plan", *ONLY)
    assert f"change {ENVIRONMENT}" in drawn.stdout
    assert SECRET not in drawn.stdout
    monitor.apply()


def test_a_second_apply_changes_nothing(monitor: Monitor) -> None:
    assert monitor.site.json("apply", "--yes", *ONLY, code=0)["hosts"] == []


def test_what_was_broken_by_hand_is_found_and_repaired(monitor: Monitor) -> None:
    host = monitor.host
    site = host.run(["sh", "-c", f"echo {CURRENT}/lib/python3.*/site-packages"]).strip()
    host.run(["sh", "-c", f"echo 'raise SystemExit' >>{site}/monitors/web/api.py"])
    host.run(["rm", f"{site}/watchfloor/cli/check.py"])
    host.run(["sed", "-i", "s/Lab/Other/", f"{CENTER}/center.yaml"])
    host.run(["tee", f"{CENTER}/more.yaml"], stdin="devices: {}\n")
    host.run(["systemctl", "stop", UNIT])
    titles = "\n".join(monitor.drifted)
    assert "monitors/web/api.py, watchfloor/cli/check.py changed" in titles
    assert f"in {CENTER}: change center.yaml; remove more.yaml" in titles
    assert f"start {UNIT} (it does not run)" in titles
    monitor.apply()
    assert monitor.site.watchfloor("drift", *ONLY).exit_code == 0
    assert '"status":"ok"' in monitor.asked("/healthz").replace(" ", "")


def test_a_changed_inventory_is_brought_and_read(monitor: Monitor) -> None:
    before = monitor.host.run(["systemctl", "show", "-p", "MainPID", "--value", UNIT])
    sections = monitor.sections(Path("one.tar"))
    sections["center"]["title"] = "Renamed"
    monitor.site.write(**sections)
    monitor.apply()
    until(lambda: "Renamed" in monitor.asked("/"), 30, "the new title on the page")
    assert monitor.host.run(["systemctl", "show", "-p", "MainPID", "--value", UNIT]) == before
    assert monitor.site.watchfloor("drift", *ONLY).exit_code == 0


def test_an_upgrade_keeps_the_release_before_and_undo_brings_it_back(monitor: Monitor) -> None:
    folder = monitor.site.folder
    first = monitor.release
    another_version(folder / "one.tar", folder / "two.tar", NEXT, PYTHON)
    monitor.name_release(Path("two.tar"))
    # From here on what is shipped goes through a hardened sudo, and /tmp runs no programs.
    hardened = monitor.site.watchfloor("apply", "--yes", *HARDENED, timeout_s=300)
    assert hardened.exit_code == 0, hardened.stdout + hardened.stderr
    monitor.apply()
    assert monitor.release.startswith(f"{NEXT}-")
    assert f'version="{NEXT}"' in monitor.asked("/metrics")
    assert monitor.host.attempt(["test", "-d", f"{PROGRAM}/{first}"]).exit_code == 0
    run = monitor.site.json("runs", code=0)["runs"][0]["run"]
    undone = monitor.site.watchfloor("undo", run, "--yes", timeout_s=300)
    assert undone.exit_code == 0, undone.stdout + undone.stderr
    assert monitor.release == first
    assert f'version="{watchfloor.__version__}"' in monitor.asked("/metrics")
    listed = monitor.host.run(["ls", PROGRAM]).split()
    assert sorted(listed) == sorted([first, "current"])


def test_a_release_that_does_not_answer_goes_back_by_itself(monitor: Monitor) -> None:
    folder = monitor.site.folder
    first = monitor.release
    another_version(
        folder / "one.tar", folder / "bad.tar", "98.0", PYTHON, "monitors/supervisor.py"
    )
    monitor.name_release(Path("bad.tar"))
    done = monitor.site.watchfloor("apply", "--yes", *ONLY, timeout_s=500)
    assert done.exit_code == 1
    assert "it was broken for a test" in " ".join(done.stdout.split())
    assert "the old state is back" in done.stderr
    assert monitor.release == first
    assert '"status":"ok"' in monitor.asked("/healthz").replace(" ", "")
    # The inventory that names the old release is another one; the program is as it was.
    monitor.name_release(Path("one.tar"))
    assert "release" not in monitor.kinds
    monitor.apply()
    assert monitor.site.watchfloor("drift", *ONLY).exit_code == 0


def test_a_damaged_release_is_named_by_check_and_by_plan(monitor: Monitor) -> None:
    damaged = monitor.site.folder / "damaged.tar"
    content = bytearray((monitor.site.folder / "one.tar").read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    monitor.name_release(Path("damaged.tar"))
    checked = monitor.site.watchfloor("check")
    assert checked.exit_code == 1
    assert "damaged.tar: the release has a damaged wheels/" in checked.stdout
    drawn = monitor.site.watchfloor("plan", *ONLY)
    assert "damaged.tar: the release has a damaged wheels/" in drawn.stdout


def test_debian_13_becomes_a_monitor_with_its_own_python(lab: Lab, tmp_path: Path) -> None:
    with monitor_on(lab, "trixie", tmp_path) as monitor:
        monitor.apply()
        assert '"status":"ok"' in monitor.asked("/healthz").replace(" ", "")
        python = monitor.host.run([f"{CURRENT}/bin/python", "--version"])
        assert python.startswith(f"Python {PYTHONS['trixie']}.")
        assert monitor.site.json("apply", "--yes", *ONLY, code=0)["hosts"] == []
