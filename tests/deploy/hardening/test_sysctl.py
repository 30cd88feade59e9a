from dataclasses import replace

import pytest

from deploy.change import Change, FileChange, RemovalChange
from deploy.hardening import sysctl
from deploy.hardening.kernel_settings import Wanted, settings_difference, without
from deploy.live_change import SysctlChange
from inventory.baseline import Baseline
from inventory.facts import sysctl as facts_of_sysctl
from inventory.facts.area import FactError
from inventory.facts.sysctl import SysctlFacts
from inventory.facts.textfile import TextFile
from inventory.model import Kind
from tests.deploy.hardening.recorded_areas import read
from tests.deploy.hosts import NETWORKS, center, server

VM = "vm-debian-12"
FRESH = read(VM, facts_of_sysctl)
FOUR = center(networks={n.name: n for n in center().networks.values() if ":" not in str(n.cidr)})
SIX = center()


def host(kind: Kind = Kind.SERVER) -> dict[str, Wanted]:
    return sysctl.desired(FOUR, server("host-1", "10.9.1.7", kind=kind))


def change_of(facts: SysctlFacts, wanted: dict[str, Wanted] | None = None) -> SysctlChange:
    found = settings_difference(host() if wanted is None else wanted, facts, sysctl.DROP_IN)
    (change,) = (one for one in found.changes if isinstance(one, SysctlChange))
    return change


def as_wanted() -> SysctlFacts:
    """The machine after its change, with the file in place."""
    found = settings_difference(host(), FRESH, sysctl.DROP_IN)
    values = {one.key: one.value for one in change_of(FRESH).settings}
    text = next(c.content for c in found.changes if c.kind == "file")
    lines = [f"setting\t{key} {values.get(key, now.value)}" for key, now in FRESH.settings.items()]
    lines += [f"writable\t{key}" for key in FRESH.settings]
    parsed = facts_of_sysctl.parse("\n".join(["container\tno", *lines]))
    ours = TextFile(sysctl.DROP_IN, "file", 0o644, "root", "root", text)
    return SysctlFacts(False, parsed.settings, (ours,), ())


def test_a_fresh_machine_gets_a_file_and_its_live_values() -> None:
    values = {one.key: (one.before, one.value) for one in change_of(FRESH).differing}
    assert values["kernel/kptr_restrict"] == ("0", "2")
    assert values["kernel/yama/ptrace_scope"] == ("0", "2")
    assert values["net/ipv4/conf/all/rp_filter"][1] == "1"
    assert "vm/mmap_min_addr" not in values
    assert not settings_difference(host(), FRESH, sysctl.DROP_IN).unmet


def test_the_host_as_wanted_has_no_difference() -> None:
    assert settings_difference(host(), as_wanted(), sysctl.DROP_IN).is_clean


def test_what_resets_others_is_written_before_them() -> None:
    keys = [one.key for one in change_of(FRESH).settings]
    assert keys[0] == "net/ipv4/ip_forward"
    all_first = keys.index("net/ipv6/conf/all/disable_ipv6")
    assert all_first < keys.index("net/ipv6/conf/lo/disable_ipv6")
    assert all_first < keys.index("net/ipv6/conf/default/disable_ipv6")


def test_the_loopback_keeps_its_ipv6_and_a_center_with_ipv6_all_of_it() -> None:
    values = {one.key: one.value for one in change_of(FRESH).settings}
    assert values["net/ipv6/conf/lo/disable_ipv6"] == "0"
    assert values["net/ipv6/conf/all/disable_ipv6"] == "1"
    assert any(":" in net.cidr for net in NETWORKS)
    device = server("host-1", "10.9.1.7")
    assert "net/ipv6/conf/*/disable_ipv6" not in sysctl.desired(SIX, device)
    assert "net/ipv6/conf/*/disable_ipv6" not in sysctl.desired(FOUR, device, "fe80::1")
    kept = device.model_copy(update={"baseline": Baseline(ipv6="on")})
    assert "net/ipv6/conf/*/disable_ipv6" not in sysctl.desired(FOUR, kept)


NETWORK = "/etc/systemd/network/80-lan.network.d/zz-watchfloor.conf"


def networks_of(facts: SysctlFacts, wanted: dict[str, Wanted]) -> list[Change]:
    return list(sysctl.network_changes(wanted, facts))


def test_the_network_daemon_does_not_switch_ipv6_on_again_at_the_next_start() -> None:
    found = read(
        VM, facts_of_sysctl, ("container\t", f"file\tabsent - - - - {NETWORK}\ncontainer\t")
    )
    assert NETWORK not in {file.path for file in found.files}
    (change,) = networks_of(found, host())
    assert isinstance(change, FileChange)
    assert change.path == NETWORK
    assert "LinkLocalAddressing=no\nIPv6AcceptRA=no\n" in change.content
    ours = TextFile(NETWORK, "file", 0o644, "root", "root", change.content)
    assert not networks_of(replace(found, networks=(ours,)), host())


def test_what_switched_it_off_goes_where_ipv6_is_spoken() -> None:
    six = sysctl.desired(SIX, server("host-1", "10.9.1.7"))
    ours = TextFile(NETWORK, "file", 0o644, "root", "root", "[Network]\n")
    (change,) = networks_of(replace(FRESH, networks=(ours,)), six)
    assert isinstance(change, RemovalChange)
    assert not networks_of(replace(FRESH, networks=(TextFile(NETWORK, "absent"),)), six)


def test_a_wall_filters_loosely_and_a_router_keeps_its_network_keys() -> None:
    assert host(Kind.WALL_PROCESSOR)["net/ipv4/conf/*/rp_filter"] == Wanted("2")
    router = host(Kind.ROUTER)
    assert not [key for key in router if key.startswith("net/ipv")]
    assert "kernel/kptr_restrict" in router


def test_a_container_is_told_what_cannot_be_proved_and_nothing_is_planned_for_it() -> None:
    text = "container\tyes\nsetting\tkernel/kptr_restrict 0\n"
    wanted = {"kernel/kptr_restrict": Wanted("2"), "kernel/yama/ptrace_scope": Wanted("2")}
    found = settings_difference(wanted, facts_of_sysctl.parse(text), "/etc/sysctl.d/zz.conf")
    assert [change.title for change in found.changes] == ["create /etc/sysctl.d/zz.conf"]
    assert found.unmet == ()
    assert len(found.notes) == 2
    assert all(note.startswith("not proven: ") for note in found.notes)


def test_what_a_machine_lacks_refuses_or_closes_is_unmet_and_no_change() -> None:
    text = (
        "container\tno\nsetting\tkernel/kptr_restrict 0\nsetting\tkernel/sysrq 1\n"
        "writable\tkernel/sysrq\nrefused\tkernel/sysrq 0\n"
    )
    wanted = {
        "kernel/kptr_restrict": Wanted("2"),
        "kernel/sysrq": Wanted("0"),
        "kernel/yama/ptrace_scope": Wanted("2"),
        "net/core/bpf_jit_harden": Wanted("2", optional=True),
    }
    found = settings_difference(wanted, facts_of_sysctl.parse(text), "/etc/sysctl.d/zz.conf")
    assert [change.kind for change in found.changes] == ["file"]
    assert found.unmet == (
        "this kernel has no kernel.yama.ptrace_scope",
        "the kernel refuses kernel.sysrq = 0 (it is 1)",
        "nobody may set kernel.kptr_restrict in this kernel",
    )


def test_a_stricter_value_is_left() -> None:
    facts = read(VM, facts_of_sysctl, ("ptrace_scope 0", "ptrace_scope 3"))
    assert "kernel/yama/ptrace_scope" not in {one.key for one in change_of(facts).differing}


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("net.ipv4.tcp_syncookies=0", False),
        ("-net/ipv4/tcp_syncookies = 0", False),
        ("net.ipv4.conf.eth0.rp_filter = 0", False),
        ("net.ipv4.conf.*.rp_filter = 0", False),
        ("net.ipv4.tcp_syncookies = 1", True),
        ("# net.ipv4.tcp_syncookies = 0", True),
        ("vm.swappiness = 10", True),
    ],
)
def test_lines_that_would_win_are_left_out(line: str, stays: bool) -> None:
    file = TextFile("/etc/sysctl.d/zzz.conf", "file", 0o644, "root", "root", f"a.b = 1\n{line}\n")
    assert (without(file, host()) == file.content) is stays


def test_only_files_that_are_read_later_are_touched() -> None:
    text = "net.ipv4.tcp_syncookies = 0\n"
    names = ("/etc/sysctl.conf", "/etc/sysctl.d/10-mine.conf", "/etc/sysctl.d/zzz.conf")
    files = tuple(TextFile(name, "file", 0o644, "root", "root", text) for name in names)
    before = as_wanted()
    facts = SysctlFacts(False, before.settings, (*before.files, *files), ())
    found = settings_difference(host(), facts, sysctl.DROP_IN)
    assert [change.title for change in found.changes] == [
        "change /etc/sysctl.conf",
        "change /etc/sysctl.d/zzz.conf",
    ]


def test_an_answer_without_settings_is_refused() -> None:
    with pytest.raises(FactError):
        facts_of_sysctl.parse("container\tno\n")
