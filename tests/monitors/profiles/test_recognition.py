"""Which profiles a device gets, which of them goes first, and what it is asked for them."""

from pathlib import Path

import pytest
import yaml

from monitors.profiles.layout import Layout
from monitors.profiles.library import Library, plan_of, pruned
from monitors.snmp.oid import encode_oid, oid_text
from tests.monitors.profiles.small_profiles import BASE, ENTRY, HEAD, compiled, scalar, values


def test_of_two_profiles_that_read_one_object_the_first_wins() -> None:
    mine, other = scalar(name="Mine"), scalar(name="Other")
    found = values({f"{BASE}.0": 1})
    assert [r.name for r in Layout([mine, other], found).readings(found)] == ["Mine"]


def test_the_plan_asks_for_each_object_once_and_forgets_what_is_absent() -> None:
    profile = compiled(
        scalars=[{"oid": f"{BASE}.0", "name": "It", "class": "voltage"}],
        tables=[
            {
                "entry": ENTRY,
                "labels": {"name": 2},
                "sensors": [
                    {"column": 3, "class": "current", "name": "{name}"},
                    {"column": 4, "class": "power", "name": "{name}"},
                ],
            }
        ],
    )
    plan = plan_of([profile, profile])
    assert list(map(oid_text, plan.gets)) == [f"{BASE}.0"]
    assert [list(map(oid_text, group)) for group in plan.walks] == [
        [f"{ENTRY}.2", f"{ENTRY}.3", f"{ENTRY}.4"]
    ]
    less = pruned(plan, values({f"{ENTRY}.3.1": 1}))
    assert less.gets == ()
    assert [list(map(oid_text, group)) for group in less.walks] == [[f"{ENTRY}.3"]]


def test_families_are_known_by_object_id_or_by_probing(tmp_path: Path) -> None:
    def write(name: str, recognise: dict[str, object], **more: object) -> None:
        content = {**HEAD, "profile": name, "recognise": recognise, **more}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))

    write("by-id", {"object_id": ["1.3.6.1.4.1.99999.1"]}, replaces=["standard"])
    write("by-probe", {"probe": ["1.3.6.1.4.1.77.1"]})
    write("standard", {"always": True})
    library = Library.load(tmp_path)

    def names(object_id: str, *present: str) -> list[str]:
        found = library.recognise(encode_oid(object_id), list(map(encode_oid, present)))
        return [profile.name for profile in found]

    assert list(map(oid_text, library.probes)) == ["1.3.6.1.4.1.77.1"]
    assert names("1.3.6.1.4.1.8072.3.2.10") == ["standard"]
    assert names("1.3.6.1.4.1.99999.1.5") == ["by-id"]
    assert names("1.3.6.1.4.1.99999.10") == ["standard"]
    assert names("1.3.6.1.4.1.8072", "1.3.6.1.4.1.77.1.0") == ["by-probe", "standard"]


def test_oids_below_the_devices_own_are_placed_when_it_is_known() -> None:
    below = compiled(
        identity={"model": "@.9.0"},
        scalars=[{"oid": "@.1.0", "name": "Feed", "class": "state", "states": "supply"}],
        tables=[{"entry": "@.2.1", "sensors": [{"column": 5, "class": "voltage", "name": "V"}]}],
    )
    library = Library([below.profile])
    assert below.gets == ()
    [placed] = library.recognise(encode_oid("1.3.6.1.4.1.99999.7"), ())
    assert placed.profile.identity.model == ["1.3.6.1.4.1.99999.7.9.0"]
    rows = {"1.3.6.1.4.1.99999.7.1.0": 3, "1.3.6.1.4.1.99999.7.2.1.5.1": 230}
    found = Layout([placed], values(rows)).readings(values(rows))
    assert [reading.text or reading.value for reading in found] == ["failed", 230]


@pytest.mark.parametrize("object_id", [b"\x2b\x06\x01\x04\x01\x86\x8d\x1f\x87", b""])
def test_a_device_without_a_sound_object_id_has_nothing_below_it(object_id: bytes) -> None:
    below = compiled(scalars=[{"oid": "@.1.0", "name": "V", "class": "voltage"}])
    assert Library([below.profile]).recognise(object_id, ()) == ()
    assert Library([below.profile]).recognise(below.object_ids[0] + bytes(100), ()) == ()
