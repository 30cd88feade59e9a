"""What an alert is: one YAML file each, which must say what to do about it.

An alert needs a timely human action (EEMUA 191, ISA-18.2); everything else is an event. So a
definition without an action, a consequence or a time to respond does not load.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from inventory.errors import WatchfloorError
from monitors.alerts.conditions import Condition
from monitors.reading import SensorClass
from monitors.snapshot import Priority

FOLDER = Path(__file__).parent / "definitions"
LARGEST_FILE = 64 * 1024

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
Sentence = Annotated[str, StringConstraints(min_length=10, max_length=500, strip_whitespace=True)]


class FactWanted(BaseModel):
    """A reading of the device that belongs to the alert's facts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reading: SensorClass
    components: tuple[str, ...] = ()
    """Kinds of components; empty means all."""


class Definition(BaseModel):
    """One alert: when it holds, what follows, and what somebody must do by when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    id: Slug
    title: Annotated[str, StringConstraints(min_length=3, max_length=60)]
    priority: Priority
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    """Any of these."""
    summary: Sentence
    """One line; `{device}`, `{component}`, `{name}` and `{why}` are filled in."""
    on_delay_s: Annotated[float, Field(ge=0, le=86400)] | None = None
    """How long the condition must hold; null means the center's own `on_delay_s`."""
    off_delay_s: Annotated[float, Field(ge=0, le=86400)] = 30.0
    """How long the condition must be gone before the alert clears."""
    consequence: Sentence
    """What happens if nobody acts."""
    action: Sentence
    """The first thing to do."""
    respond_within_s: Annotated[float, Field(gt=0, le=7 * 86400)]
    runbook: Annotated[str, StringConstraints(pattern=r"^[a-z-]+/[a-z0-9-]+$")]
    """`<area>/<slug>`: the file under `runbooks/`, without `.md`."""
    facts: tuple[FactWanted, ...] = ()
    yields: bool = True
    """Whether it is suppressed while an alert on its cause is active."""
    waits_for_cause: bool = True
    """Whether it fires only once everything above its device was polled after it began, so that
    the cause can speak first. Costs at most one polling interval; false for what cannot wait."""


class DefinitionError(WatchfloorError):
    """An alert definition cannot be used."""


def load_definitions(folder: Path = FOLDER) -> Mapping[str, Definition]:
    """Every definition in a folder, by id, in the order of priority, then id."""
    found: dict[str, Definition] = {}
    for path in sorted(folder.glob("*.yaml")):
        definition = load_definition(path)
        if definition.id in found:
            raise DefinitionError(f"{path}: {definition.id} is defined twice; rename one")
        found[definition.id] = definition
    return dict(sorted(found.items(), key=lambda item: (item[1].priority, item[0])))


def load_definition(path: Path) -> Definition:
    """One definition. Raises `DefinitionError` with one line that says what is wrong where."""
    if path.stat().st_size > LARGEST_FILE:
        raise DefinitionError(f"{path}: larger than {LARGEST_FILE} bytes; one alert per file")
    try:
        definition = Definition.model_validate(yaml.safe_load(path.read_text()))
        definition.summary.format(device="", component="", name="", why="")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise DefinitionError(f"{path}: {_first_mistake(error)}") from error
    except (KeyError, IndexError, ValueError) as error:
        raise DefinitionError(
            f"{path}: summary: {error} is unknown; use device, component, name, why"
        ) from error
    if definition.id != path.stem:
        raise DefinitionError(f"{path}: id is {definition.id}; a file is named as its alert")
    return definition


def _first_mistake(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the whole file"
    return f"{place}: {first['msg']} (an alert needs an action, a consequence and a time)"
