"""Makes a worker's job: each target with what is to be read there, each reading sent once."""

from collections.abc import Collection, Iterable
from typing import Literal

from deploy.messages import HostJob, Job
from deploy.operations.journal import DEAD_MAN_S
from deploy.way import Target
from inventory.model import Center


def make_job(
    mode: Literal["read", "apply"],
    center: Center,
    hosts: Iterable[tuple[Target, HostJob]],
    *,
    run: str,
    owner: str,
    read_timeout_s: float,
    areas: Collection[str] = (),
    dead_man_s: int = DEAD_MAN_S,
    salt: str = "",
) -> Job:
    """The job for these targets, which reads all areas or only `areas`."""
    readings: dict[str, int] = {}
    numbered: list[HostJob] = []
    for target, host in hosts:
        text = target.way.reading(center, target.device, areas)
        number = readings.setdefault(text, len(readings))
        numbered.append(host.model_copy(update={"reading": number}))
    return Job(
        mode=mode,
        run=run,
        owner=owner,
        readings=tuple(readings),
        hosts=tuple(numbered),
        read_timeout_s=read_timeout_s,
        dead_man_s=dead_man_s,
        salt=salt,
    )
