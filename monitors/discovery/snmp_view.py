"""Asks one address over SNMP with the inventory's credentials, and reads who its neighbours are."""

import asyncio
import re
from collections.abc import Mapping

from monitors.discovery.found import Neighbour, Outlet, SnmpView
from monitors.probe import Poll
from monitors.profiles.library import Library
from monitors.reading import Reading, State
from monitors.sensors import kind_of
from monitors.snmp.answer import Answer
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.oid import decode_subids, encode_oid
from monitors.snmp.plan import PollPlan
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.system import SYS_OBJECT_ID
from monitors.snmp.target import Credential, SnmpTarget
from monitors.snmp.values import decode_or_none, text_of

LLDP_LOCAL_PORT = "1.0.8802.1.1.2.1.3.7.1"
"""lldpLocPortEntry: 3 is the port's id, 4 its description; indexed by the port's number."""
LLDP_REMOTE = "1.0.8802.1.1.2.1.4.1.1"
"""lldpRemEntry: 7 is the port's id, 8 its description, 9 the system's name; indexed by
lldpRemTimeMark, lldpRemLocalPortNum, lldpRemIndex."""
MOST_NEIGHBOURS = 1024
LONGEST_NAME = 128
DEADLINE_S = 20.0


class SnmpAsker:
    """Tries the credentials, the one that answers first counts."""

    def __init__(
        self, engine: SnmpEngine, library: Library, credentials: Mapping[str, Credential]
    ) -> None:
        self._engine = engine
        self._library = library
        self._credentials = credentials

    async def ask(self, host: str, timeout_s: float, port: int = 161) -> SnmpView | None:
        """What lives there, or None when nothing answers to any credential."""
        targets = {
            name: SnmpTarget(
                host, host, port, credential, timeout_s=timeout_s, retries=1, deadline_s=DEADLINE_S
            )
            for name, credential in self._credentials.items()
        }
        try:
            name = await self._first_answered(targets)
            return await self._view(name, targets[name]) if name else None
        finally:
            for target in targets.values():
                self._engine.forget(target)

    async def _first_answered(self, targets: Mapping[str, SnmpTarget]) -> str | None:
        question = PollPlan((SYS_OBJECT_ID,))
        answers = await asyncio.gather(
            *(self._engine.poll(target, question) for target in targets.values())
        )
        answered = (n for n, answer in zip(targets, answers, strict=True) if answer.values)
        return next(answered, None)

    async def _view(self, name: str, target: SnmpTarget) -> SnmpView:
        probe = SnmpProbe(self._engine, target, self._library)
        poll = await probe.poll()
        links = await self._engine.walk(target, [LLDP_LOCAL_PORT, LLDP_REMOTE])
        return SnmpView(
            name,
            poll.identity,
            probe.profiles,
            tuple(sorted({kind_of(r.component) for r in poll.readings if _is_part(r)})),
            neighbours_in(links),
            outlets_in(poll),
        )


def _is_part(reading: Reading) -> bool:
    return bool(reading.component) and reading.state is not State.ABSENT


def outlets_in(poll: Poll) -> tuple[Outlet, ...]:
    """Each outlet once, with the longest of its readings' names: that one holds people's word."""
    names: dict[str, str] = {}
    for reading in poll.readings:
        kind, _, number = reading.component.partition(":")
        if kind == "outlet" and len(reading.name) > len(names.get(number, "")):
            names[number] = reading.name[:LONGEST_NAME]
    return tuple(Outlet(number, name) for number, name in sorted(names.items(), key=_natural))


def neighbours_in(answer: Answer) -> tuple[Neighbour, ...]:
    """The neighbours that LLDP-MIB names; those without a system's name are left out."""
    ids = _column(answer, f"{LLDP_LOCAL_PORT}.3")
    descriptions = _column(answer, f"{LLDP_LOCAL_PORT}.4")
    remote_ids = _column(answer, f"{LLDP_REMOTE}.7")
    found: list[Neighbour] = []
    for index, system in sorted(_column(answer, f"{LLDP_REMOTE}.9").items()):
        if system and len(index) == 3 and len(found) < MOST_NEIGHBOURS:
            local = (index[1],)
            port = ids.get(local) or descriptions.get(local) or str(index[1])
            found.append(Neighbour(port, system, remote_ids.get(index, "")))
    return tuple(found)


def _column(answer: Answer, column: str) -> dict[tuple[int, ...], str]:
    """Index -> text of one column."""
    prefix = encode_oid(column)
    return {
        decode_subids(oid[len(prefix) :]): _clean(text_of(decode_or_none(value)))
        for oid, value in answer.values.items()
        if oid.startswith(prefix) and len(oid) > len(prefix)
    }


def _clean(text: str) -> str:
    """Bounded and printable: names come from the network."""
    return re.sub(r"[^\x20-\x7e\u00a0-\uffff]", "", text)[:LONGEST_NAME].strip()


def _natural(item: tuple[str, str]) -> tuple[tuple[int, ...], str]:
    return tuple(int(part) for part in re.findall(r"\d+", item[0])[:8]), item[0]
