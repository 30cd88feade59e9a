"""What a runbook is made of: front matter, five fixed sections, prose and three kinds of step."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inventory.model import Kind

HEADINGS = ("Meaning", "Impact", "Confirm", "Mitigate", "Escalate")
"""Always these, in this order: at 3 a.m. the eye must know where to look."""

Scalar = str | int | float | bool
Args = dict[str, Scalar]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FrontMatter(_Model):
    """The head of a runbook file."""

    alert: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    """The alert definition that it belongs to; also the file's name."""
    title: str
    applies_to: Annotated[tuple[Kind, ...], Field(min_length=1)] | Literal["any", "network"]
    """The kinds of device that it is written for."""
    priority: Literal["P1", "P2", "P3"]
    respond_within: Annotated[str, Field(pattern=r"^\d+ (min|h)$")]
    needs: tuple[str, ...] = ()
    """The facts that the text uses, by their names in `monitors.runbooks.facts`."""
    owner: str
    escalate_to: str
    reviewed: date
    drilled: date | None = None


class Check(_Model):
    """A named read-only question and the answer that is expected."""

    check: str
    args: Args = {}
    expect: str
    """What the answer reads when the step holds."""
    text: str = ""


class CheckCall(_Model):
    """The check that proves an action worked."""

    check: str
    args: Args = {}
    expect: str
    within: Annotated[str, Field(pattern=r"^\d+ (s|min|h)$")]


class Do(_Model):
    """A named action, what proves that it worked, and how to take it back."""

    do: str
    args: Args = {}
    when: str = ""
    confirm: bool = True
    """Whether somebody must say yes first."""
    verify: CheckCall
    undo: str = ""
    irreversible: str = ""
    """The reason why it cannot be undone; exactly one of `undo` and this is set."""
    text: str = ""

    @model_validator(mode="after")
    def _has_a_way_back(self) -> Self:
        if bool(self.undo) == bool(self.irreversible):
            raise ValueError("write either undo or irreversible with its reason")
        return self


class Hands(_Model):
    """Something that a person does, and what to write down about it."""

    hands: str
    record: str


Step = Check | Do | Hands


def step_from(value: Any) -> Step:
    """The step in one parsed YAML mapping. Raises pydantic's ValidationError or ValueError."""
    kinds: dict[str, type[Check] | type[Do] | type[Hands]] = {
        "check": Check,
        "do": Do,
        "hands": Hands,
    }
    found = [kind for kind in kinds if isinstance(value, dict) and kind in value]
    if len(found) != 1:
        raise ValueError("a step is exactly one of check, do and hands")
    return kinds[found[0]].model_validate(value)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a section: prose in Markdown, or a step."""

    line: int
    """Where it begins in the file, from 1."""
    prose: str = ""
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Runbook:
    """One file, parsed and checked."""

    path: str
    """`power/ups-on-battery.md`."""
    head: FrontMatter
    sections: tuple[tuple[str, tuple[Block, ...]], ...]
    """Heading and blocks, in the fixed order."""
    sha256: str
    """Of the file's bytes: a run log names the text that was followed."""
