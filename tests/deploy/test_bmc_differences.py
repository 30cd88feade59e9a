"""What is wanted of a BMC, and the differences that would never cut us off. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.bmc.alerts import alert_difference
from deploy.bmc.differences import cipher_difference, differences, lan_difference
from deploy.bmc.facts import AlertFacts, CipherFacts, Destination, LanFacts, Policy, Slot, UserFacts
from deploy.bmc.users import is_shut, user_difference
from deploy.bmc.wanted import BmcDesired, desired
from deploy.bmc_change import BmcSettingChange, BmcUserChange, BmcUserState
from deploy.secret_box import SecretBox, SecretUseError
from deploy.ways import ipmi
from inventory.assets import example_center
from inventory.baseline import Baseline
from inventory.facts.collect import HostFacts, Section
from inventory.loader import load
from inventory.model import Purpose
from inventory.secrets import Secrets
from tests.deploy.hosts import VANTAGE

CENTER = load(example_center())
SERVER = next(device for device in CENTER.devices.values() if device.bmc is not None)
WANTED = BmcDesired(
    admin="wf-admin",
    reader="wf-monitor",
    reader_secret="bmc-read.secret",
    left=frozenset({"redfish"}),
    suites=frozenset({17}),
    address="10.9.2.1",
    vlan=9,
    alerts=("10.9.0.5", "10.9.0.6"),
)
ADMIN = BmcUserState(name="wf-admin", privilege=4, messaging=True, enabled=True)
READER = BmcUserState(name="wf-monitor", privilege=2, messaging=True, enabled=True)
VENDOR = BmcUserState(name="ADMIN", privilege=4, messaging=True, enabled=True)
NOBODY = BmcUserState(name="", privilege=15, messaging=False, enabled=False)
RIGHT = {"wf-monitor": "right"}


def users(*states: BmcUserState, passwords: dict[str, str] = RIGHT) -> UserFacts:
    slots = [Slot(number=number, state=state) for number, state in enumerate(states, 1)]
    return UserFacts.model_validate({"slots": slots, "passwords": passwords})


def test_the_inventory_says_who_is_wanted() -> None:
    found = desired(CENTER, SERVER)
    assert (found.admin, found.reader, found.reader_secret) == (
        "wf-admin",
        "wf-monitor",
        "bmc-read.secret",
    )
    assert found.suites == {17}
    assert found.alerts, "the example has monitors"
    own = SERVER.model_copy(update={"baseline": Baseline(bmc_suite_3=True)})
    assert desired(CENTER, own).suites == {3, 17}
    assert ipmi.applies(CENTER, SERVER)
    assert not ipmi.applies(CENTER.model_copy(update={"credentials": {}}), SERVER)


def test_who_is_not_named_is_shut_and_who_reads_is_made_to_read_only() -> None:
    strong = READER.model_copy(update={"privilege": 4})
    found = user_difference(WANTED, users(NOBODY, ADMIN, VENDOR, strong))
    assert [change.title for change in found.changes] == [
        "have user wf-monitor in slot 4, who only reads",
        "shut user ADMIN in slot 3, whom the inventory does not name",
    ]
    assert all(change.secrets == () for change in found.changes)
    assert user_difference(WANTED, users(NOBODY, ADMIN, READER)).is_clean


def test_a_reader_who_is_not_there_gets_a_free_slot_and_a_password() -> None:
    found = user_difference(WANTED, users(NOBODY, ADMIN, NOBODY, passwords={}))
    (change,) = found.changes
    assert isinstance(change, BmcUserChange)
    assert (change.slot, change.secrets) == (3, ("bmc-read.secret",))
    full = user_difference(WANTED, users(NOBODY, ADMIN, passwords={}))
    assert full.unmet == ("it has no free slot for wf-monitor",)


def test_a_wrong_password_is_set_and_one_that_cannot_be_told_is_said() -> None:
    wrong = user_difference(WANTED, users(NOBODY, ADMIN, READER, passwords={"wf-monitor": "wrong"}))
    assert [change.title for change in wrong.changes] == [
        "set the password of user wf-monitor in slot 3, who only reads"
    ]
    assert wrong.changes[0].secrets == ("bmc-read.secret",)
    told = users(NOBODY, ADMIN, READER, passwords={"wf-monitor": "untold"})
    untold = user_difference(WANTED, told)
    assert untold.is_clean
    assert untold.notes[0].startswith("not proven:")


def test_users_without_a_name_and_of_other_protocols() -> None:
    nameless = NOBODY.model_copy(update={"messaging": True, "privilege": 4, "enabled": True})
    redfish = VENDOR.model_copy(update={"name": "redfish"})
    found = user_difference(WANTED, users(nameless, ADMIN, READER, redfish))
    assert [change.title for change in found.changes] == [
        "shut the user without a name in slot 1, whom the inventory does not name"
    ]


def test_a_list_without_us_changes_nothing() -> None:
    found = user_difference(WANTED, users(NOBODY, VENDOR, READER))
    assert found.changes == ()
    assert found.refusal == "it does not list wf-admin, whom we are logged in as"


@given(
    st.lists(
        st.builds(
            BmcUserState,
            name=st.sampled_from(["", "wf-admin", "wf-monitor", "ADMIN", "root"]),
            privilege=st.integers(0, 15),
            messaging=st.booleans(),
            enabled=st.sampled_from([True, False, None]),
        ),
        max_size=9,
    )
)
def test_we_are_never_among_those_who_are_changed(states: list[BmcUserState]) -> None:
    found = user_difference(WANTED, users(NOBODY, ADMIN, *states))
    after = dict(enumerate([NOBODY, ADMIN, *states], 1))
    for change in found.changes:
        assert isinstance(change, BmcUserChange)
        assert change.before.name != "wf-admin"
        after[change.slot] = change.wanted
    open_to = [state.name for state in after.values() if not is_shut(state)]
    assert set(open_to) <= {"wf-admin", "wf-monitor"}
    assert open_to.count("wf-monitor") <= 1
    again = user_difference(WANTED, users(*after.values()))
    assert again.changes == ()


def suites(session: int, *offered: int, limit: int = 4) -> CipherFacts:
    limits = tuple(limit if at < len(offered) else 0 for at in range(16))
    return CipherFacts(suites=offered, limits=limits, session=session)


def test_every_other_suite_goes_off() -> None:
    found = cipher_difference(WANTED, suites(17, 0, 3, 17))
    (change,) = found.changes
    assert isinstance(change, BmcSettingChange)
    assert change.value == (0, 0, 4, 0, 0, 0, 0, 0, 0)
    assert change.title == "allow sessions with cipher suite 17 alone"
    assert found.unmet == ()


def test_the_suite_of_our_own_session_stays_on() -> None:
    found = cipher_difference(WANTED, suites(3, 0, 3))
    (change,) = found.changes
    assert isinstance(change, BmcSettingChange)
    assert change.value == (0, 0x40, 0, 0, 0, 0, 0, 0, 0)
    assert len(found.unmet) == 2
    assert "stays on" in found.unmet[1]


@given(st.lists(st.integers(0, 17), max_size=16, unique=True), st.data())
def test_no_change_takes_our_session_or_all_logins_away(
    offered: list[int], data: st.DataObject
) -> None:
    if not offered:
        return
    session = data.draw(st.sampled_from(offered))
    facts = suites(session, *offered)
    for change in cipher_difference(WANTED, facts).changes:
        assert isinstance(change, BmcSettingChange)
        halves = [half for octet in change.value[1:] for half in (octet & 15, octet >> 4)]
        assert halves[offered.index(session)] == 4


def test_older_logins_go_off_and_addresses_are_only_compared() -> None:
    facts = LanFacts(types=(0x15, 0x15, 0, 0, 0), address="10.9.2.7", source=2, vlan=12)
    found = lan_difference(WANTED, facts)
    (change,) = found.changes
    assert isinstance(change, BmcSettingChange)
    assert (change.parameter, change.value) == (2, (0,) * 5)
    assert "callback: none, MD5, password; user: none, MD5, password" in change.title
    assert len(found.notes) == 3
    fine = LanFacts(types=(0,) * 5, address="10.9.2.1", source=1, vlan=9)
    assert lan_difference(WANTED, fine).notes == ()


def place(number: int, address: str = "0.0.0.0") -> Destination:
    octets = tuple(int(part) for part in address.split("."))
    body = (number, 0, 0, *octets, 0, 0, 0, 0, 0, 0)
    return Destination(number=number, kind=(number, 0, 3, 3), place=body)


def policies(*chosen: int) -> tuple[Policy, ...]:
    on = [Policy(octets=(n, 0x18, 0x10 | to, 0)) for n, to in enumerate(chosen, 1)]
    return (*on, Policy(octets=(len(on) + 1, 0, 0, 0)), Policy(octets=(len(on) + 2, 0, 0, 0)))


def test_alerts_go_to_the_monitors_and_nowhere_else() -> None:
    stranger = place(2, "192.0.2.9")
    facts = AlertFacts(
        destinations=(place(1, "10.9.0.6"), stranger, place(3), place(4, "192.0.2.8")),
        policies=policies(1),
        filtering=True,
    )
    found = alert_difference(WANTED, facts)
    assert [change.title for change in found.changes] == [
        "send alerts to 10.9.0.5 by destination 3",
        "empty alert destination 2 (it is 192.0.2.9)",
        "empty alert destination 4 (it is 192.0.2.8)",
        "have alerts sent to destination 3",
    ]
    few = alert_difference(WANTED, AlertFacts(destinations=(place(1),), policies=policies()))
    assert few.unmet == ("no place is left for 10.9.0.6",)
    assert few.notes == ("its event filtering is off, so that it sends no alerts",)


def test_what_is_refused_or_senseless_is_a_finding() -> None:
    refused = CipherFacts(refused="its cipher suites: it does not know the command (0xc1)")
    facts = HostFacts(
        {
            "bmc_ciphers": Section(refused.model_dump_json(), 0),
            "bmc_lan": Section('{"types": ["x"]}', 0),
        }
    )
    found = differences(CENTER, SERVER, facts, VANTAGE, ())
    assert found["bmc_ciphers"].unmet == (refused.refused,)
    assert found["bmc_lan"].unmet == ("bmc_lan: the BMC's answers make no sense",)


def test_a_change_is_taken_back_but_for_a_password() -> None:
    change = user_difference(WANTED, users(NOBODY, ADMIN, NOBODY, passwords={})).changes[0]
    assert isinstance(change, BmcUserChange)
    back = change.taken_back()
    assert back is not None
    assert (back.wanted, back.before, back.password) == (NOBODY, change.wanted, "")
    assert change.lost == ("the old password of wf-monitor is not known",)
    setting = cipher_difference(WANTED, suites(17, 0, 17)).changes[0]
    assert isinstance(setting, BmcSettingChange)
    taken = setting.taken_back()
    assert taken is not None
    assert taken.value == setting.before


def test_a_monitoring_secret_goes_to_the_bmc_that_it_reads_and_to_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RIVERSIDE_BMC_PASSWORD", "read-me")
    secrets = Secrets((Purpose.MONITOR,), example_center())
    box = SecretBox(CENTER, secrets, SERVER)
    assert box.value("bmc-read.secret").get_secret_value() == "read-me"
    without = SERVER.model_copy(update={"bmc": None, "roles": ("app",)})
    with pytest.raises(SecretUseError):
        SecretBox(CENTER, secrets, without).value("bmc-read.secret")
