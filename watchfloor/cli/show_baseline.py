"""`watchfloor show baseline`: each value, where it comes from, and which source it contradicts."""

from collections.abc import Mapping
from typing import Any

import click

from inventory.baseline import Baseline
from inventory.demands import Conflict, conflicts, demands_on, shown
from inventory.loader import baseline_lines
from inventory.problems import Mark
from watchfloor.cli.center import Site, center_or_demo_option
from watchfloor.cli.output import json_option, print_json, print_table
from watchfloor.views.lookup import find


@click.command()
@click.argument("device", required=False)
@center_or_demo_option
@json_option
def baseline(device: str | None, site: Site, as_json: bool) -> None:
    """The baseline's parameters, for DEVICE where it has values of its own, and their conflicts."""
    own = find(site.center.devices, device, "device").baseline if device else None
    found = own or site.center.baseline
    lines = baseline_lines(site.folder, device)
    against = conflicts(found)
    if as_json:
        print_json(_as_json(found, lines, against))
        return
    print_table(
        ("Parameter", "From", "Value"),
        [(name, _origin(found, lines, name), shown(getattr(found, name))) for name in _names()],
        title=f"Baseline {found.profile}{f' of {device}' if device else ''}",
    )
    click.echo("\nWhat it does not follow")
    print_table(
        ("Parameter", "Value", "Source", "Id", "Demands", "Because"),
        [
            (
                one.demand.parameter,
                shown(one.value),
                one.demand.source,
                one.demand.id,
                one.demand.text,
                _why(one, lines),
            )
            for one in against
        ],
    )


def _names() -> list[str]:
    return [name for name in Baseline.model_fields if name != "profile"]


def _origin(found: Baseline, lines: Mapping[str, Mark], name: str) -> str:
    return str(lines[name]) if name in lines else f"profile {found.profile}"


def _why(conflict: Conflict, lines: Mapping[str, Mark]) -> str:
    if mark := lines.get(conflict.demand.parameter):
        return f"the inventory says so at {mark}"
    return "this version has no such value" if conflict.is_own else "the profile decides"


def _as_json(
    found: Baseline, lines: Mapping[str, Mark], against: tuple[Conflict, ...]
) -> dict[str, Any]:
    unmet = {(one.demand.parameter, one.demand.source, one.demand.id) for one in against}
    values = found.model_dump(mode="json")
    return {
        "profile": found.profile,
        "parameters": [
            {
                "name": name,
                "value": values[name],
                "origin": _origin_as_json(found, lines.get(name)),
                "demands": [
                    {
                        "source": demand.source,
                        "id": demand.id,
                        "demands": demand.text,
                        "followed": (name, demand.source, demand.id) not in unmet,
                    }
                    for demand in demands_on(name)
                ],
            }
            for name in _names()
        ],
    }


def _origin_as_json(found: Baseline, mark: Mark | None) -> dict[str, Any]:
    if mark is None:
        return {"profile": found.profile}
    return {"file": mark.file, "line": mark.line, "column": mark.column}
