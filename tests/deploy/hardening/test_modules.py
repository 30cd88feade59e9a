from deploy.hardening import modules, usb_storage
from deploy.hardening.modules import ModulesDesired
from deploy.hardening.usb_storage import UsbDesired
from deploy.rendering import render
from inventory.baseline import Baseline
from inventory.facts import modules as facts_of_modules
from inventory.facts.modules import MODULES_FILE, UDEV_FILE, USB_FILE, ModulesFacts
from inventory.facts.textfile import TextFile
from inventory.model import Kind
from tests.deploy.hardening.recorded_areas import read
from tests.deploy.hosts import center, server

VM = "vm-debian-12"
FRESH = read(VM, facts_of_modules)
WANTED = ModulesDesired(("dccp", "firewire-core", "squashfs"))
HERE = center()


def ours(path: str, text: str) -> TextFile:
    return TextFile(path, "file", 0o644, "root", "root", text)


def test_a_fresh_machine_gets_one_file() -> None:
    assert [c.title for c in modules.diff(WANTED, FRESH).changes] == [f"create {MODULES_FILE}"]
    text = render("modprobe.conf.j2", modules=WANTED.names)
    there = ModulesFacts(
        False, True, (ours(MODULES_FILE, text),), frozenset({"dccp"}), frozenset(), frozenset()
    )
    assert modules.diff(WANTED, there).is_clean
    assert "install firewire-core /bin/false\nblacklist firewire-core\n" in text


def test_a_loaded_module_is_unloaded_and_one_in_use_is_told() -> None:
    loaded = read(VM, facts_of_modules, ("loaded\text4 1", "loaded\tdccp 0\nloaded\tsctp 3"))
    found = modules.diff(ModulesDesired(("dccp", "sctp")), loaded)
    assert found.changes[1].title == "unload the module dccp"
    assert found.unmet == ("the module sctp is in use; it is gone after the next restart",)


def test_a_mounted_file_system_stays_and_is_named() -> None:
    snaps = read(
        VM,
        facts_of_modules,
        ("loaded\text4 1", "loaded\tsquashfs 9"),
        ("mounted\ttmpfs", "mounted\ttmpfs\nmounted\tsquashfs"),
    )
    found = modules.diff(WANTED, snaps)
    assert found.notes == ("left, because in use or in the kernel itself: squashfs",)
    assert "squashfs" not in getattr(found.changes[0], "content", "")
    assert found.unmet == ()


def test_another_rule_in_a_module_s_place_is_told() -> None:
    rule = "rule\tinstall dccp /sbin/modprobe --ignore-install dccp"
    facts = read(VM, facts_of_modules, ("rule\tblacklist arkfb", rule))
    assert "another file of modprobe.d" in modules.diff(WANTED, facts).unmet[0]


def test_in_a_container_nothing_is_unloaded() -> None:
    guest = read(
        VM, facts_of_modules, ("container\tno", "container\tyes"), ("loaded\text4", "loaded\tdccp")
    )
    found = modules.diff(WANTED, guest)
    assert [c.kind for c in found.changes] == ["file"]
    assert found.notes[0].startswith("not proven: ")


def test_usb_disks_are_refused_by_driver_and_by_rule() -> None:
    found = usb_storage.diff(UsbDesired(()), FRESH)
    assert [c.title for c in found.changes] == [
        f"create {UDEV_FILE}",
        "let udev read its rules",
        f"create {USB_FILE}",
    ]


def test_one_disk_that_is_allowed_needs_the_driver_and_the_rule_refuses_the_others() -> None:
    blocked = render("modprobe.conf.j2", modules=("uas", "usb-storage"))
    facts = ModulesFacts(
        False, True, (ours(USB_FILE, blocked),), frozenset(), frozenset(), frozenset()
    )
    found = usb_storage.diff(UsbDesired(("0951:1666",)), facts)
    assert found.changes[-1].title == f"remove {USB_FILE} (some USB disks are allowed)"
    rule = getattr(found.changes[0], "content", "")
    assert 'ATTRS{idVendor}=="0951", ATTRS{idProduct}=="1666", GOTO' in rule
    assert found.notes == ("USB disks that may be used: 0951:1666",)


def test_consoles_never_have_usb_disks_and_servers_as_the_baseline_says() -> None:
    allowed = Baseline(usb_storage="allowed")
    free = server("web-1", "10.9.1.1", baseline=allowed)
    console = server("con-1", "10.9.1.9", kind=Kind.CONSOLE, baseline=allowed)
    assert not usb_storage.applies(HERE, free)
    assert usb_storage.applies(HERE, server("web-1", "10.9.1.1"))
    assert usb_storage.applies(HERE, console)
