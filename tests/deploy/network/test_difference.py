"""The difference: sent, it makes a device so; then it is empty; its rollback undoes it."""

import re
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.network.difference import AreaLines, differ, noted
from deploy.network.grammars import GRAMMARS
from deploy.network.intent import GearIntent
from deploy.network.render import render
from deploy.network.tree import ConfigurationError, parse
from inventory.gear import Platform
from tests.deploy.network.cases import CASES, GOLDEN, intent_of, name_of
from tests.deploy.network.pretend import Gear

FOREIGN = {
    Platform.IOS: (
        "router ospf 1",
        " network 10.0.0.0 0.255.255.255 area 0",
        "vlan 77",
        " name guests",
    ),
    Platform.NXOS: ("router ospf 1", "  router-id 10.0.0.1", "vlan 77", "  name guests"),
    Platform.EOS: ("router ospf 1", "   router-id 10.0.0.1", "vlan 77", "   name guests"),
    Platform.JUNOS: ("set protocols ospf area 0 interface irb.9", "set vlans guests vlan-id 77"),
    Platform.FORTIOS: ("config firewall policy", " edit 1", "  set action accept", " next", "end"),
    Platform.FRR: ("router ospf", " ospf router-id 10.0.0.1"),
}
FOREIGN[Platform.IOSXE] = FOREIGN[Platform.IOS]
OLD = {
    Platform.IOS: (
        "username admin privilege 15 secret 5 <masked:1:weak>",
        "snmp-server community <masked:2:plain> RO",
        "ip http server",
        "ntp server 10.9.9.9",
    ),
    Platform.NXOS: (
        "username admin password 5 <masked:1:weak> role network-admin",
        "snmp-server community <masked:2:plain>",
        "ntp server 10.9.9.9 use-vrf default",
    ),
    Platform.EOS: (
        "username admin privilege 15 role network-admin secret 5 <masked:1:weak>",
        "snmp-server community <masked:2:plain>",
        "ntp server 10.9.9.9",
    ),
    Platform.JUNOS: (
        "set snmp community public",
        "set system services telnet",
        "set system ntp server 10.9.9.9",
    ),
    Platform.FORTIOS: ("config system snmp community", " edit 1", "  set name x", " next", "end"),
    Platform.FRR: ("access-list WF-OLD seq 5 permit any", "log syslog errors"),
}
OLD[Platform.IOSXE] = OLD[Platform.IOS]


@cache
def wanted(case: Path) -> tuple[GearIntent, str]:
    intent = intent_of(case)
    return intent, re.sub(r"\{\{secret:[^}]*\}\}", "<masked:0:strong>", render(intent))


def typed(areas: tuple[AreaLines, ...]) -> list[str]:
    """All lines, in the areas' order, with what secrets become on a device."""
    lines = [line for area in areas for line in area.lines]
    return [re.sub(r"\{\{secret:[^}]*\}\}", "<masked:0:strong>", line) for line in lines]


def undone(areas: tuple[AreaLines, ...]) -> list[str]:
    return [line for area in reversed(areas) for line in area.rollback]


def sections(text: str) -> list[list[str]]:
    """The lines of a configuration by section, so that some can be left out."""
    found: list[list[str]] = []
    banner = False
    for line in text.splitlines():
        if banner or (found and line.startswith(" ")) or line == "end":
            found[-1].append(line)
            banner = banner and line not in {"^C", "EOF"}
        else:
            found.append([line])
            banner = line.startswith("banner ")
    return found


@st.composite
def devices(draw: st.DrawFn) -> tuple[Path, Gear]:
    """A device that has some of what is wanted, something older in places, and something else."""
    case = draw(st.sampled_from(CASES))
    intent, text = wanted(case)
    kept = [part for part in sections(text) if draw(st.booleans())]
    aged = [_aged(part) if draw(st.integers(0, 3)) == 0 else part for part in kept]
    more = [OLD[intent.platform]] if draw(st.booleans()) else []
    lines = [line for part in [*aged, *more, FOREIGN[intent.platform]] for line in part]
    return case, Gear(GRAMMARS[intent.platform], lines)


def _aged(part: list[str]) -> list[str]:
    """The section as somebody configured it last year."""
    changes: list[tuple[str, str]] = [
        (r"(description|name) \"?[\w-]+.*", r'\1 "old"'),
        (r"access vlan \d+", "access vlan 77"),
        (r"exec-timeout \d+ 0", "exec-timeout 60 0"),
        (r"vlan members \w+", "vlan members guests"),
        (r"priority \d+$", "priority 90"),
    ]
    for pattern, text in changes:
        part = [re.sub(pattern, text, line) for line in part]
    return part


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(devices())
def test_sent_it_makes_it_so_and_taken_back_it_was_never_there(found: tuple[Path, Gear]) -> None:
    case, gear = found
    intent, _ = wanted(case)
    before = gear.printed()
    first = differ(intent, before)
    gear.send(typed(first.areas))
    second = differ(intent, gear.printed())
    assert [area.lines for area in second.areas if area.lines] == []
    assert second.left_alone == first.left_alone
    gear.send(undone(first.areas))
    assert _meaning(intent, gear.printed()) == _meaning(intent, before)


def _meaning(intent: GearIntent, text: str) -> list[tuple[str, ...]]:
    """What a difference sees of a configuration, empty sections and the order of lines aside."""
    permanent = GRAMMARS[intent.platform].permanent
    return [
        tuple(sorted(x for x in area.before if not (permanent and permanent.match(x))))
        for area in differ(intent, text).areas
    ]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_what_is_not_ours_is_left_alone_and_said(case: Path) -> None:
    intent, text = wanted(case)
    intent = replace(intent, removes_vlans=False)
    running = text + "\n".join(FOREIGN[intent.platform]) + "\n"
    found = differ(intent, running)
    assert not any(area.lines for area in found.areas)
    assert found.left_alone
    (note,) = noted(found.left_alone)
    assert note.startswith("not ours, left alone: ")


def difference_of(case: str, running: str) -> dict[str, AreaLines]:
    intent = intent_of(GOLDEN / f"{case}.yaml")
    return {area.area: area for area in differ(intent, running).areas}


def test_a_new_account_comes_before_the_old_one_goes() -> None:
    running = "username admin privilege 15 secret 9 <masked:0:strong>\n"
    lines = difference_of("iosxe/access-switch", running)["management"].lines
    assert lines.index(next(x for x in lines if x.startswith("username wf-deploy"))) == 0
    assert lines[-1] == "no username admin"


def test_a_hashed_secret_is_as_wanted_and_a_weak_one_is_set_again() -> None:
    strong = "username wf-deploy privilege 15 secret 9 <masked:0:strong>\n"
    weak = "username wf-deploy privilege 15 secret 5 <masked:0:weak>\n"
    for running, again in ((strong, 0), (weak, 1)):
        lines = difference_of("iosxe/access-switch", running)["management"].lines
        assert sum(line.startswith("username") for line in lines) == again


def test_a_masked_secret_is_taken_away_and_brought_back_as_the_device_had_it() -> None:
    community = "snmp-server community <masked:4:plain> RO"
    area = difference_of("iosxe/access-switch", f"{community}\n")["management"]
    assert f"no {community}" in area.lines
    assert community in area.rollback


def test_vlans_are_removed_only_where_that_is_said_and_when_ports_have_left_them() -> None:
    running = "vlan 77\n name guests\ninterface GigabitEthernet1/0/4\n switchport access vlan 77\n"
    intent = intent_of(GOLDEN / "iosxe/access-switch.yaml")
    assert "vlan 77" in differ(intent, running).left_alone
    found = differ(_strict(intent), running)
    assert "vlan 77" not in found.left_alone
    strict = {a.area: a for a in found.areas}
    assert not any("77" in line for line in strict["vlans"].lines)
    ports = strict["ports"]
    assert ports.lines[-1] == "no vlan 77"
    assert ports.rollback[:2] == ("vlan 77", " name guests")


def _strict(intent: GearIntent) -> GearIntent:
    return replace(intent, removes_vlans=True)


def test_lines_of_a_port_that_are_not_ours_stay() -> None:
    running = "interface GigabitEthernet1/0/4\n description old\n power inline static\n speed 100\n"
    area = difference_of("iosxe/access-switch", running)["ports"]
    assert not any("power" in line or "speed" in line for line in area.lines)
    assert " description con-1" in area.lines


def test_a_line_vty_is_changed_as_the_device_splits_it() -> None:
    running = "line vty 0 4\n transport input telnet\nline vty 5 31\n"
    lines = difference_of("iosxe/access-switch", running)["management"].lines
    assert [x for x in lines if x.startswith("line vty")] == ["line vty 0 4", "line vty 5 31"]


def test_a_list_of_vlans_is_compared_and_not_its_spelling() -> None:
    here = "interface Port-channel8\n switchport trunk allowed vlan 9,10,20\n"
    more = f"{here} switchport trunk allowed vlan add 30\n"
    for running, said in ((here, True), (more, False)):
        lines = difference_of("iosxe/access-switch", running)["ports"].lines
        section = lines[: lines.index("interface GigabitEthernet1/0/1")]
        assert any("allowed vlan" in line for line in section) is said


CUT_OFF: list[tuple[Platform, str]] = [
    (Platform.IOSXE, "banner login ^C\nno end"),
    (Platform.FORTIOS, "config system global\n set hostname x\n"),
    (Platform.IOS, "x" * 9000),
    (Platform.IOS, "\n".join(" " * n + "a" for n in range(40))),
]


@pytest.mark.parametrize(("platform", "text"), CUT_OFF)
def test_an_answer_that_cannot_be_right_is_refused(platform: Platform, text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse(platform, text)


@given(st.text(max_size=400), st.sampled_from(list(Platform)))
def test_whatever_a_device_prints_is_read_or_refused(text: str, platform: Platform) -> None:
    case = next(case for case in CASES if case.parent.name == str(platform))
    with suppress(ConfigurationError):
        found = differ(wanted(case)[0], text)
        assert len(found.areas) == 4


def test_a_banner_is_one_line_whatever_ends_it() -> None:
    for platform, text in (
        (Platform.IOS, "banner login ^C\nEOF is no end\n!\n^C\nhostname a\n"),
        (Platform.IOS, "banner login #EOF is no end\n!\n#\nhostname a\n"),
        (Platform.EOS, "banner login\nno EOF is no end\n!\nEOF\nhostname a\n"),
    ):
        banner, name = parse(platform, text)
        assert "is no end\n!\n" in banner.text
        assert name.text == "hostname a"


def test_the_login_rules_change_when_somebody_can_log_in_by_them() -> None:
    lines = difference_of("iosxe/core-switch", "")["management"].lines
    order = [
        next(number for number, line in enumerate(lines) if line.startswith(start))
        for start in ("username ", "aaa new-model", "tacacs server ", "aaa group ", "aaa authen")
    ]
    assert order == sorted(order)


def test_every_section_is_left_before_the_next_line() -> None:
    """`logging` and `login` mean something else inside `archive` and `line`."""
    lines = difference_of("iosxe/core-switch", "")["management"].lines
    archive = lines.index("archive")
    assert lines[archive : archive + 7] == (
        "archive",
        " log config",
        "  logging enable",
        "  notify syslog contenttype plaintext",
        "  hidekeys",
        " exit",
        "exit",
    )


def test_another_next_hop_to_a_destination_of_ours_is_taken_away() -> None:
    case = GOLDEN / "frr/router.yaml"
    running = case.with_suffix(".cfg").read_text() + "ip route 10.9.0.0/16 10.1.9.77\n"
    lines = [line for area in differ(intent_of(case), running).areas for line in area.lines]
    assert lines == ["no ip route 10.9.0.0/16 10.1.9.77"]
