"""What a visit read becomes one text: no secrets, no counters, and what the configuration hides."""

from deploy.network.difference import differ
from deploy.network.gathered import gathered
from deploy.network.reads import REFUSED, reads, told, untold
from inventory.gear import Platform
from tests.deploy.network.cases import GOLDEN, intent_of

SHOW_SNMP_USER = """
User name: wf-monitor
Engine ID: 80000009030000112233
storage-type: nonvolatile\t active
Authentication Protocol: SHA-256
Privacy Protocol: AES128
Group-name: WF-MONITORS

User name: old
Engine ID: 80000009030000112233
storage-type: nonvolatile\t active
Authentication Protocol: MD5
Privacy Protocol: None
Group-name: OLD
"""
SHOW_VLAN = """
VLAN Name                             Status    Ports
---- -------------------------------- --------- -------------------------------
1    default                          active    Gi1/0/7
9    mgmt                             active
77   guests                           active    Gi1/0/4
1002 fddi-default                     act/unsup
"""
RUNNING = """Building configuration...

Current configuration : 5123 bytes
!
! Last configuration change at 10:00:01 UTC Mon Nov 2 2026 by admin
version 17.9
username bob privilege 15 secret 9 $9$abc
ntp clock-period 17180
vlan 9
 name mgmt
end
"""


def test_counters_and_secrets_are_not_in_it() -> None:
    found = gathered(Platform.IOSXE, {"running": RUNNING})
    assert [line for line in found.text.splitlines() if line] == [
        "!",
        "version 17.9",
        "username bob privilege 15 secret 9 <masked:0:strong>",
        "vlan 9",
        " name mgmt",
        "end",
    ]
    assert found.values == ("$9$abc",)


def test_an_snmp_user_is_known_although_the_configuration_hides_it() -> None:
    text = gathered(Platform.IOSXE, {"running": RUNNING, "snmp_users": SHOW_SNMP_USER}).text
    intent = intent_of(GOLDEN / "iosxe/access-switch.yaml")
    lines = next(a.lines for a in differ(intent, text).areas if a.area == "management")
    assert not any("snmp-server user wf-monitor" in line for line in lines)
    assert "no snmp-server user old OLD v3" in lines


def test_a_vlan_that_vtp_distributes_is_known() -> None:
    text = gathered(Platform.IOSXE, {"running": RUNNING, "vlans": SHOW_VLAN}).text
    assert text.count("vlan 9\n") == 1
    assert "vlan 77\n name guests\n" in text
    assert "vlan 1\n" not in text
    assert "1002" not in text


def test_an_answer_of_nothing_is_a_device_without_configuration() -> None:
    assert gathered(Platform.FRR, {}).text.strip() == ""


def test_what_is_read_goes_through_a_job_as_text() -> None:
    for platform in Platform:
        assert untold(told(platform)) == reads(platform)
        assert reads(platform)[0].section == "running"


def test_refusals_are_told_from_answers() -> None:
    for line in (
        "% Invalid input detected at '^' marker.",
        "% Incomplete command.",
        '% Ambiguous command:  "s"',
        "% Unknown command: frobnicate",
        "Command fail. Return code -61",
        "syntax error, expecting <command>.",
        "error: configuration check-out failed",
    ):
        assert REFUSED.search(line), line
    for line in ("interface Vlan9", " description 100% error free", "hostname error", "!"):
        assert not REFUSED.search(line), line
