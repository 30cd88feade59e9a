"""A wall's displays: on, and showing one of the wall's processors. All of it is PJLink's.

Which of the processors is shown is an operator's choice while a wall runs, so any of their inputs
is as wanted; only one that none of them is plugged into is changed, to the first processor's.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.area import AreaRules, Difference, Rules, Vantage
from deploy.change import Change, CommandChange
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device, Kind
from inventory.walls import Wall

AREA = "display"
AREAS: Mapping[str, AreaRules] = MappingProxyType({AREA: Rules(FACTS=(AREA,))})
STANDBY, ON, COOLING, WARMING = "0", "1", "2", "3"
"""What `POWR ?` answers (PJLink class 1 specification, section 4.2)."""


class DisplayFacts(BaseModel):
    """What the display says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    power: str = Field(pattern=r"^[0-3]$")
    input: str = Field(pattern=r"^([1-6][0-9A-Z])?$")
    """Empty while it is not on: it is not told then."""


@dataclass(frozen=True, slots=True)
class DisplayDesired:
    """What the display is for."""

    inputs: tuple[str, ...]
    """Those of its wall's processors, the first one first; empty where none is written."""


def wall_of(center: Center, device: Device) -> Wall | None:
    """The wall that the display hangs in."""
    walls = (wall for wall in center.walls.values() if device.name in wall.display_names)
    return next(walls, None) if device.kind is Kind.DISPLAY else None


def desired(center: Center, device: Device) -> DisplayDesired:
    """From the wall's processors."""
    wall = wall_of(center, device)
    drivers = wall.processors.values() if wall is not None else ()
    plugged = (
        driver.input
        for driver in drivers
        if not driver.outputs or device.name in driver.outputs.values()
    )
    return DisplayDesired(tuple(dict.fromkeys(one for one in plugged if one is not None)))


def diff(wanted: DisplayDesired, facts: DisplayFacts) -> Difference:
    """Switched on first: a display that is off takes no input."""
    if facts.power in (COOLING, WARMING):
        word = "cooling down" if facts.power == COOLING else "warming up"
        return Difference(unmet=(f"it is {word}: plan again in a minute",))
    changes: list[Change] = []
    if facts.power != ON:
        changes.append(_command("switch it on", ("POWR", ON), ("POWR", facts.power)))
    if wanted.inputs and facts.input not in wanted.inputs:
        old = ("INPT", facts.input) if facts.input else ()
        shown = f" (it shows {facts.input})" if facts.input else ""
        first = wanted.inputs[0]
        changes.append(_command(f"show input {first}{shown}", ("INPT", first), old))
    return Difference(tuple(changes))


def differences(
    center: Center, device: Device, facts: HostFacts, _vantage: Vantage, only: Collection[str]
) -> dict[str, Difference]:
    """See `deploy.way.Way`."""
    if only and AREA not in only:
        return {}
    try:
        return {AREA: diff(desired(center, device), facts_of(facts))}
    except FactError as error:
        return {AREA: Difference(unmet=(str(error),))}


def facts_of(facts: HostFacts) -> DisplayFacts:
    """Raises `FactError` for what no display answers."""
    section = facts.sections.get(AREA)
    try:
        return DisplayFacts.model_validate(json.loads(section.text if section else ""))
    except (ValueError, ValidationError) as error:
        raise FactError("the display's answers are not those of PJLink") from error


def _command(title: str, command: tuple[str, ...], undo: tuple[str, ...]) -> CommandChange:
    return CommandChange(title=title, command=command, again_on_undo=False, undo_with=undo)
