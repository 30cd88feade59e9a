"""Small snapshots for tests of what reads them: pages, runbooks, API."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from inventory.elements import Element
from inventory.model import Center
from inventory.topology import Health, Margin, Topology
from monitors.probe import ProblemKind
from monitors.reading import Reading, State
from monitors.snapshot import (
    AlertView,
    CenterView,
    ComponentView,
    DeviceView,
    EngineView,
    ImpactView,
    MarginView,
    Phase,
    PollView,
    Snapshot,
)

NOW = datetime(2026, 3, 1, 11, 2, 3, tzinfo=UTC)


def snapshot(
    center: Center,
    states: Mapping[Element, Health] | None = None,
    *,
    readings: Mapping[str, tuple[Reading, ...]] | None = None,
    components: Mapping[str, tuple[ComponentView, ...]] | None = None,
    problems: Mapping[str, str] | None = None,
    alerts: tuple[AlertView, ...] = (),
    read_at: datetime = NOW,
) -> Snapshot:
    """The center in this situation, every device read by SNMP at `read_at`."""
    assessment = Topology(center).assess(states or {})

    def device(name: str) -> DeviceView:
        model, status = center.devices[name], assessment.devices[name]
        problem = (problems or {}).get(name, "")
        parts = (components or {}).get(name, ())
        return DeviceView(
            name=name,
            id=model.id,
            kind=model.kind,
            title=model.title,
            model=model.model,
            rack=model.rack or "",
            units=model.units,
            place=model.place,
            monitored=True,
            state=max((p.state for p in parts), default=State.OK, key=list(State).index),
            health=status.health,
            power=status.power,
            reachable=status.reachable,
            in_service=status.in_service,
            cause=status.cause,
            polls=(
                PollView(
                    protocol="snmp",
                    interval_s=10,
                    at=read_at,
                    succeeded_at=read_at,
                    fresh_until=read_at + timedelta(seconds=30),
                    problem=problem,
                    problem_kind=ProblemKind.SILENT if problem else None,
                ),
            ),
            components=parts,
            readings=(readings or {}).get(name, ()),
        )

    def margins(
        found: Mapping[str, Margin], priorities: Mapping[str, int]
    ) -> dict[str, MarginView]:
        return {
            name: MarginView(
                name=name,
                title=m.title,
                in_service=m.in_service,
                margin=m.margin,
                designed=m.designed,
                assured=m.assured,
                priority=priorities.get(name, 5),
                critical=m.critical,
                causes=m.causes,
            )
            for name, m in found.items()
        }

    return Snapshot(
        center=CenterView(center.name, center.title, center.timezone),
        taken_at=NOW,
        sequence=1,
        engine=EngineView(
            version="0",
            started_at=NOW,
            instance="test",
            targets=1,
            polls=1,
            failures={},
            running=0,
            late_s=0,
            loop_lag_s=0,
        ),
        devices={name: device(name) for name in center.devices},
        groups=margins(assessment.groups, {}),
        functions=margins(
            assessment.functions, {f.name: f.priority for f in center.functions.values()}
        ),
        alerts=alerts,
    )


def alert(device: str, name: str = "ups-on-battery", **more: object) -> AlertView:
    """An alert on a device, unacknowledged for a minute."""
    values: dict[str, object] = {
        "id": f"{name}.{device}.1",
        "alert": name,
        "title": "UPS on battery",
        "priority": "P1",
        "phase": Phase.UNACKED,
        "device": device,
        "component": "",
        "summary": f"{device} lost its input",
        "since": NOW - timedelta(minutes=1),
        "fired_at": NOW,
        "returned_at": None,
        "acked_at": None,
        "acked_by": "",
        "comment": "",
        "cause": device,
        "impact": (ImpactView("function", "cad", "CAD", 1, 0),),
        "suppressed": (),
        "consequence": "The side goes dark.",
        "action": "Look at the input.",
        "respond_within_s": 300.0,
        "runbook": f"power/{name}",
    }
    return AlertView(**{**values, **more})  # type: ignore[arg-type]  # the tests choose
