"""docs/monitoring.md says what the code does: its tables, its labels, and its worked example."""

import asyncio
import re
from pathlib import Path
from textwrap import indent

from prometheus_client.parser import text_string_to_metric_families

from inventory.loader import load
from inventory.reach import TAGS
from monitors.documentation import page
from monitors.metric_families import FAMILIES
from monitors.profiles.library import Library, shipped
from monitors.reading import SensorClass, State
from tests.monitors.centers import poll, reading
from tests.monitors.test_watch import looked, watch
from watchfloor.cli.profile import poll_recording
from watchfloor.simulate.recording import Recording

PAGE = Path(__file__).parents[2] / "docs/monitoring.md"


def block(language: str, word: str = "") -> str:
    """The page's one fenced block in a language that holds a word."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    found = [each for each in blocks if word in each]
    assert len(found) == 1
    return str(found[0])


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_the_page_names_every_metric_class_and_profile() -> None:
    text = PAGE.read_text()
    wanted = [f"| `{family.name}` |" for family in FAMILIES]
    wanted += [f"| {item} |" for item in SensorClass]
    wanted += [f"| {item.name} |" for item in shipped().profiles]
    assert [cell for cell in wanted if f"\n{cell}" not in text] == []


def test_the_worked_example_gives_what_the_page_shows(tmp_path: Path) -> None:
    (tmp_path / "rack-pdu.yaml").write_text(block("yaml", "profile: "))
    recording = tmp_path / "rack-pdu.snmprec"
    recording.write_text(block("snmprec"))
    result, names = asyncio.run(
        poll_recording(Recording.load(recording), "rack-pdu", Library.load(tmp_path))
    )
    assert names == ("rack-pdu",)
    assert result.problem is None
    shown = [
        [item.state, item.sensor_class, item.name, item.text or f"{item.value:g} {item.unit}"]
        for item in result.readings
    ]
    rows = [re.split(r"  +", line) for line in block("readings").splitlines()]
    assert sorted(map(tuple, shown)) == sorted(map(tuple, rows))
    assert result.identity.vendor == "Example"


def test_every_sample_has_the_labels_that_its_metric_says() -> None:
    one = watch()
    warm = reading("inlet", sensor_class=SensorClass.TEMPERATURE, name="Inlet", value=50.0)
    one.absorb(poll("ups-a", warm, seconds=0))
    one.absorb(poll("srv-1", reading("fan:1", State.CRITICAL), seconds=0))
    looked(one, 1)
    stated = {family.name: family.labels for family in FAMILIES}
    seen = 0
    for family in text_string_to_metric_families(one.metrics.text().decode()):
        for sample in family.samples:
            assert tuple(sample.labels) == stated[sample.name], sample.name
            seen += 1
    assert seen > len(one.center.devices)


def test_the_example_of_what_is_asked_from_outside_is_an_inventory(tmp_path: Path) -> None:
    devices = block("yaml", "reach:").replace("9f86…", "9f" * 32)
    (tmp_path / "center.yaml").write_text(
        "format: 1\ncenter: {name: small, title: Small, timezone: UTC}\n"
        "networks: {servers: {cidr: 10.20.10.0/24}}\n"
        "credentials: {streams: {purpose: monitor, protocol: rtsp, user: view, secret: env:VIEW}}\n"
        "devices:\n" + indent(devices, "  ")
    )
    words = {check.word for d in load(tmp_path).devices.values() for check in d.monitoring.reach}
    assert words == {tag.removesuffix(" check") for tag in TAGS}
    assert [word for word in words if f"\n| `{word}` |" not in PAGE.read_text()] == []
