"""Rounds of polls in which three of ten devices are silent, on a clock that never waits."""

import asyncio
import selectors
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import watchfloor.simulate
from monitors.poller import Poller
from monitors.probe import Poll
from monitors.profiles.library import shipped
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, SnmpTarget
from monitors.targets import Target
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent

RECORDINGS = Path(watchfloor.simulate.__file__).parent / "recordings"
DEVICES = 200
SILENT = 60
INTERVAL_S = 5.0
DEADLINE_S = 4.0
ROUNDS = 5


class _Hasty(selectors.DefaultSelector):
    """Moves the clock on where others would wait; loopback delivers before it can be asked."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class HastyLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nothing is left to do."""

    def __init__(self) -> None:
        self._hasty = _Hasty()
        super().__init__(self._hasty)

    def time(self) -> float:
        return self._hasty.now


class Round:
    """A poller with its engine, and the polls that it has finished, by device."""

    def __init__(self, engine: SnmpEngine, ports: Mapping[str, int]) -> None:
        self.loop = asyncio.get_running_loop()
        self.polls: defaultdict[str, list[tuple[float, Poll]]] = defaultdict(list)
        self.poller = Poller(self._keep)
        library = shipped()
        self.targets = [
            Target(
                SnmpProbe(engine, _target(name, port), library, clock=self.loop.time),
                INTERVAL_S,
                DEADLINE_S,
            )
            for name, port in ports.items()
        ]

    def since(self, moment: float, names: Iterable[str]) -> dict[str, list[tuple[float, Poll]]]:
        return {name: [each for each in self.polls[name] if each[0] >= moment] for name in names}

    def _keep(self, poll: Poll) -> None:
        self.polls[poll.device].append((self.loop.time(), poll))


def _target(name: str, port: int) -> SnmpTarget:
    return SnmpTarget(
        name, "127.0.0.1", port, Community("public"), timeout_s=1.0, deadline_s=DEADLINE_S
    )


def test_a_round_with_many_silent_devices_loses_no_reading_of_the_others() -> None:
    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        runner.run(_three_of_ten_are_silent())


async def _three_of_ten_are_silent() -> None:
    loop = asyncio.get_running_loop()
    recording = Recording.load(RECORDINGS / "ups-rfc1628.snmprec")
    async with (
        SnmpAgent(recording) as well,
        SnmpAgent(recording) as dead,
        SnmpEngine(clock=loop.time) as engine,
    ):
        dead.faults.silence = True
        gone = {f"dead-{n}": dead.address[1] for n in range(SILENT)}
        living = {f"well-{n}": well.address[1] for n in range(DEVICES - SILENT)}
        rounds = Round(engine, _mixed(living, gone))
        rounds.poller.start(rounds.targets)
        await asyncio.sleep((ROUNDS - 1) * INTERVAL_S)
        asked_before = dead.requests
        await asyncio.sleep(INTERVAL_S)
        _check_living(rounds.since(INTERVAL_S, living))
        _check_silent(rounds.since(INTERVAL_S, gone))
        assert dead.requests - asked_before <= SILENT, "one packet asks whether it is back"

        dead.faults.silence = False
        back = loop.time()
        await asyncio.sleep(INTERVAL_S + 1.0)
        late = [name for name, polls in rounds.since(back, gone).items() if not _has_any(polls)]
        assert late == [], "the return is seen within one interval"
        await rounds.poller.stop()


def _mixed(living: Mapping[str, int], gone: Mapping[str, int]) -> dict[str, int]:
    """Silent devices among the others, as they stand in an inventory."""
    both = [*living.items(), *gone.items()]
    return dict(sorted(both, key=lambda item: item[0].partition("-")[2].zfill(3)))


def _check_living(found: Mapping[str, list[tuple[float, Poll]]]) -> None:
    for name, polls in found.items():
        assert len(polls) >= ROUNDS - 1, name
        assert {poll.problem for _, poll in polls} == {None}, name
        assert len({len(poll.readings) for _, poll in polls}) == 1, name
        gaps = [after - before for (before, _), (after, _) in pairwise(polls)]
        assert max(gaps) <= 1.1 * INTERVAL_S, (name, gaps)


def _check_silent(found: Mapping[str, list[tuple[float, Poll]]]) -> None:
    for name, polls in found.items():
        assert polls, name
        assert all(poll.problem is not None and not poll.readings for _, poll in polls), name


def _has_any(polls: list[tuple[float, Poll]]) -> bool:
    return any(poll.readings for _, poll in polls)
