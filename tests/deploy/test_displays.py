"""A wall's displays over PJLink: what is wanted of them, and a simulated one that is made so."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from deploy import displays
from deploy.change import CommandChange
from deploy.controller import run_job
from deploy.displays import DisplayDesired, DisplayFacts
from deploy.messages import AreaDone, AreaJob, Event, FactsRead, HostDone, HostJob, Job
from deploy.reading import facts_in
from deploy.ways import pjlink
from inventory.assets import example_center
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts, Section
from inventory.loader import load
from watchfloor.simulate.display import Power
from watchfloor.simulate.pjlink import SimulatedDisplay

CENTER = load(example_center())
DISPLAY = CENTER.devices["disp-1-1"]
PASSWORD = "shine"
WANTED = DisplayDesired(("31", "32"))


@pytest.fixture
async def display() -> AsyncIterator[SimulatedDisplay]:
    async with SimulatedDisplay(password=PASSWORD) as running:
        yield running


async def visited(
    display: SimulatedDisplay, *changes: CommandChange, password: str = PASSWORD
) -> list[Event]:
    """The worker's events of one visit."""
    host, port = display.address
    areas = (AreaJob(name="display", changes=changes),) if changes else ()
    target = HostJob(
        name="disp",
        device="disp",
        way="pjlink",
        address=host,
        port=port,
        user="",
        admin="",
        password=SecretStr(password),
        areas=areas,
    )
    mode = "apply" if changes else "read"
    job = Job(mode=mode, run="r", owner="t@here", readings=("",), hosts=(target,))
    events: list[Event] = []
    await asyncio.to_thread(run_job, job, events.append)
    return events


def read(events: list[Event]) -> DisplayFacts:
    last = [event for event in events if isinstance(event, FactsRead)][-1]
    return displays.facts_of(facts_in(last.output))


def test_any_processor_of_the_wall_may_be_shown() -> None:
    assert displays.desired(CENTER, DISPLAY) == WANTED
    assert displays.diff(WANTED, DisplayFacts(power="1", input="32")).is_clean
    found = displays.diff(WANTED, DisplayFacts(power="1", input="51"))
    assert [change.title for change in found.changes] == ["show input 31 (it shows 51)"]
    off = displays.diff(WANTED, DisplayFacts(power="0", input=""))
    assert [change.title for change in off.changes] == ["switch it on", "show input 31"]
    assert displays.diff(WANTED, DisplayFacts(power="3", input="")).unmet == (
        "it is warming up: plan again in a minute",
    )


def test_only_displays_of_a_wall_with_a_login_are_deployed() -> None:
    assert pjlink.applies(CENTER, DISPLAY)
    assert not pjlink.applies(CENTER, CENTER.devices["wp-1"])
    assert not pjlink.applies(CENTER.model_copy(update={"walls": {}}), DISPLAY)


async def test_a_display_is_switched_on_and_shows_its_wall(display: SimulatedDisplay) -> None:
    display.state.power, display.state.input = Power.STANDBY, "51"
    before = read(await visited(display))
    assert before == DisplayFacts(power="0", input="")
    changes = displays.diff(WANTED, before).changes
    events = await visited(display, *(c for c in changes if isinstance(c, CommandChange)))
    (done,) = (event for event in events if isinstance(event, AreaDone))
    assert (done.changed, done.reason) == (2, None)
    assert displays.diff(WANTED, read(events)).is_clean
    assert (display.state.power, display.state.input) == (Power.ON, "31")


async def test_a_wrong_password_and_a_refusal_are_said(display: SimulatedDisplay) -> None:
    (done,) = (e for e in await visited(display, password="wrong") if isinstance(e, HostDone))
    assert (done.reason, done.message) == ("credential", "it rejects the password")
    (done,) = (e for e in await visited(display, password="") if isinstance(e, HostDone))
    assert done.message == "it wants a password: name its secret"
    strange = CommandChange(title="show input 99", command=("INPT", "99"))
    events = await visited(display, strange)
    (area,) = (event for event in events if isinstance(event, AreaDone))
    assert area.message == "INPT 99: it has no such input"


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"power": "9", "input": ""})])
def test_what_no_display_answers_is_no_fact(text: str) -> None:
    with pytest.raises(FactError):
        displays.facts_of(HostFacts({"display": Section(text, 0)}))
