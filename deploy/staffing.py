"""Which consoles somebody works at now: read from the hosts themselves just before their wave."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deploy.access import Access
from deploy.controller import run_job
from deploy.messages import Event, FactsRead, HostDone, Job
from inventory.facts import sessions
from inventory.facts.area import FactError
from inventory.facts.collect import batch, host_facts
from inventory.model import Device, Kind


@dataclass(frozen=True, slots=True)
class Staffing:
    """Asks a center's consoles who is there."""

    access: Access
    run: str
    owner: str

    def __call__(self, names: Iterable[str]) -> dict[str, str]:
        """Console -> who sits there, or why that could not be told; the others are left out."""
        devices = [self.access.center.devices[name] for name in names]
        consoles = [device for device in devices if _is_console(device)]
        found: dict[str, str] = {}
        if consoles:
            run_job(self._job(consoles), _into(found))
        return found

    def _job(self, consoles: list[Device]) -> Job:
        return Job(
            mode="read",
            run=self.run,
            owner=self.owner,
            readings=(batch(["sessions"]),),
            hosts=tuple(self.access.host(device) for device in consoles),
        )


def _is_console(device: Device) -> bool:
    return device.kind is Kind.CONSOLE and device.is_deployable and device.address is not None


def _into(found: dict[str, str]) -> Callable[[Event], None]:
    def take(event: Event) -> None:
        if isinstance(event, FactsRead):
            if complaint := staffed(event.output):
                found[event.host] = complaint
        elif isinstance(event, HostDone) and event.reason is not None:
            found[event.host] = f"who sits there could not be read: {event.message}"

    return take


def staffed(output: str) -> str:
    """One line on who works at the host that printed this; empty for nobody. Pure."""
    try:
        facts = host_facts(output).read(sessions)
    except FactError as error:
        return f"who sits there could not be read: {error}"
    if not facts.is_known:
        return ""  # without logind, nobody can have logged in at its screens
    return ", ".join(
        f"{session.user} works there (session {session.id} on {session.seat})"
        for session in facts.staff
    )
