"""docs/deploy.md names every field of what is written to files, and no others."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from deploy.change import Change
from deploy.plan import AreaPlan, HostPlan, Plan
from deploy.records import AreaResult, HostResult, PlannedArea, PlannedTarget, RunRecord
from deploy.waves import MarginChange, Wave

TEXT = (Path(__file__).parents[2] / "docs/deploy.md").read_text()
PARTS: tuple[type[BaseModel], ...] = (
    Plan,
    HostPlan,
    AreaPlan,
    Wave,
    MarginChange,
    RunRecord,
    PlannedTarget,
    PlannedArea,
    HostResult,
    AreaResult,
)


def row(name: str) -> str:
    """The cell that describes that part."""
    found = re.search(rf"^\| `?{name}`?[^|]*\|(.*)\|$", TEXT, re.MULTILINE)
    assert found, name
    return found[1]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_is_documented(part: type[BaseModel]) -> None:
    words = set(re.findall(r"`([a-z_]+)`", row(part.__name__)))
    assert [name for name in part.model_fields if name not in words] == []


def test_every_kind_of_change_is_documented() -> None:
    kinds = {kind.model_fields["kind"].default for kind in _kinds(Change)}
    assert kinds - set(re.findall(r"`([a-z_-]+)`", row("a change"))) == set()


def _kinds(union: object) -> list[type[BaseModel]]:
    """The models in a union, its unions and their annotations."""
    if isinstance(union, type) and issubclass(union, BaseModel):
        return [union]
    return [kind for part in get_args(union) for kind in _kinds(part)]
