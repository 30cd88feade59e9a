"""What is found and not in the inventory is proposed as YAML that the inventory takes."""

import pytest

from inventory.loader import load
from inventory.model import Center, Kind
from monitors.discovery.found import Found, Neighbour, Outlet, SnmpView, Sweep
from monitors.discovery.proposal import Proposal, as_yaml, propose
from monitors.probe import Identity
from monitors.profiles.library import shipped
from tests.monitors.sites import CENTER

BASE = """\
  pdu-a: {kind: pdu, feeds: [utility], outlets: 8, address: 10.0.0.2, rack: r1, at: u1}
  sw-a: {kind: switch, feeds: [pdu-a/1], address: 10.0.0.3, rack: r1, at: u2}
  srv-1: {kind: server, feeds: [pdu-a/2], uplinks: [sw-a/Gi1/0/1], rack: r1, at: u3,
          address: 10.0.0.4, bmc: 10.0.0.5}
"""
HOSTILE = 'x"\n  evil: {kind: server}\n#\u2028\ud800'


@pytest.fixture
def center(tmp_path_factory: pytest.TempPathFactory) -> Center:
    return center_of(tmp_path_factory, "")


def center_of(factory: pytest.TempPathFactory, more: str) -> Center:
    folder = factory.mktemp("center")
    (folder / "center.yaml").write_text(CENTER + BASE + more)
    return load(folder)


def snmp(
    name: str, *, outlets: tuple[Outlet, ...] = (), neighbours: tuple[Neighbour, ...] = ()
) -> SnmpView:
    return SnmpView("gear", Identity(name=name), outlets=outlets, neighbours=neighbours)


def proposed(center: Center, *found: Found) -> Proposal:
    return propose(center, Sweep(("10.0.0.0/24",), 254, found), shipped())


def test_what_the_inventory_knows_is_not_proposed(center: Center) -> None:
    result = proposed(
        center, Found("10.0.0.4", snmp("srv-1")), Found("10.0.0.5", ipmi=True), Found("10.0.0.2")
    )
    assert result.missing == ()
    assert result.known == {"10.0.0.4": "srv-1", "10.0.0.5": "srv-1", "10.0.0.2": "pdu-a"}
    assert as_yaml(result) == ""


def test_cords_and_cables_come_from_outlet_names_and_lldp(
    center: Center, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pdu = snmp("pdu-a", outlets=(Outlet("1-5", "Outlet 1-5 SRV-9"), Outlet("1-6", "spare")))
    switch = snmp("sw-a", neighbours=(Neighbour("Gi1/0/9", "srv-9.example.org", "eth0"),))
    result = proposed(
        center,
        Found("10.0.0.2", pdu),
        Found("10.0.0.3", switch),
        Found("10.0.0.9", snmp("srv-9.example.org")),
    )
    (new,) = result.missing
    assert (new.name, new.kind) == ("srv-9", Kind.SERVER)
    assert (new.feeds, new.uplinks) == (("pdu-a/5",), ("sw-a/Gi1/0/9",))
    text = as_yaml(result).removeprefix("devices:\n")
    grown = center_of(tmp_path_factory, text)
    assert str(grown.devices["srv-9"].feeds[0]) == "pdu-a/5"
    assert grown.devices["srv-9"].monitoring.snmp == "gear"


def test_a_cord_that_the_inventory_tells_differently_is_remarked(center: Center) -> None:
    pdu = snmp("pdu-a", outlets=(Outlet("7", "srv-1"), Outlet("2", "srv-1")))
    switch = snmp("sw-a", neighbours=(Neighbour("Gi1/0/1", "srv-1"), Neighbour("Gi1/0/8", "srv-1")))
    result = proposed(center, Found("10.0.0.2", pdu), Found("10.0.0.3", switch))
    assert result.remarks == (
        "pdu-a/7 is named after srv-1, which the inventory does not feed from there",
        "sw-a/Gi1/0/8 sees srv-1, which the inventory does not connect there",
    )


def test_hostile_names_stay_text(center: Center, tmp_path_factory: pytest.TempPathFactory) -> None:
    identity = Identity(name=HOSTILE, description=HOSTILE, model=HOSTILE, serial=HOSTILE)
    strange = Found("10.0.0.9", SnmpView("gear", identity))
    text = as_yaml(proposed(center, strange, Found("10.0.0.10", redfish=HOSTILE)))
    grown = center_of(tmp_path_factory, text.removeprefix("devices:\n"))
    assert len(grown.devices) == len(center.devices) + 2
    assert "evil" not in grown.devices


def test_texts_beyond_the_basic_plane_stay_what_they_are(
    center: Center, tmp_path_factory: pytest.TempPathFactory
) -> None:
    identity = Identity(name="cam-9", model="Café 📷\x85 \ud800X")
    text = as_yaml(proposed(center, Found("10.0.0.9", SnmpView("gear", identity))))
    grown = center_of(tmp_path_factory, text.removeprefix("devices:\n"))
    assert grown.devices["cam-9"].model == "Café 📷 X"


def test_two_of_one_name_and_the_nameless_get_names_of_their_own(center: Center) -> None:
    result = proposed(
        center,
        Found("10.0.0.20", snmp("sw-a")),
        Found("10.0.0.21", snmp("sw-a")),
        Found("10.0.0.22", alive=True),
    )
    assert [each.name for each in result.missing] == ["sw-a-2", "sw-a-3", "found-10-0-0-22"]


@pytest.mark.parametrize(
    ("view", "kind"),
    [
        (SnmpView("gear", Identity(), ("apc-ats",)), Kind.ATS),
        (SnmpView("gear", Identity(), ("apc-rpdu2",)), Kind.PDU),
        (SnmpView("gear", Identity(), ("fortinet-fortigate",)), Kind.FIREWALL),
        (SnmpView("gear", Identity(), ("rfc1628-ups",), ("battery", "output")), Kind.UPS),
        (SnmpView("gear", Identity(description="Some GPS time server")), Kind.CLOCK),
    ],
)
def test_the_kind_is_guessed_from_the_family(center: Center, view: SnmpView, kind: Kind) -> None:
    (new,) = proposed(center, Found("10.0.0.30", view)).missing
    assert new.kind is kind


def test_a_lone_bmc_is_a_servers_and_shows_its_certificate(center: Center) -> None:
    result = proposed(center, Found("10.0.0.31", ipmi=True, redfish="iDRAC", redfish_sha256="ab"))
    text = as_yaml(result)
    assert 'bmc: "10.0.0.31"' in text
    assert "address:" not in text
    assert "own page: ab" in text
