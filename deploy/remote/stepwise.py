"""The visit to an appliance that keeps nothing to go back by: its changes are made one by one."""

import time
from abc import abstractmethod

from deploy.change import Change
from deploy.failure import HostFailure
from deploy.messages import AreaJob
from deploy.remote.visit import Visit


class StepwiseVisit(Visit):
    """Each change proves itself as it is made; the first that fails ends its area."""

    @abstractmethod
    def _make(self, change: Change) -> None:
        """Makes one change and reads it back. Raises `HostFailure`."""

    def _area(self, area: AreaJob) -> bool:
        done = 0
        try:
            for number, change in enumerate(area.changes, start=1):
                self._stop_if_told()
                self._started(area, number, change.title)
                began = time.monotonic()
                self._make(change)
                done = number
                self._changed(area, number, time.monotonic() - began)
        except HostFailure as failure:
            self._area_done(area, failure.reason, str(failure), changed=done)
            return False
        self._area_done(area, changed=done)
        return True
