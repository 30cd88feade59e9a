"""Consoles: the idle lock and dispatch's exemption, dconf files, browsers' policies, monitors."""

import base64
import json
import xml.etree.ElementTree as ET
from datetime import date

import pytest

from deploy.browsers import console_chromium, console_firefox, kiosk_policy
from deploy.change import CommandChange, FileChange, PackageChange
from deploy.consoles import desktop, desktop_settings
from deploy.consoles.settings import idle_lock, keyfile, locks, settings
from deploy.live_change import PurgeChange
from inventory.baseline import Baseline
from inventory.desks import Desk, Screen
from inventory.facts.console import ConsoleFacts, parse
from inventory.facts.edid import Monitor, monitor

TODAY = date(2026, 11, 23)
DISPATCH = {"reason": "Calls", "place": "The room", "approver": "The officer"}
IDLE = "/org/gnome/desktop/session/idle-delay"
ENABLED = "/org/gnome/desktop/screensaver/lock-enabled"


def desk(expires: str = "2026-11-23", **more: object) -> Desk:
    return Desk.model_validate({"dispatch": {**DISPATCH, "expires": expires}, **more})


def wanted(lock_s: int = 1800) -> desktop_settings.SettingsDesired:
    lock = idle_lock(Baseline(console_lock_s=lock_s), None, TODAY)
    return desktop_settings.SettingsDesired(settings(lock), lock, ())


def facts(text: str = "") -> ConsoleFacts:
    installed = "".join(
        f"package\tinstalled {name}\n" for name in ("dconf-cli", "gsettings-desktop-schemas")
    )
    return parse(f"{installed}{text}target\tgraphical.target\n")


def as_wanted(want: desktop_settings.SettingsDesired) -> str:
    """What a console says on which the settings hold, without the files."""
    lines = [f"lock\t{key}\n" for key in want.values]
    for key, value in want.values.items():
        group, _, name = key.strip("/").rpartition("/")
        lines += [f"setting\t[{group}]\n", f"setting\t{name}={value}\n"]
    return "".join(lines)


def test_the_profile_says_when_an_idle_screen_locks() -> None:
    values = settings(idle_lock(Baseline(console_lock_s=900), None, TODAY))
    assert (values[IDLE], values[ENABLED]) == ("uint32 900", "true")


def test_dispatch_is_exempt_up_to_its_last_day() -> None:
    held = idle_lock(Baseline(), desk(), TODAY)
    assert (settings(held)[IDLE], settings(held)[ENABLED]) == ("uint32 0", "false")
    assert held.note == (
        "exempt from the idle lock until 2026-11-23: Calls (The room; approved by The officer)"
    )
    over = idle_lock(Baseline(), desk("2026-11-22"), TODAY)
    assert settings(over)[IDLE] == "uint32 1800"
    assert over.note.endswith("it is locked again")


def test_every_key_is_locked() -> None:
    want = wanted()
    assert set(locks(want.values).splitlines()[1:]) == set(want.values)
    assert keyfile({"/a/b/c": "1", "/a/b/d": "'x'", "/a/e": "true"}).splitlines()[1:] == [
        "[a]",
        "e=true",
        "",
        "[a/b]",
        "c=1",
        "d='x'",
    ]


def test_a_fresh_console_gets_files_and_then_a_database() -> None:
    found = desktop_settings.diff(wanted(), parse("target\tgraphical.target\n"))
    assert isinstance(found.changes[0], PackageChange)
    assert [c.path for c in found.changes if isinstance(c, FileChange)] == [
        desktop_settings.PROFILE,
        desktop_settings.KEYS,
        desktop_settings.LOCKS,
    ]
    assert isinstance(found.changes[-1], CommandChange)


def test_what_holds_counts_and_not_the_files_alone() -> None:
    want = wanted()
    files = {
        desktop_settings.PROFILE: "user-db:user\nsystem-db:local\n",
        desktop_settings.KEYS: keyfile(want.values),
        desktop_settings.LOCKS: locks(want.values),
    }
    text = "".join(_file(path, content) for path, content in files.items())
    assert desktop_settings.diff(want, facts(text + as_wanted(want))).is_clean
    stale = desktop_settings.diff(want, facts(text))
    assert [change.title.split(" (")[0] for change in stale.changes] == [
        "make dconf's database anew"
    ]
    overruled = text + as_wanted(want).replace("uint32 1800", "uint32 0")
    other = desktop_settings.diff(want, facts(f"{overruled}other\t/etc/dconf/db/local.d/99\n"))
    assert other.unmet == (
        f"{IDLE} is uint32 0, not uint32 1800; /etc/dconf/db/local.d/99 may say so",
    )


def test_browsers_reach_the_desks_sites_and_nothing_else() -> None:
    open_desk = Desk(start_pages=("https://10.0.0.1:8443/noc",), sites=("10.0.0.2", "h:8443/app/"))
    chromium = json.loads(console_chromium(open_desk))
    assert chromium["URLAllowlist"] == ["10.0.0.2", "h:8443/app/", "https://10.0.0.1:8443"]
    assert chromium["URLBlocklist"] == ["*"]
    assert chromium["RestoreOnStartupURLs"] == ["https://10.0.0.1:8443/noc"]
    firefox = json.loads(console_firefox(open_desk))["policies"]
    assert firefox["WebsiteFilter"]["Exceptions"] == [
        "*://10.0.0.1/*",
        "*://10.0.0.2/*",
        "*://h/app/*",
    ]
    assert chromium["DeveloperToolsAvailability"] == 2
    assert firefox["Homepage"]["URL"] == "https://10.0.0.1:8443/noc"


@pytest.mark.parametrize("policy", [console_chromium(Desk()), kiosk_policy(("http://h/",))])
def test_no_browser_prints_or_keeps_passwords_or_runs_extensions(policy: str) -> None:
    said = json.loads(policy)
    assert said["PrintingEnabled"] is False
    assert said["PasswordManagerEnabled"] is False
    assert said["ExtensionInstallBlocklist"] == ["*"]
    assert said["DownloadRestrictions"] == 3


def edid(name: str) -> bytes:
    """A block as a monitor sends it: `ABC`, product 0x1a2b, serial number 7."""
    head = b"\x00\xff\xff\xff\xff\xff\xff\x00"
    vendor = ((1 << 10) | (2 << 5) | 3).to_bytes(2, "big")
    numbers = (0x1A2B).to_bytes(2, "little") + (7).to_bytes(4, "little")
    block = bytearray((head + vendor + numbers).ljust(128, b"\x01"))
    block[54:72] = b"\0\0\0\xfc\0" + f"{name}\n".encode().ljust(13, b" ")
    block[127] = (-sum(block[:127])) % 256
    return bytes(block)


def test_monitors_are_known_as_mutter_knows_them() -> None:
    assert monitor("DP-1", edid("Wide 27")) == Monitor("DP-1", "ABC", "Wide 27", "0x00000007")
    assert monitor("DP-1", edid("x")[:-1] + b"\0") == Monitor("DP-1")
    assert monitor("DP-1", b"") == Monitor("DP-1")


def test_screens_stand_side_by_side() -> None:
    screens = (
        Screen(output="DP-1", upright=True),
        Screen(output="DP-2", resolution="2560x1440", primary=True),
    )
    want = desktop.DesktopDesired({}, screens)
    seen = parse("target\tgraphical.target\n")
    difference = desktop.diff(want, seen)
    (change,) = (c for c in difference.changes if isinstance(c, FileChange))
    root = ET.fromstring(change.content)
    assert [each.findtext("x") for each in root.iter("logicalmonitor")] == ["0", "1080"]
    assert [each.findtext("primary") for each in root.iter("logicalmonitor")] == [None, "yes"]
    assert difference.notes[0] == "no monitor hangs on DP-1 now, so it cannot be laid out"


def test_a_console_has_no_terminal() -> None:
    seen = parse("package\tinstalled xterm\npackage\tinstalled gdm3\ntarget\tgraphical.target\n")
    changes = desktop.diff(desktop.DesktopDesired({}, ()), seen).changes
    (purge,) = (change for change in changes if isinstance(change, PurgeChange))
    assert purge.names == ("xterm",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"screens": [{"output": "DP-1"}, {"output": "DP-1"}]}, "two screens have the same output"),
        (
            {"screens": [{"output": f"DP-{n}", "primary": True} for n in (1, 2)]},
            "two screens are primary",
        ),
        ({"sites": ["no server"]}, "String should match"),
    ],
)
def test_a_desk_that_cannot_stand_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Desk.model_validate(wrong)


def _file(path: str, content: str) -> str:
    text = base64.b64encode(content.encode()).decode()
    return f"file\tfile 644 root root {text}. {path}\n"
