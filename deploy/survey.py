"""Reads hosts without changing them: what each answered, or the one line why it did not."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from deploy.access import Access
from deploy.area import Vantage
from deploy.controller import run_job
from deploy.failure import Reason
from deploy.jobs import make_job
from deploy.messages import Connected, Event, FactsRead, HostDone, HostJob
from deploy.reading import facts_in
from deploy.way import Target
from inventory.errors import WatchfloorError
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
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
    devices: Mapping[str, Device]
    """By target."""
    answers: dict[str, Answer] = field(default_factory=dict)
    each: Callable[[str, Answer], None] | None = None
    """Gets every complete answer, which is then let go: those of a thousand hosts are large."""

    def take(self, event: Event) -> None:
        answer = self.answers.setdefault(event.host, Answer())
        if isinstance(event, Connected):
            device = self.devices[event.host]
            answer.vantage = self.access.vantage(device, event.client, event.port)
            answer.os = event.os
        elif isinstance(event, FactsRead):
            try:
                answer.facts = facts_in(event.output)
            except FactError as error:
                answer.reason, answer.message = Reason.FACTS_UNREADABLE, str(error)
        elif isinstance(event, HostDone) and event.reason is not None:
            answer.reason, answer.message = event.reason, event.message
        if isinstance(event, HostDone) and self.each is not None:
            self.each(event.host, self.answers.pop(event.host))


def survey(
    access: Access,
    targets: Iterable[Target],
    *,
    run: str,
    owner: str,
    watch: Callable[[Event], None],
    areas: Collection[str] = (),
    each: Callable[[str, Answer], None] | None = None,
) -> dict[str, Answer]:
    """Every target's answer, by name, for these areas. `watch` sees the events as they come.

    With `each`, which gets them as soon as they are complete, only those that no host gave.
    """
    wanted = tuple(targets)
    found = Survey(access, {target.name: target.device for target in wanted}, each=each)

    def take(event: Event) -> None:
        found.take(event)
        watch(event)

    hosts: list[tuple[Target, HostJob]] = []
    for target in wanted:
        try:
            hosts.append((target, target.way.host_job(access, target.device)))
        except WatchfloorError as error:  # its secret is not at hand: that costs this target alone
            found.answers[target.name] = Answer(reason=Reason.CREDENTIAL, message=str(error))
    if hosts:
        job = make_job(
            "read",
            access.center,
            hosts,
            run=run,
            owner=owner,
            read_timeout_s=access.read_timeout_s,
            areas=areas,
        )
        run_job(job, take)
    return found.answers
