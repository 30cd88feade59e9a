"""`watchfloor profile`: what it prints for people and for programs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import watchfloor.simulate
from monitors.reading import UNITS, SensorClass, State
from watchfloor.cli.root import root

UPS = Path(watchfloor.simulate.__file__).parent / "recordings" / "ups-rfc1628.snmprec"
KEYS = ["oid", "sensor_class", "name", "value", "unit", "state", "component", "profile"]


def run(*args: str) -> str:
    result = CliRunner().invoke(root, ["profile", *args], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    assert result.return_value in (None, 0), result.output
    return result.stdout


def test_try_prints_one_json_object_a_line() -> None:
    rows = [json.loads(line) for line in run("try", str(UPS), "--json").splitlines()]
    assert len(rows) > 20
    for row in rows:
        assert list(row) == KEYS
        assert row["unit"] == UNITS[SensorClass(row["sensor_class"])]
        assert isinstance(row["value"], int | float)
        State(row["state"])
    charge = next(row for row in rows if row["oid"] == "1.3.6.1.2.1.33.1.2.4.0")
    assert charge == {
        "oid": "1.3.6.1.2.1.33.1.2.4.0",
        "sensor_class": "charge",
        "name": "Battery charge",
        "value": 1.0,
        "unit": "ratio",
        "state": "ok",
        "component": "battery",
        "profile": "rfc1628-ups",
    }


def test_try_prints_a_table_with_the_devices_words() -> None:
    text = run("try", str(UPS))
    assert "batteryNormal" in text
    assert "entity-sensor" in text
    assert "1.3.6.1.2.1.33" not in text
    assert "rfc1628-ups" in run("try", str(UPS), "-v")


def test_try_uses_the_profiles_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "format: 1\nprofile: mine\ntitle: Mine\nsource: UPS-MIB\nrecognise: {always: true}\n"
        "scalars:\n  - {oid: 1.3.6.1.2.1.33.1.2.4.0, class: charge, name: Charge, unit: percent}\n"
    )
    lines = run("try", str(UPS), "--json", "--profiles", str(tmp_path)).splitlines()
    assert [json.loads(line)["profile"] for line in lines] == ["mine"]


@pytest.mark.parametrize("args", [[], ["--json"]])
def test_list_names_every_family(args: list[str]) -> None:
    text = run("list", *args)
    for name in ("apc-ups", "apc-rpdu2", "rfc1628-ups", "if-mib", "entity-sensor"):
        assert name in text
