"""/metrics is text that Prometheus takes, whatever the devices call their sensors."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from monitors.exposition import LONGEST_LABEL, Exposition, escape, number, sample
from monitors.metric_families import FAMILIES, READINGS, Family
from monitors.reading import UNITS, SensorClass
from tests.monitors.centers import reading
from tests.requirements import need

HOSTILE = st.text(st.characters(codec=None, exclude_categories=[]), max_size=300)


def parsed(text: bytes) -> dict[str, list[tuple[dict[str, str], float]]]:
    """What a Prometheus client library reads from it."""
    return {
        family.name: [(s.labels, s.value) for s in family.samples]
        for family in text_string_to_metric_families(text.decode())
    }


def exposition() -> Exposition:
    """One reading of every class."""
    text = Exposition()
    readings = [
        reading("fan:1", sensor_class=sensor_class, name=f"{sensor_class} 1", value=1.5)
        for sensor_class in SensorClass
    ]
    text.put_readings("tiny", "srv-1", readings)
    return text


@pytest.mark.gear
def test_promtool_finds_nothing_to_say() -> None:
    text = exposition()
    for family in FAMILIES:
        if family not in READINGS.values():
            text.put(family, "x", sample(family, {"center": "tiny", "device": "x"}, 1))
    tool = need("promtool")
    checked = subprocess.run(
        [tool, "check", "metrics"], input=text.text(), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_every_class_has_its_own_family_with_its_unit() -> None:
    names = [family.name for family in READINGS.values()]
    assert len(set(names)) == len(SensorClass)
    for sensor_class, family in READINGS.items():
        unit = UNITS[sensor_class]
        named = family.name.removesuffix("_total")
        assert named.endswith(unit) or unit in ("count", "state", "bits_per_second")
        assert family.name.endswith("_total") == (family.kind == "counter")


def test_bits_are_written_as_bytes() -> None:
    text = Exposition()
    text.put_readings("tiny", "sw-a", [reading("", sensor_class=SensorClass.BITRATE, value=800.0)])
    ((_, value),) = parsed(text.text())["watchfloor_bitrate_bytes_per_second"]
    assert value == 100.0


def test_a_reading_is_a_sample() -> None:
    samples = parsed(exposition().text())["watchfloor_temperature_celsius"]
    labels = {"center": "tiny", "device": "srv-1", "component": "fan:1", "name": "temperature 1"}
    assert samples == [(labels, 1.5)]


@given(HOSTILE, HOSTILE)
def test_hostile_names_stay_inside_their_label(name: str, component: str) -> None:
    text = Exposition()
    text.put_readings(
        "tiny", "srv-1", [reading(component, sensor_class=SensorClass.VOLTAGE, name=name or "x")]
    )
    raw = text.text()
    assert raw.count(b"\n") == 3
    ((labels, value),) = parsed(raw)["watchfloor_voltage_volts"]
    assert value == 1.0
    assert set(labels) == {"center", "device", "component", "name"}
    assert labels["device"] == "srv-1"


@given(HOSTILE)
def test_a_label_is_bounded_and_encodes(value: str) -> None:
    clean = escape(value)
    assert len(clean) <= 2 * LONGEST_LABEL
    clean.encode()
    assert not set(clean) & set("\n\r\x00\u2028")


def test_two_sensors_of_one_name_are_told_apart() -> None:
    text = Exposition()
    twins = [
        reading("", sensor_class=SensorClass.VOLTAGE, name="L1", oid=oid)
        for oid in ("1.1", "1.2", "1.2")
    ]
    text.put_readings("tiny", "srv-1", twins)
    names = [labels["name"] for labels, _ in parsed(text.text())["watchfloor_voltage_volts"]]
    assert names == ["L1", "L1 (1.2)"]


def test_what_is_replaced_or_dropped_is_gone() -> None:
    text = exposition()
    text.put_readings("tiny", "srv-2", [reading("", sensor_class=SensorClass.POWER)])
    text.put_readings("tiny", "srv-1", [])
    assert list(parsed(text.text())) == ["watchfloor_power_watts"]
    text.drop("srv-2")
    assert text.text() == b""


def test_samples_of_one_family_stand_together() -> None:
    text = Exposition()
    for device in ("a", "b"):
        text.put_readings(
            "tiny",
            device,
            [
                reading("", sensor_class=SensorClass.POWER),
                reading("", sensor_class=SensorClass.VOLTAGE),
            ],
        )
    names = [line.split(b"{")[0] for line in text.text().splitlines() if not line.startswith(b"#")]
    assert names == [b"watchfloor_voltage_volts"] * 2 + [b"watchfloor_power_watts"] * 2


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.1, "0.1"), (-3.0, "-3"), (1e20, "1e+20"), (2.5e-7, "2.5e-07")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_a_family_explains_itself() -> None:
    family = Family("watchfloor_x", "gauge", "What it is.")
    assert family.head == b"# HELP watchfloor_x What it is.\n# TYPE watchfloor_x gauge\n"
