"""The recordings that come with the project: complete, explained, and each instance its own."""

import re

import pytest

from watchfloor.simulate.errors import GearError
from watchfloor.simulate.families import (
    FAMILIES,
    IF_ALIAS,
    RECORDINGS,
    SYS_LOCATION,
    SYS_NAME,
    Instance,
    family_recording,
    port_index,
)
from watchfloor.simulate.recording import Recording

STEMS = sorted(path.stem for path in RECORDINGS.glob("*.snmprec"))


def test_every_recording_is_a_family_and_every_family_recorded() -> None:
    assert sorted(FAMILIES) == STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_a_recording_is_in_order_without_doubles_and_explained(stem: str) -> None:
    path = RECORDINGS / f"{stem}.snmprec"
    lines = path.read_text().splitlines()
    rows = [line for line in lines if not line.startswith("#")]
    recording = Recording.load(path)
    assert len(rows) == len(recording), "a row twice"
    assert [row.split("|")[0] for row in rows] == [".".join(map(str, r.name)) for r in recording]
    assert recording.skipped == ()
    explained = ""
    for line in lines:
        if line.startswith("#"):
            explained = line
        else:
            assert re.match(r"# [A-Z0-9a-z-]+::\w+", explained), f"{line} follows no object's name"


@pytest.mark.parametrize("stem", STEMS)
def test_an_instance_says_its_own_name_and_serial_number(stem: str) -> None:
    instance = Instance("own-name", location="Rack r9", serial="OWN-SERIAL", peer="own-peer")
    recording = family_recording(stem, instance)
    family = FAMILIES[stem]
    assert recording.value(SYS_NAME) == b"own-name"
    assert recording.value(SYS_LOCATION) == b"Rack r9"
    for oid in family.names:
        assert recording.value(oid) == b"own-name"
    for oid in family.serials:
        assert recording.value(oid) == b"OWN-SERIAL"
    for oid in family.peer_names:
        assert recording.value(oid) == b"own-peer"
    assert family_recording(stem, Instance("other")).value(SYS_NAME) == b"other"


def test_outlets_and_ports_are_named_after_what_hangs_there() -> None:
    pdu = family_recording("pdu-apc-rpdu2", Instance("pdu", outlets={3: "srv-1"}))
    for column in FAMILIES["pdu-apc-rpdu2"].outlets:
        assert pdu.value(f"{column}.3") == b"srv-1"
        assert pdu.value(f"{column}.4") == b"Outlet 4"
    switch = family_recording("switch-core", Instance("sw", ports={"Gi1/0/12": "srv-1"}))
    assert switch.value(f"{IF_ALIAS}.{port_index(switch, 'Gi1/0/12')}") == b"srv-1"


def test_what_does_not_exist_is_named_with_what_is_near() -> None:
    with pytest.raises(GearError, match='did you mean "switch-core"'):
        family_recording("switch-cor", Instance("sw"))
    with pytest.raises(GearError, match='no port Gi1/0/99: did you mean "Gi1/0/9"'):
        family_recording("switch-core", Instance("sw", ports={"Gi1/0/99": "srv-1"}))
