"""Leases: one of a device's peers at a time, and only where the center loses nothing by it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from monitors import leases as module
from monitors.channel_server import Refusal
from monitors.commands import Commands
from monitors.incident import Incident
from monitors.leases import LONGEST_S, MOST, LeaseError, LeaseRequest, Leases
from monitors.outlook import Outlook, Standing
from monitors.reading import State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


def standing(name: str, state: State = State.OK) -> Standing:
    return Standing(
        device=name,
        monitored=True,
        state=state,
        reachable=True,
        in_service=True,
        silent=False,
        polled_at=NOW,
    )


def outlook(name: str, *peers: Standing) -> Outlook:
    return Outlook(
        format=1,
        center="tiny",
        taken_at=NOW,
        settled=True,
        devices=(standing(name),),
        peers=peers,
        margins=(),
        takes_out=(),
        leans_on=(),
        critical=(),
        incident=None,
    )


def request(name: str, by: str = "run-1", **more: object) -> LeaseRequest:
    return LeaseRequest.model_validate({"device": name, "by": by, **more})


def test_a_peer_waits_until_the_lease_is_given_back() -> None:
    leases = Leases(LONG_AGO)
    leases.ask(request("web-1"), outlook("web-1", standing("web-2")), NOW)
    peer = outlook("web-2", standing("web-1"))
    with pytest.raises(LeaseError, match="its peer web-1 holds a lease until 12:15:00"):
        leases.ask(request("web-2", "run-2"), peer, NOW)
    leases.give_back("web-1", "somebody else")
    with pytest.raises(LeaseError):
        leases.ask(request("web-2", "run-2"), peer, NOW)
    leases.give_back("web-1", "run-1")
    assert leases.ask(request("web-2", "run-2"), peer, NOW).device == "web-2"


def test_a_lease_ends_by_itself() -> None:
    leases = Leases(LONG_AGO)
    leases.ask(request("web-1", seconds=60), outlook("web-1"), NOW)
    peer = outlook("web-2", standing("web-1"))
    later = NOW + timedelta(seconds=60)
    assert leases.ask(request("web-2"), peer, later).until == later + timedelta(seconds=LONGEST_S)


def test_the_same_run_may_ask_again_and_no_other() -> None:
    leases = Leases(LONG_AGO)
    leases.ask(request("web-1"), outlook("web-1"), NOW)
    leases.ask(request("web-1"), outlook("web-1"), NOW)
    with pytest.raises(LeaseError, match="run-1 holds its lease"):
        leases.ask(request("web-1", "run-2"), outlook("web-1"), NOW)


def test_a_monitor_that_has_just_started_lends_nothing() -> None:
    with pytest.raises(LeaseError, match="just started"):
        Leases(NOW).ask(request("web-1"), outlook("web-1"), NOW)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (replace(outlook("web-1"), takes_out=("calls",)), "without it, calls would be out"),
        (replace(outlook("web-1"), settled=False), "not every device has answered"),
        (outlook("web-1", standing("web-2", State.CRITICAL)), "its peer web-2 is not well"),
        (
            replace(outlook("web-1"), incident=Incident(since=NOW, by="noc", reason="flood")),
            "an incident is going on: flood",
        ),
    ],
)
def test_what_the_center_would_lose_by_it_refuses_it(found: Outlook, why: str) -> None:
    with pytest.raises(LeaseError, match=why):
        Leases(LONG_AGO).ask(request("web-1"), found, NOW)


def test_no_more_than_some_at_a_time() -> None:
    leases = Leases(LONG_AGO)
    for number in range(MOST):
        leases.ask(request(f"con-{number}"), outlook(f"con-{number}"), NOW)
    with pytest.raises(LeaseError, match="no more may"):
        leases.ask(request("con-9"), outlook("con-9"), NOW)


@dataclass
class Engine:
    """What the commands need of the engine for this."""

    ready: bool = True
    hastened: list[str] = field(default_factory=list)

    @property
    def watch(self) -> "Engine":
        return self

    @property
    def center(self) -> "Engine":
        return self

    @property
    def devices(self) -> tuple[str, ...]:
        return ("web-1", "web-2")

    def hasten(self, names: Iterable[str]) -> None:
        self.hastened += names

    def outlook(self, names: Iterable[str], _now: datetime) -> Outlook:
        (name,) = names
        return outlook(name, *(standing(each) for each in self.devices if each != name))


async def test_the_engine_lends_to_one_peer_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands(cast(Any, Engine()))

    async def ask(device: str, **more: object) -> dict[str, str]:
        body = json.dumps({"device": device, "by": f"run of {device}", **more})
        answer = await commands("lease", body.encode())
        return cast(dict[str, str], json.loads(cast(bytes, answer)))

    with pytest.raises(Refusal, match="just started"):
        await ask("web-1")
    monkeypatch.setattr(module, "LONGEST_S", 0)
    assert (await ask("web-1"))["device"] == "web-1"
    with pytest.raises(Refusal, match="its peer web-1 holds a lease") as refused:
        await ask("web-2")
    assert refused.value.status == 409
    await ask("web-1", give_back=True)
    assert (await ask("web-2"))["by"] == "run of web-2"
    with pytest.raises(Refusal, match="is not in this center"):
        await ask("web-9")
    with pytest.raises(Refusal, match="send device, by"):
        await ask("web-1", forever=True)
