"""What differs on Ubuntu 24.04: snaps, unconfined profiles, reporters of crashes, a desktop."""

from collections.abc import Sequence

from deploy.change import Change, FileChange
from deploy.hardening import apparmor, banner, modules, mounts, services, usb_storage
from deploy.hardening.mounts import MountsDesired
from deploy.hardening.usb_storage import UsbDesired
from inventory.facts import apparmor as facts_of_apparmor
from inventory.facts import banner as facts_of_banner
from inventory.facts import modules as facts_of_modules
from inventory.facts import mounts as facts_of_mounts
from inventory.facts import services as facts_of_services
from inventory.model import Kind
from tests.deploy.hardening.recorded_areas import read
from tests.deploy.hosts import center, server

UBUNTU = "ubuntu-24.04"
HERE = center()
CONSOLE = server("con-1", "10.9.1.9", kind=Kind.CONSOLE, os="ubuntu-24.04")


def titles(changes: Sequence[Change]) -> list[str]:
    return [change.title for change in changes]


def test_unconfined_profiles_stay_and_complaining_ones_are_enforced() -> None:
    found = apparmor.diff(("apparmor", "apparmor-utils"), read(UBUNTU, facts_of_apparmor))
    assert titles(found.changes) == [
        "install apparmor-utils",
        "create /etc/default/grub.d/50-watchfloor-apparmor.cfg",
        "write GRUB's menu anew",
        "enforce the AppArmor profile transmission-gtk",
    ]


def test_snaps_keep_squashfs_and_bluetooth_in_use_is_told() -> None:
    found = modules.diff(modules.desired(HERE, CONSOLE), read(UBUNTU, facts_of_modules))
    assert found.notes == ("left, because in use or in the kernel itself: squashfs",)
    assert titles(found.changes)[1:] == ["unload the module btusb"]
    assert found.unmet == ("the module bluetooth is in use; it is gone after the next restart",)


def test_usb_drivers_that_are_loaded_and_idle_are_unloaded() -> None:
    found = usb_storage.diff(UsbDesired(()), read(UBUNTU, facts_of_modules))
    assert titles(found.changes)[-1] == "unload the module uas"


def test_a_desktop_s_sockets_stay_reachable_and_home_loses_devices() -> None:
    found = mounts.diff(MountsDesired(0), read(UBUNTU, facts_of_mounts))
    assert "mount /home with nodev,nosuid" in titles(found.changes)
    assert not [title for title in titles(found.changes) if title.startswith("start tmp.mount")]
    assert found.unmet[0].startswith("/tmp is covered after the next restart")
    files = {c.path: c.content for c in found.changes if isinstance(c, FileChange)}
    fstab = files["/etc/fstab"]
    assert "/home ext4 defaults,nodev,nosuid 0 2\n" in fstab
    assert "/swap.img none swap sw 0 0\n" in fstab


def test_reporters_printers_and_telnet_go_and_the_display_stays() -> None:
    found = services.diff(services.desired(HERE, CONSOLE), read(UBUNTU, facts_of_services))
    said = titles(found.changes)
    for unit in ("apport.service", "avahi-daemon.socket", "cups.path", "whoopsie.path"):
        assert f"mask {unit} (it has no business here)" in said
    assert not [title for title in said if "gdm3" in title or "snmpd" in title]
    assert said[-1] == "purge inetutils-telnet, telnet"


def test_the_dynamic_greeting_is_stopped() -> None:
    found = banner.diff(banner.desired(HERE, CONSOLE), read(UBUNTU, facts_of_banner))
    assert titles(found.changes)[2] == "create /etc/motd"
    assert len([change for change in found.changes if change.kind == "mode"]) == 3
