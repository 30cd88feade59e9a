"""Reads hosts without changing them: what each answered, or the one line why it did not."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from deploy.access import Access
from deploy.area import Vantage
from deploy.controller import run_job
from deploy.desired import reading_script
from deploy.failure import Reason
from deploy.messages import Connected, Event, FactsRead, HostDone, Job
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts, host_facts
from inventory.model import Device


@dataclass(slots=True)
class Answer:
    """One host's answer; `facts` or `reason` is set when it is complete."""

    vantage: Vantage | None = None
    os: str = ""
    facts: HostFacts | None = None
    reason: Reason | None = None
    message: str = ""


@dataclass(slots=True)
class Survey:
    """Collects a job's events; give `take` to `run_job`."""

    access: Access
    answers: dict[str, Answer] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        answer = self.answers.setdefault(event.host, Answer())
        if isinstance(event, Connected):
            login = self.access.login or self.access.admin
            answer.vantage = Vantage(event.client, event.port, login, self.access.admin)
            answer.os = event.os
        elif isinstance(event, FactsRead):
            try:
                answer.facts = host_facts(event.output)
            except FactError as error:
                answer.reason, answer.message = Reason.FACTS_UNREADABLE, str(error)
        elif isinstance(event, HostDone) and event.reason is not None:
            answer.reason, answer.message = event.reason, event.message


def read_job(
    access: Access, devices: Iterable[Device], run: str, owner: str, areas: Collection[str] = ()
) -> Job:
    """The job that only reads."""
    wanted = tuple(devices)
    return Job(
        mode="read",
        run=run,
        owner=owner,
        script=reading_script(access.center, wanted, areas),
        hosts=tuple(access.host(device) for device in wanted),
    )


def survey(
    access: Access,
    devices: Iterable[Device],
    *,
    run: str,
    owner: str,
    watch: Callable[[Event], None],
    areas: Collection[str] = (),
) -> dict[str, Answer]:
    """Every device's answer, by name, for these areas. `watch` sees the events as they come."""
    found = Survey(access)

    def take(event: Event) -> None:
        found.take(event)
        watch(event)

    job = read_job(access, devices, run, owner, areas)
    if job.hosts:
        run_job(job, take)
    return found.answers
