"""`watchfloor monitor` as a service of its own account, as `--units` writes it."""

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import watchfloor
from deploy.monitor_unit import NAME, UNIT, USER, MonitorUnit
from tests.lab import Lab, LabHost
from tests.lab.command import run
from tests.wait import until

pytestmark = pytest.mark.lab

CENTER = Path("/etc/watchfloor/center")
PROGRAM = Path("/opt/watchfloor")
OPTIONS = ("--observer", "mon-1", "--traps", "0.0.0.0:162", "--syslog", "0.0.0.0:514")
GET = (
    "import sys, urllib.request;"
    " print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
)


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[LabHost]:
    """A host with this checkout as its /opt/watchfloor, and a center that is the host alone."""
    made = lab.boot("mon-1")
    made.power_off()
    install_program(made.disk.root)
    made.power_on()
    made.run(["ldconfig", "/opt/python/lib"])
    made.run(["useradd", "--system", "--home-dir", f"/var/lib/{NAME}", USER])
    made.run(["mkdir", "-p", CENTER])
    made.run(["tee", CENTER / "center.yaml"], stdin=center_of(made))
    unit = MonitorUnit(PROGRAM / "bin/python3", CENTER, OPTIONS, (162, 514))
    made.run(["tee", f"/etc/systemd/system/{UNIT}"], stdin=unit.text)
    made.run(["systemctl", "daemon-reload"])
    made.run(["systemctl", "enable", "--now", UNIT])
    yield made
    lab.remove(made)


def install_program(root: Path) -> None:
    """A virtual environment whose interpreter and packages are this machine's, seen from there."""
    libraries = f"python{sys.version_info.major}.{sys.version_info.minor}"
    seen = {
        "/opt/python": sys.base_prefix,
        "/opt/packages": sysconfig.get_path("purelib"),
        "/opt/checkout": str(Path(watchfloor.__file__).parents[1]),
    }
    for there, here in seen.items():
        (root / there[1:]).mkdir(parents=True)
        run(["mount", "--options", "bind,ro", here, root / there[1:]])
    folder = root / str(PROGRAM)[1:]
    packages = folder / "lib" / libraries / "site-packages"
    packages.mkdir(parents=True)
    (packages / "all.pth").write_text("/opt/packages\n/opt/checkout\n")
    (folder / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    (folder / "bin").mkdir()
    (folder / "bin/python3").symlink_to(f"/opt/python/bin/{libraries}")


def center_of(host: LabHost) -> str:
    reach = [{"tcp": 22}, {"icmp": True}]
    device = {"kind": "server", "address": host.address, "monitoring": {"reach": reach}}
    return yaml.safe_dump(
        {
            "format": 1,
            "center": {"name": "tiny", "title": "Tiny", "timezone": "Etc/UTC", "interval_s": 1},
            "networks": {"all": {"cidr": host.subnet}},
            "devices": {"mon-1": device},
        }
    )


def asked(host: LabHost, path: str) -> str:
    """What it answers on loopback; empty while it does not."""
    return host.attempt(["python3", "-c", GET, f"http://127.0.0.1:8720{path}"]).stdout


def polls(host: LabHost) -> list[float]:
    """1 for each protocol of a device whose last poll brought readings."""
    lines = asked(host, "/metrics").splitlines()
    return [float(line.split()[-1]) for line in lines if line.startswith("watchfloor_poll_up{")]


def test_it_is_healthy_and_polls_by_echo_and_tcp(host: LabHost) -> None:
    until(lambda: asked(host, "/healthz"), 60, "the monitor to be healthy")
    until(lambda: set(polls(host)) == {1.0}, 30, "every poll to bring something")


def test_it_receives_at_ports_below_1024_as_an_account_without_other_rights(host: LabHost) -> None:
    ports = {"0.0.0.0:162", "0.0.0.0:514"}
    until(lambda: ports <= set(host.run(["ss", "-Hlun"]).split()), 30, "both ports")
    pid = host.run(["systemctl", "show", "-p", "MainPID", "--value", UNIT]).strip()
    status = host.run(["cat", f"/proc/{pid}/status"])
    assert "CapEff:\t0000000000000400\n" in status, "CAP_NET_BIND_SERVICE alone"
    assert "NoNewPrivs:\t1\n" in status
    assert host.run(["ps", "-o", "user=", "-p", pid]).strip() == USER
    assert host.run(["stat", "-c", "%U %a", f"/var/lib/{NAME}"]).strip() == f"{USER} 700"


def test_a_changed_inventory_is_read_on_reload(host: LabHost) -> None:
    whole = yaml.safe_load(center_of(host))
    whole["center"]["title"] = "Renamed"
    host.run(["tee", CENTER / "center.yaml"], stdin=yaml.safe_dump(whole))
    host.run(["systemctl", "reload", UNIT])
    until(lambda: "Renamed" in asked(host, "/"), 30, "the new title on the page")
