import shutil
import subprocess
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from deploy.area import Difference
from deploy.desired import areas_of
from deploy.hardening import firewall
from deploy.servers import virtual_address as area
from inventory.facts.area import FactError
from inventory.facts.keepalived import CHECK, CONFIGURATION, Interface, KeepalivedFacts, parse
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from inventory.virtual import VirtualAddress
from tests.deploy.hosts import center

FRONT = VirtualAddress(name="front", address="10.9.1.9", of=("web-1", "web-2"), router=9, port=80)
CENTER = center(virtual_addresses={"front": FRONT})
WANTED = area.desired(CENTER, CENTER.devices["web-1"])
SETTLED = KeepalivedFacts(
    installed=True,
    files=tuple(
        TextFile(path, "file", mode, "root", "root", text)
        for path, (text, mode) in WANTED.texts("eth0").items()
    ),
    unit=Unit("keepalived.service", "loaded", "active", "enabled"),
    is_stale=False,
    interfaces=(Interface("lo", ip_address("127.0.0.1")), Interface("eth0", WANTED.address)),
)


def titles(facts: KeepalivedFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_only_members_have_the_area() -> None:
    assert [
        n for n in CENTER.devices if "virtual_address" in areas_of(CENTER, CENTER.devices[n])
    ] == [
        "web-1",
        "web-2",
    ]


def test_a_settled_member_is_clean_and_says_what_it_holds() -> None:
    assert area.diff(WANTED, SETTLED) == Difference()
    holds = replace(
        SETTLED, interfaces=(*SETTLED.interfaces, Interface("eth0", ip_address("10.9.1.9")))
    )
    found = area.diff(WANTED, holds)
    assert found.is_clean
    assert found.notes == ("holds front (10.9.1.9); hands it over before it is changed",)


def test_a_bare_host_gets_all_and_the_check_before_what_names_it() -> None:
    bare = replace(
        SETTLED, installed=False, files=(), unit=Unit("keepalived.service", "not-found", "", "")
    )
    found = titles(bare)
    assert found[0] == "install keepalived"
    assert found.index(f"create {CHECK}") < found.index(f"create {CONFIGURATION}")
    assert found[-1] == "restart keepalived.service (its configuration)"


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        (
            replace(SETTLED, unit=replace(SETTLED.unit, active="failed")),
            "start keepalived.service (it does not run)",
        ),
        (
            replace(SETTLED, is_stale=True),
            "restart keepalived.service (it runs with an older configuration than its file)",
        ),
        (
            replace(SETTLED, unit=replace(SETTLED.unit, enabled="disabled")),
            "enable keepalived.service",
        ),
    ],
)
def test_a_daemon_that_is_not_as_its_file_is_drift(facts: KeepalivedFacts, title: str) -> None:
    assert titles(facts) == [title]


def test_a_host_without_its_own_address_is_unmet() -> None:
    (unmet,) = area.diff(WANTED, replace(SETTLED, interfaces=SETTLED.interfaces[:1])).unmet
    assert "no interface has 10.9.1.1" in unmet


def test_the_first_member_is_preferred_and_speaks_to_the_others_alone() -> None:
    text, _ = WANTED.texts("eth0")[CONFIGURATION]
    assert "priority 200" in text
    assert "\tunicast_peer {\n\t\t10.9.1.2\n\t}" in text
    other, _ = area.desired(CENTER, CENTER.devices["web-2"]).texts("eth0")[CONFIGURATION]
    assert "priority 190" in other


def test_the_firewall_lets_in_vrrp_of_the_other_members_alone() -> None:
    text = firewall.desired(CENTER, CENTER.devices["web-1"]).text
    lines = [line.strip() for line in text.splitlines() if "vrrp" in line]
    assert lines == ['ip saddr 10.9.1.2/32 meta l4proto 112 accept comment "vrrp"']
    assert "vrrp" not in firewall.desired(center(), center().devices["web-1"]).text


def test_facts_are_read_from_what_the_script_prints() -> None:
    text = (
        "package\tinstalled keepalived\n"
        "unit\tkeepalived.service LoadState=loaded ActiveState=active UnitFileState=enabled \n"
        "read_at\t100\nchanged_at\t120\naddress\teth0 10.9.1.1/24\naddress\teth0 fd00:9::1/64\n"
    )
    facts = parse(text)
    assert (facts.installed, facts.is_stale, facts.unit.is_running) == (True, True, True)
    assert facts.interface_of(ip_address("fd00:9::1")) == "eth0"
    with pytest.raises(FactError, match="an address is"):
        parse(text.replace("10.9.1.1/24", "10.9.1.1.1"))


def test_the_scripts_are_right_for_their_shells(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    for path, (text, mode) in WANTED.texts("eth0").items():
        if mode == 0o755:
            file = tmp_path / Path(path).name
            file.write_text(text)
            subprocess.run([bash, "-n", str(file)], check=True)
