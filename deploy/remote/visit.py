"""What every visit to a target has in common: its order, its events, and its one last word.

Open, read, and for an apply: hold the target, compare its facts with the plan's, change it area by
area, read it again. `deploy.remote.visits` has the class of each way.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

from pyinfra.api.host import Host

from deploy.failure import HostFailure, Reason
from deploy.messages import (
    AreaDone,
    AreaJob,
    ChangeDone,
    ChangeStarted,
    Connected,
    Event,
    FactsRead,
    HostDone,
    HostJob,
    Job,
)
from deploy.reading import fact_digest, facts_in
from inventory.facts.area import FactError
from inventory.secrets import Redactor, SecretText


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a visit has in common with all others of its job."""

    job: Job
    emit: Callable[[Event], None]
    must_stop: Callable[[], bool]
    """Whether the controller is gone, so that no further step may begin."""
    wait_for_end: Callable[[], object] = lambda: None
    """Returns as soon as that is so; called from a greenlet."""


class Visit(ABC):
    """Runs in a greenlet of its own, inside pyinfra's context for its host."""

    def __init__(self, around: Surroundings, target: HostJob, host: Host) -> None:
        """`host` is pyinfra's; a way that pyinfra has no connector for leaves it alone."""
        self._around = around
        self._job = around.job
        self._target = target
        self._host = host
        self._began = self._area_began = time.monotonic()
        self._failed: set[str] = set()
        """The areas that did not come to a good end."""
        self._redactor = Redactor()
        mine = (target.password, target.key_text, target.authority_key)
        for secret in (*mine, *target.secrets.values()):
            self._redactor.add(SecretText(secret.get_secret_value()))

    @abstractmethod
    def _open(self) -> Connected:
        """Logs in. Raises `HostFailure`."""

    @abstractmethod
    def _close(self) -> None:
        """Ends the login; called whatever happened."""

    @abstractmethod
    def _read_all(self, text: str) -> str:
        """What the target answers to its reading, as `deploy.reading.facts_in` takes it.

        Raises `HostFailure`.
        """

    @abstractmethod
    def _area(self, area: AreaJob) -> bool:
        """Makes one area's changes and tells how it ended; whether it succeeded.

        Raises `HostFailure` after that when nothing further can be done on the target.
        """

    def _held(self) -> AbstractContextManager[None]:
        """Keeps others from changing the target meanwhile. Raises `HostFailure`."""
        return nullcontext()

    def run(self) -> None:
        """Everything, and `HostDone` at the end, whatever happens."""
        try:
            self._visit()
        except HostFailure as failure:
            self._done(failure.reason, str(failure))
        except Exception as error:  # a bug must cost this target only, and be told
            self._done(Reason.INTERNAL, f"internal error: {type(error).__name__}")
            raise
        else:
            self._done()

    def _visit(self) -> None:
        try:
            self._around.emit(self._open())
            if self._job.mode == "read":
                self._read("before")
                return
            with self._held():
                self._check_facts(self._read("before"))
                self._areas()
                self._read("after")
        finally:
            self._close()

    def _read(self, when: Literal["before", "after"]) -> str:
        self._stop_if_told()
        output = self._read_all(self._job.readings[self._target.reading])
        self._around.emit(FactsRead(host=self._target.name, when=when, output=output))
        return output

    def _check_facts(self, output: str) -> None:
        """The plan was made from certain facts; with others it is another plan."""
        try:
            facts = facts_in(output)
            for area in self._target.areas:
                for name, wanted in area.facts.items():
                    if fact_digest(facts, name) != wanted:
                        raise HostFailure(
                            Reason.FACTS_CHANGED,
                            f"its {name} facts have changed since the plan was made; plan again",
                        )
        except FactError as error:
            raise HostFailure(Reason.FACTS_UNREADABLE, str(error)) from error

    def _areas(self) -> None:
        """All areas, in their order."""
        for area in self._target.areas:
            self._begin(area)

    def _begin(self, area: AreaJob) -> None:
        """Independent areas go on when one fails; those behind it are not begun."""
        self._area_began = time.monotonic()
        if not self._is_behind(area) and not self._area(area):
            self._failed.add(area.name)

    def _is_behind(self, area: AreaJob) -> bool:
        """Whether it is not begun because of another one, which is then its end."""
        behind = self._failed & set(area.after)
        if behind:
            self._failed.add(area.name)
            names = ", ".join(sorted(behind))
            self._area_done(area, Reason.DEPENDENCY, f"not begun, because {names} failed")
        return bool(behind)

    def _stop_if_told(self) -> None:
        """Raises `HostFailure` when no further step may begin."""
        if self._around.must_stop():
            raise HostFailure(Reason.STOPPED, "stopped, because the controller is gone")

    def _started(self, area: AreaJob, number: int, title: str) -> None:
        self._around.emit(
            ChangeStarted(host=self._target.name, area=area.name, number=number, title=title)
        )

    def _changed(self, area: AreaJob, number: int, seconds: float) -> None:
        self._around.emit(
            ChangeDone(
                host=self._target.name, area=area.name, number=number, seconds=round(seconds, 3)
            )
        )

    def _area_done(
        self,
        area: AreaJob,
        reason: Reason | None = None,
        message: str = "",
        *,
        restored: bool = False,
        changed: int = 0,
        seconds: float | None = None,
    ) -> None:
        """Its end; `seconds` where it was not the last to begin."""
        if seconds is None:
            seconds = time.monotonic() - self._area_began
        self._around.emit(
            AreaDone(
                host=self._target.name,
                area=area.name,
                reason=reason,
                message=self._redactor.scrub(message),
                restored=restored,
                changed=changed,
                seconds=round(seconds, 3),
            )
        )

    def _done(self, reason: Reason | None = None, message: str = "") -> None:
        self._around.emit(
            HostDone(
                host=self._target.name,
                reason=reason,
                message=self._redactor.scrub(message),
                seconds=round(time.monotonic() - self._began, 3),
            )
        )
