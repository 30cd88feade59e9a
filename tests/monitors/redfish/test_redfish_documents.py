"""Hostile JSON: nothing that a BMC can send makes the readers stumble or run on."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.reading import State
from monitors.redfish.classic import read_power, read_thermal
from monitors.redfish.document import Document, MalformedDocumentError
from monitors.redfish.harvest import MOST_READINGS, Harvest
from monitors.redfish.inside import read_inside
from monitors.redfish.logs import decode_entry
from monitors.redfish.machine import identity_of, read_chassis, read_health, read_system
from monitors.redfish.parts import MOST_PARTS, Parts
from monitors.redfish.status import Thresholds, condition_of
from monitors.redfish.subsystems import read_fans, read_sensors, read_supplies, read_temperatures
from monitors.redfish.tree import Expand
from tests.monitors.redfish.bmcs import SHAPES
from watchfloor.simulate.redfish_tree import RedfishTree


def read_as_everything(resource: Document) -> Harvest:
    """The resource, handed to every reader, whatever it is."""
    harvest = Harvest(Parts())
    for each in (read_thermal, read_power, read_chassis, read_temperatures, read_inside):
        each(resource, harvest)
    for all_ in (read_fans, read_supplies, read_sensors):
        all_([resource, resource], harvest)
    read_system(resource, harvest, expected_on=True)
    read_health(resource, "system:1", harvest)
    identity_of(resource, "")
    decode_entry(resource)
    Expand.of(resource)
    return harvest


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"1" * 10_000 + b"}",
        b"\xff\xfe{}",
        b"{%s}" % (b" " * (1024 * 1024)),
    ],
    ids=range(8),
)
def test_what_is_no_document(octets: bytes) -> None:
    with pytest.raises(MalformedDocumentError):
        Document.parse(octets)


@given(st.binary(max_size=200))
def test_no_octets_make_the_parser_stumble(octets: bytes) -> None:
    with suppress(MalformedDocumentError):
        Document.parse(octets)


KEYS = st.sampled_from(
    sorted(
        {
            key
            for shape in SHAPES
            for resource in RedfishTree.shipped(shape).resources.values()
            for key in resource
        }
        | {"Health", "State", "Reading", "MemberId", "Oem", "Hpe", "BayNumber", "SpeedPercent"}
    )
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, JSON, max_size=8))
def test_no_document_makes_the_readers_stumble(values: dict[str, Any]) -> None:
    for reading in read_as_everything(Document.parse(json.dumps(values).encode())).readings:
        assert reading.value == reading.value
        assert abs(reading.value) != float("inf")
        assert reading.name == " ".join(reading.name.split())
        assert len(reading.text) <= 300


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
def test_no_changed_recording_makes_the_readers_stumble(shape: str, data: st.DataObject) -> None:
    tree = RedfishTree.shipped(shape)
    path = data.draw(st.sampled_from(sorted(tree.resources)))
    resource = tree.resources[path]
    resource[data.draw(st.sampled_from(sorted(resource)))] = data.draw(JSON)
    harvest = read_as_everything(Document(resource))
    names = [(r.component, r.sensor_class, r.name) for r in harvest.readings]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/redfish/v1/",
        "//evil.example/",
        "/redfish/v1/x\r\nX-Evil: y",
        "/redfish/v1/a b",
        "/etc/passwd",
        "/redfish/" + "x" * 600,
        7,
        None,
    ],
)
def test_links_lead_nowhere_else(path: object) -> None:
    assert Document({"@odata.id": path}).path == ""
    assert Document({"Members@odata.nextLink": path}).next_page == ""


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"Health": "OK", "State": "Enabled"}, State.OK),
        ({"Health": "Warning", "State": "Enabled"}, State.WARNING),
        ({"Health": "Critical", "State": "Disabled"}, State.CRITICAL),
        ({"Health": "OK", "State": "UnavailableOffline"}, State.CRITICAL),
        ({"State": "StandbySpare"}, State.OK),
        ({"State": "Absent", "Health": "Critical"}, State.ABSENT),
        ({"Health": None, "State": None}, State.UNKNOWN),
        ({"Health": "Purple", "State": "Enabled"}, State.UNKNOWN),
        ({}, State.UNKNOWN),
        ("OK", State.UNKNOWN),
    ],
)
def test_states(status: object, state: State) -> None:
    assert condition_of(Document({"Status": status})).state is state


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_thresholds_of_zero_judge_nothing(value: float) -> None:
    zeros = {"UpperThresholdCritical": 0, "UpperThresholdFatal": None, "LowerThresholdCritical": 0}
    assert Thresholds.of_array_member(Document(zeros)).state_of(value) is State.OK


def test_parts_keep_their_numbers() -> None:
    parts = Parts()

    def member(number: int) -> Document:
        return Document({"@odata.id": f"/redfish/v1/x{number}", "MemberId": str(number)})

    assert parts.components("fan", [member(0), member(1)]) == ["fan:1", "fan:2"]
    assert parts.components("fan", [member(1)]) == ["fan:2"]
    assert parts.components("fan", [member(2), member(1)]) == ["fan:3", "fan:2"]


def test_a_bmc_that_makes_up_parts_fills_no_memory() -> None:
    parts = Parts()
    harvest = Harvest(parts)
    for round_ in range(20):
        fans = [
            {
                "MemberId": f"{round_}-{n}",
                "Name": f"Fan {round_}-{n}",
                "Status": {"State": "Enabled"},
            }
            for n in range(512)
        ]
        read_thermal(Document({"Fans": fans}), harvest)
    assert len(harvest.readings) <= MOST_READINGS
    assert len(parts._numbers) <= MOST_PARTS
