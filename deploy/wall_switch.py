"""Switches a wall to another layout while it runs, and asks it what it shows.

A Linux processor runs its own small program, over SSH as the deploying account; an Extron-style one
recalls a preset. Both go through the worker, as everything that logs in does.
"""

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import SecretStr

from deploy.access import Access, AccessError
from deploy.controller import run_job
from deploy.messages import Event, FactsRead, HostDone, HostJob, Job
from deploy.sis import SIS_PORT, Talk, recall, recalled
from deploy.walls.wall_tiles import CONTROL
from inventory.errors import WatchfloorError
from inventory.model import Center, Device
from inventory.nearest import hint
from inventory.walls import Wall

Verb = Literal["show", "status"]


class WallError(WatchfloorError):
    """There is no such wall or layout."""


@dataclass(slots=True)
class Answer:
    """What came of asking one processor."""

    processor: str
    said: Mapping[str, Any] = field(default_factory=dict)
    """What a Linux processor's program printed; `layout` alone of an Extron-style one."""
    complaint: str = ""
    """Why it did not do it; one line."""
    seconds: float = 0

    @property
    def failed(self) -> bool:
        return bool(self.complaint)


def wall_named(center: Center, name: str | None) -> Wall:
    """The wall of that name; the only one without a name. Raises `WallError`."""
    if name is None and len(center.walls) == 1:
        return next(iter(center.walls.values()))
    if name in center.walls:
        return center.walls[str(name)]
    if not center.walls:
        raise WallError(f"{center.name} has no wall: describe it under `walls:`")
    if name is None:
        known = ", ".join(center.walls)
        raise WallError(f"{center.name} has several walls: say which with --wall ({known})")
    raise WallError(f'no wall is called "{name}": {hint(name, center.walls)}')


def check_layout(wall: Wall, layout: str) -> None:
    """Raises `WallError` when the wall has no such layout."""
    if layout not in wall.layouts:
        raise WallError(
            f'the wall {wall.name} has no layout "{layout}": {hint(layout, wall.layouts)}'
        )


def ask(
    access: Access, wall: Wall, verb: Verb, *, layout: str = "", run: str, owner: str
) -> tuple[Answer, ...]:
    """Lets every processor of the wall do it, side by side. Raises `WatchfloorError`."""
    center = access.center
    devices = [center.devices[name] for name in wall.processors]
    asked = [_asked(access, wall, device, verb, layout) for device in devices]
    answers = {device.name: Answer(device.name) for device in devices}
    hosts = tuple(host.model_copy(update={"reading": n}) for n, (host, _) in enumerate(asked))
    job = Job(
        mode="read",
        run=run,
        owner=owner,
        readings=tuple(text for _, text in asked),
        hosts=hosts,
        connect_timeout_s=5,
        read_timeout_s=20,
    )
    run_job(job, lambda event: _take(answers, wall, event))
    return tuple(answers.values())


def differing(answers: Iterable[Answer]) -> bool:
    """Whether the processors that answered show different layouts."""
    return len({answer.said.get("layout") for answer in answers if not answer.failed}) > 1


def _asked(
    access: Access, wall: Wall, device: Device, verb: Verb, layout: str
) -> tuple[HostJob, str]:
    """The way in to a processor, and what its visit is told."""
    if device.is_deployable:
        words = (*CONTROL, verb, *((layout,) if verb == "show" else ()))
        return access.host(device), f"{shlex.join(words)}\n"
    driver = wall.processors[device.name]
    login = access.resolved(_presets(wall, device))
    address, port = access.endpoints.resolve(device.name, "sis", str(device.address), SIS_PORT)
    preset = wall.layouts[layout].preset if verb == "show" else None
    asks = () if preset is None else (recall(driver.canvas, preset),)
    talk = Talk(host_key=device.monitoring.sis_host_key, asks=(*asks, recalled(driver.canvas)))
    host = HostJob(
        name=device.name,
        device=device.name,
        way="sis",
        address=address,
        port=port,
        user=login.user,
        admin=login.user,
        password=SecretStr(login.secret.reveal()),
    )
    return host, talk.model_dump_json()


def _presets(wall: Wall, device: Device) -> str:
    if wall.credentials.presets is None:
        raise AccessError(
            f"{device.name}: the wall {wall.name} does not say how to log in to it: name a"
            " credential with `purpose: deploy`, `protocol: sis` as `credentials.presets`"
        )
    return wall.credentials.presets


def _take(answers: Mapping[str, Answer], wall: Wall, event: Event) -> None:
    answer = answers[event.host]
    if isinstance(event, FactsRead):
        answer.said, answer.complaint = _understood(wall, event.output)
    elif isinstance(event, HostDone):
        answer.seconds = event.seconds
        if event.reason is not None:
            answer.complaint = event.message


def _understood(wall: Wall, output: str) -> tuple[Mapping[str, Any], str]:
    try:
        said = json.loads(output)
    except ValueError:
        words = " ".join(output.split())[:300]
        return {}, words or "its program says nothing: apply the area wall_tiles"
    if not isinstance(said, dict):
        return {}, "its program does not answer as it should: apply the area wall_tiles"
    if "preset" in said:
        names = [name for name, one in wall.layouts.items() if one.preset == said["preset"]]
        return {"layout": names[0] if names else "", "preset": said["preset"]}, ""
    return said, ""
