"""A console's settings are locked; its screen locks as the profile says, dispatch's does not."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite
from tests.requirements import need

pytestmark = pytest.mark.lab

AREAS = ("--area", "desktop_settings", "--area", "browsers")
START = "https://198.18.254.80:8443/"
DISPATCH = {
    "reason": "Call-taking must not wait",
    "place": "The room",
    "approver": "Security officer",
}


def described(host: LabHost, **desk: Any) -> dict[str, Any]:
    """The host as a console."""
    console = {
        "kind": "console",
        "address": host.address,
        "os": "debian-12",
        "desk": {"start_pages": [START], "sites": ["198.18.254.81"], **desk},
    }
    return {"devices": {host.name: console}, "baseline": {"console_lock_s": 900}}


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabSite]:
    """A console with its settings and its browsers' policies, but without the desktop itself."""
    host = lab.boot("con-1", suite="bookworm", variant="room")
    site = LabSite.create(tmp_path_factory.mktemp("console"), [host], **described(host))
    host.run(["useradd", "--create-home", "seat"])
    applied(site)
    yield site
    lab.remove(host)


@pytest.fixture
def host(site: LabSite) -> LabHost:
    return site.hosts[0]


def applied(site: LabSite) -> None:
    done = site.watchfloor("apply", "--yes", *AREAS)
    assert done.exit_code == 0, done.stderr + done.stdout


def drifted(site: LabSite) -> list[str]:
    """What drift names, line by line."""
    done = site.watchfloor("drift", *AREAS, "--json")
    devices = json.loads(done.stdout)["devices"]
    return [line for each in devices for lines in each["areas"].values() for line in lines]


def notes(site: LabSite) -> list[str]:
    """What the plan says that people should know."""
    plan = json.loads(site.watchfloor("plan", *AREAS, "--json").stdout)
    return [note for host in plan["hosts"] for area in host["areas"] for note in area["notes"]]


def gsettings(host: LabHost, *words: str) -> str:
    """What the operator's own desktop would be told."""
    command = ["runuser", "-u", "seat", "--", "gsettings", *words]
    return host.run(command).strip()


SCHEMA = "org.gnome.desktop"


@pytest.mark.parametrize(
    ("schema", "key", "value"),
    [
        ("session", "idle-delay", "uint32 900"),
        ("screensaver", "lock-enabled", "true"),
        ("screensaver", "lock-delay", "uint32 0"),
        ("screensaver", "user-switch-enabled", "false"),
        ("notifications", "show-in-lock-screen", "false"),
        ("lockdown", "disable-command-line", "true"),
        ("lockdown", "disable-printing", "true"),
        ("lockdown", "disable-user-switching", "true"),
        ("media-handling", "automount", "false"),
        ("media-handling", "autorun-never", "true"),
    ],
)
def test_a_setting_holds_and_nobody_can_change_it(
    host: LabHost, schema: str, key: str, value: str
) -> None:
    assert gsettings(host, "get", f"{SCHEMA}.{schema}", key) == value
    assert gsettings(host, "writable", f"{SCHEMA}.{schema}", key) == "false"


def test_what_is_not_ours_stays_free(host: LabHost) -> None:
    assert gsettings(host, "writable", f"{SCHEMA}.interface", "cursor-size") == "true"


def test_an_operators_own_setting_does_not_win(host: LabHost) -> None:
    write = "dconf write /org/gnome/desktop/session/idle-delay 'uint32 0'"
    done = host.attempt(["runuser", "-u", "seat", "--", "sh", "-c", write])
    assert done.exit_code != 0
    assert gsettings(host, "get", f"{SCHEMA}.session", "idle-delay") == "uint32 900"


def test_a_second_apply_changes_nothing(site: LabSite) -> None:
    assert site.json("apply", "--yes", *AREAS, code=0)["hosts"] == []


BREAKS = {
    "another value that wins": (
        "printf '[org/gnome/desktop/session]\\nidle-delay=uint32 0\\n'"
        " >/etc/dconf/db/local.d/10-watchfloor; dconf update",
        "change /etc/dconf/db/local.d/10-watchfloor",
    ),
    "a lock that is gone": (
        "rm /etc/dconf/db/local.d/locks/10-watchfloor; dconf update",
        "create /etc/dconf/db/local.d/locks/10-watchfloor",
    ),
    "a database that was not compiled": (
        "rm /etc/dconf/db/local",
        "make dconf's database anew",
    ),
    "a browser that may print": (
        'sed -i \'s/"PrintingEnabled": false/"PrintingEnabled": true/\''
        " /etc/chromium/policies/managed/watchfloor.json",
        "change /etc/chromium/policies/managed/watchfloor.json",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_by_hand_is_found_and_repaired(
    site: LabSite, host: LabHost, name: str
) -> None:
    command, finding = BREAKS[name]
    host.run(["sh", "-c", command])
    assert any(finding in line for line in drifted(site)), drifted(site)
    applied(site)
    assert drifted(site) == []
    assert gsettings(host, "get", f"{SCHEMA}.session", "idle-delay") == "uint32 900"
    assert gsettings(host, "writable", f"{SCHEMA}.session", "idle-delay") == "false"


def test_another_file_that_says_otherwise_is_named(site: LabSite, host: LabHost) -> None:
    other = "/etc/dconf/db/local.d/99-mine"
    text = "[org/gnome/desktop/session]\nidle-delay=uint32 0\n"
    host.run(["tee", other], stdin=text)
    host.run(["dconf", "update"])
    assert any(other in line for line in drifted(site))
    host.run(["sh", "-c", f"rm {other}; dconf update"])
    assert drifted(site) == []


def test_dispatch_is_exempt_as_long_as_somebody_answers_for_it(
    site: LabSite, host: LabHost
) -> None:
    try:
        site.write(**described(host, dispatch={**DISPATCH, "expires": "2199-01-01"}))
        applied(site)
        assert gsettings(host, "get", f"{SCHEMA}.session", "idle-delay") == "uint32 0"
        assert notes(site)[0].startswith(
            "exempt from the idle lock until 2199-01-01: Call-taking must not wait"
        )
        site.write(**described(host, dispatch={**DISPATCH, "expires": "2020-01-01"}))
        assert "ran out on 2020-01-01: it is locked again" in notes(site)[0]
        applied(site)
        assert gsettings(host, "get", f"{SCHEMA}.session", "idle-delay") == "uint32 900"
    finally:
        site.write(**described(host))
        applied(site)


def test_the_browser_obeys_its_policy(host: LabHost, tmp_path: Path) -> None:
    """This machine's Chromium, for which the console's policy stands where its own would."""
    chromium, unshare = need("chromium"), need("unshare")
    said = json.loads(host.run(["cat", "/etc/chromium/policies/managed/watchfloor.json"]))
    # The page is read with the tools that this one forbids.
    assert said.pop("DeveloperToolsAvailability") == 2
    policies = tmp_path / "managed"
    policies.mkdir()
    (policies / "watchfloor.json").write_text(json.dumps(said))
    place = "/etc/chromium/policies"
    script = (
        f"mount -t tmpfs none /etc/chromium && mkdir {place} && cp -r {policies} {place} &&"
        f" exec {chromium} --headless=new --timeout=90000 --no-sandbox"
        f" --user-data-dir={tmp_path}/profile --dump-dom http://127.0.0.1:9/"
    )
    done = subprocess.run(
        [unshare, "--mount", "sh", "-c", script], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert "ERR_BLOCKED_BY_ADMINISTRATOR" in done.stderr, done.stderr[-500:]
