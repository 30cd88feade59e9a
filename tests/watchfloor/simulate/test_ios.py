"""The simulated switch answers as its maker's documents say, and goes back by its timer."""

import pytest

from tests.wait import until
from watchfloor.simulate.ios_config import LineError, printed
from watchfloor.simulate.ios_grammar import commands
from watchfloor.simulate.ios_switch import Shell, Switch

START = """\
hostname sw
archive
 path flash:wf
interface Vlan9
 ip address 10.1.9.4 255.255.255.0
interface GigabitEthernet0/1
end
"""


@pytest.fixture
def switch() -> Switch:
    return Switch.configured(START, management="Vlan9", address="10.1.9.4", minute_s=0.05)


def typed(shell: Shell, *lines: str) -> list[str]:
    """The last line of each answer."""
    return [(shell.answer(line).strip().splitlines() or [""])[-1] for line in lines]


def test_every_command_stands_below_a_document() -> None:
    assert all(each.document for those in commands().values() for each in those)
    opened = {each.opens for those in commands().values() for each in those if each.opens}
    assert opened | {"config"} == set(commands())


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("switchport access vlan 4095", "% Invalid input detected at '^' marker."),
        ("switchport access vlan", "% Incomplete command."),
        ("switchport acces vlan 20", "% Invalid input detected at '^' marker."),
        ("switchport nonegotiate", "Command rejected: Conflict between 'nonegotiate' and"),
        ("no such thing", "% Invalid input detected at '^' marker."),
        ("switchport access vlan 20", ""),
    ],
)
def test_a_line_is_taken_or_refused_in_its_mode(switch: Switch, line: str, answer: str) -> None:
    shell = Shell(switch)
    typed(shell, "configure terminal", "interface GigabitEthernet0/1")
    assert shell.prompt == "sw(config-if)#"
    assert typed(shell, line)[0].startswith(answer)
    assert ("switchport" in printed(switch.running)) is (not answer)


def test_a_value_takes_the_place_of_another(switch: Switch) -> None:
    shell = Shell(switch)
    lines = ("interface GigabitEthernet0/1", "description a", "description b", "end")
    assert typed(shell, "configure terminal", *lines) == [""] * 5
    assert " description b\n" in printed(switch.running)
    assert "description a" not in printed(switch.running)


def test_an_account_goes_after_a_yes(switch: Switch) -> None:
    shell = Shell(switch)
    account = "username x privilege 15 algorithm-type scrypt secret word"
    typed(shell, "configure terminal", account)
    assert "secret 9 $9$" in printed(switch.running)
    assert typed(shell, "no username x")[0].endswith("[confirm]")
    assert shell.prompt == ""
    typed(shell, "")
    assert "username" not in printed(switch.running)


def test_what_is_not_confirmed_goes_back(switch: Switch) -> None:
    before = printed(switch.running)
    shell = Shell(switch)
    typed(shell, "configure terminal revert timer 1", "interface Vlan9", "shutdown")
    assert not switch.is_reachable
    until(lambda: switch.is_reachable, 10, "the revert timer")
    assert printed(switch.running) == before


def test_what_is_confirmed_stays(switch: Switch) -> None:
    shell = Shell(switch)
    typed(shell, "configure terminal revert timer 1", "hostname other", "end")
    assert typed(shell, "configure confirm", "configure confirm") == [
        "",
        "%No Rollback Confirmed Change pending",
    ]
    assert typed(shell, "write memory") == ["[OK]"]
    assert "hostname other" in switch.startup


def test_the_timer_needs_an_archive() -> None:
    text = START.replace("archive\n path flash:wf\n", "")
    bare = Switch.configured(text, management="Vlan9", address="10.1.9.4", minute_s=1)
    said = typed(Shell(bare), "configure terminal revert timer 1")
    assert said == ["%Error: no archive path is configured"]


def test_a_configuration_that_it_does_not_know_is_no_switch() -> None:
    with pytest.raises(LineError, match="router ospf"):
        Switch.configured("router ospf 1\n", "Vlan9", "10.1.9.4", 1)
