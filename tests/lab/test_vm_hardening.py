"""A whole machine is hardened over SSH, and its kernel proves what a namespace cannot.

Kernel settings, modules, USB disks, mounts, audit and AppArmor; then all of it after a restart.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.site import LabSite
from tests.lab.vm import VirtualMachine
from tests.lab.vm_fixture import MARKS
from tests.wait import until

pytestmark = MARKS

SITE_TIMEOUT_S = 1500


def the_kernel_has_its_settings(vm: VirtualMachine) -> None:
    witness = vm.witness()
    for key, value in {
        "kernel.yama.ptrace_scope": 2,
        "kernel.kptr_restrict": 2,
        "kernel.dmesg_restrict": 1,
        "kernel.randomize_va_space": 2,
        "vm.mmap_min_addr": 65536,
        "fs.suid_dumpable": 0,
        "kernel.core_pattern": "|/bin/false",
        "net.ipv4.conf.all.rp_filter": 1,
    }.items():
        assert witness.sysctl(key) == value, key


def blocked_modules_do_not_load(vm: VirtualMachine) -> None:
    for name in ("dccp", "hfsplus", "usb-storage", "uas"):
        assert vm.attempt(["modinfo", name]).exit_code == 0, f"{name} is not there to be blocked"
        assert vm.attempt(["modprobe", name]).exit_code != 0, name
    loaded = vm.run(["lsmod"])
    for name in ("dccp", "hfsplus", "usb_storage", "uas"):
        assert f"\n{name} " not in loaded


def nothing_in_tmp_is_run(vm: VirtualMachine) -> None:
    for folder in ("/tmp", "/dev/shm"):
        vm.run(["install", "-m", "755", "/bin/true", f"{folder}/program"])
        assert vm.attempt([f"{folder}/program"]).exit_code == 126, folder
    assert vm.witness().mount_point("/tmp").filesystem == "tmpfs"


def a_changed_account_file_makes_a_record(vm: VirtualMachine) -> None:
    rules = vm.run(["auditctl", "-l"])
    assert "/etc/passwd" in rules
    vm.run(["touch", "/etc/passwd"])
    seen = ["ausearch", "--input-logs", "--start", "recent", "--file", "/etc/passwd"]
    until(lambda: "type=PATH" in vm.attempt(seen).stdout, 60, "a record of the change")


def apparmor_denies_a_confined_process(vm: VirtualMachine) -> None:
    status = json.loads(vm.run(["aa-status", "--json"], timeout_s=120))
    profiles: dict[str, str] = status["profiles"]
    assert profiles, "no profile is loaded"
    assert set(profiles.values()) <= {"enforce", "kill"}, profiles
    name = min(name for name in profiles if name.startswith("/"))
    vm.run(["cat", "/etc/shadow"])
    refused = vm.attempt(["aa-exec", "-p", name, "--", "cat", "/etc/shadow"])
    assert "Permission denied" in refused.stderr, f"{name}: {refused}"


CHECKS = (
    the_kernel_has_its_settings,
    blocked_modules_do_not_load,
    nothing_in_tmp_is_run,
    a_changed_account_file_makes_a_record,
    apparmor_denies_a_confined_process,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_in_the_running_kernel(
    vm_site: LabSite[VirtualMachine], vm: VirtualMachine, check: Callable[[VirtualMachine], None]
) -> None:
    check(vm)


def test_a_usb_disk_that_somebody_plugs_in_is_no_disk(
    vm_site: LabSite[VirtualMachine], vm: VirtualMachine, tmp_path: Path
) -> None:
    disk = tmp_path / "stick"
    disk.write_bytes(bytes(1 << 20))
    vm.plug_in_usb_disk("stick", disk)
    authorized = ["sh", "-c", f"{_MASS_STORAGE} cat ${{class%/*}}/authorized; done"]
    until(lambda: vm.run(authorized) == "0\n", 60, "udev to refuse its interface")
    assert vm.attempt(["sh", "-c", "ls /sys/block | grep ^sd"]).stdout == ""
    vm.pull_usb_disk("stick")


_MASS_STORAGE = (
    "for class in /sys/bus/usb/devices/*/bInterfaceClass; do grep -qx 08 $class || continue;"
)


def apply_again(site: LabSite[VirtualMachine]) -> None:
    done = site.watchfloor("apply", "--yes", "--json", timeout_s=SITE_TIMEOUT_S)
    assert done.exit_code == 0, done.stderr + done.stdout
    changed = json.loads(done.stdout)["hosts"]
    assert changed == [], done.stdout


def test_a_second_apply_changes_nothing_and_leaves_nothing_unproved(
    vm_site: LabSite[VirtualMachine],
) -> None:
    apply_again(vm_site)
    plan = vm_site.watchfloor("plan", timeout_s=SITE_TIMEOUT_S)
    assert "another machine's" not in " ".join(plan.stdout.split())


def test_all_of_it_holds_after_a_restart(
    vm_site: LabSite[VirtualMachine], vm: VirtualMachine
) -> None:
    # Made behind the apply's back; where a restart breaks it off, it is begun anew.
    database = ["test", "-s", "/var/lib/aide/aide.db"]
    until(lambda: vm.attempt(database).exit_code == 0, 600, "the database of the files")
    vm.reboot()
    for check in CHECKS:
        check(vm)
    apply_again(vm_site)
