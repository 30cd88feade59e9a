"""Changes that cut us off heal by themselves: the host goes back to what it was."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from deploy.change import Change, CommandChange, FileChange, RulesetChange, ServiceChange
from deploy.controller import run_job
from deploy.failure import Reason
from deploy.messages import (
    AreaDone,
    AreaJob,
    ChangeDone,
    ChangeStarted,
    Event,
    HostDone,
    Job,
)
from deploy.operations.journal import UNITS
from tests.lab import Lab, LabHost
from tests.lab.jobs import job as job_of
from tests.lab.jobs import logins_cut
from tests.wait import until

pytestmark = pytest.mark.lab

DEAD_MAN_S = 8

CUT_OFF = """\
table inet watchfloor
delete table inet watchfloor
table inet watchfloor {
	chain input {
		type filter hook input priority filter; policy drop;
	}
}
"""
RULES = (
    FileChange(path="/etc/nftables.conf", content=CUT_OFF, mode=0o600, before=""),
    RulesetChange(table="watchfloor"),
)
NOBODY = (
    FileChange(
        path="/etc/ssh/sshd_config.d/10-watchfloor.conf",
        content="AllowGroups nobody-at-all\n",
        mode=0o600,
        check_with=("sshd", "-t"),
    ),
    ServiceChange(unit="ssh.service", action="reload"),
)
BROKEN = (
    FileChange(
        path="/etc/ssh/sshd_config.d/10-watchfloor.conf",
        content="PermitRootLogin perhaps\n",
        validate_with=("sshd", "-t", "-f", "{}"),
    ),
    ServiceChange(unit="ssh.service", action="reload"),
)


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[LabHost]:
    host = lab.boot("cut-off")
    host.run(["rm", "-f", "/etc/ssh/sshd_config.d/10-watchfloor.conf"])
    yield host
    lab.remove(host)


@pytest.fixture
def state(host: LabHost) -> Iterator[Callable[[], str]]:
    """All that these changes touch; at the end of the test it has to be as it was."""
    read = (
        "nft list ruleset; cat /etc/nftables.conf; ls /etc/ssh/sshd_config.d; sshd -T | sort;"
        " systemctl is-active ssh"
    )

    def now() -> str:
        return host.run(["sh", "-c", read])

    before = now()
    yield now
    assert now() == before


def job(
    host: LabHost,
    area: str,
    changes: tuple[Change, ...],
    *behind: AreaJob,
    dead_man_s: int = DEAD_MAN_S,
) -> Job:
    """An area with a dead-man, and others behind it, in a run of their own."""
    first = AreaJob(name=area, risky=True, changes=changes)
    run = f"r-{area}-{len(changes[0].model_dump_json())}-{len(behind)}"
    return job_of(host, first, *behind, run=run, dead_man_s=dead_man_s)


def test_rules_that_lock_us_out_are_taken_back_by_the_host_alone(
    host: LabHost, state: Callable[[], str]
) -> None:
    before = state()
    events: list[Event] = []
    was_cut_off: list[bool] = []

    def watch(event: Event) -> None:
        events.append(event)
        if isinstance(event, ChangeDone) and event.number == len(RULES):
            was_cut_off.append(not host.ssh_answers())

    run_job(job(host, "firewall", RULES), watch)
    assert was_cut_off == [True]
    done = next(event for event in events if isinstance(event, AreaDone))
    assert (done.reason, done.restored) == (Reason.LOCKED_OUT, True)
    assert host.ssh_answers()
    assert state() == before


def test_an_sshd_that_lets_nobody_in_is_taken_back_at_once(
    host: LabHost, state: Callable[[], str]
) -> None:
    events: list[Event] = []
    run_job(job(host, "ssh", NOBODY), events.append)
    done = next(event for event in events if isinstance(event, AreaDone))
    assert (done.reason, done.restored) == (Reason.LOCKED_OUT, True)
    assert "the host refuses the key" in done.message


def test_a_configuration_that_sshd_refuses_is_never_put_in_place(
    host: LabHost, state: Callable[[], str]
) -> None:
    events: list[Event] = []
    run_job(job(host, "ssh", BROKEN), events.append)
    done = next(event for event in events if isinstance(event, AreaDone))
    assert done.reason is Reason.FAILED
    assert "sshd refuses the new /etc/ssh/sshd_config.d/10-watchfloor.conf" in done.message
    assert done.changed == 0


def test_what_is_confirmed_stays(host: LabHost) -> None:
    good = CUT_OFF.replace("policy drop", "policy accept").replace("watchfloor", "wf_stays")
    changes = (
        FileChange(path="/etc/nftables-stays.conf", content=good),
        RulesetChange(path="/etc/nftables-stays.conf", table="wf_stays"),
    )
    events: list[Event] = []
    run_job(job(host, "stays", changes), events.append)
    assert [event.reason for event in events if isinstance(event, HostDone)] == [None]
    assert "watchfloor-restore" not in host.run(["systemctl", "list-timers", "--all"])
    assert "table inet wf_stays" in host.run(["nft", "list", "ruleset"])


def test_a_worker_that_dies_before_its_confirmation_leaves_the_old_state(
    host: LabHost, state: Callable[[], str]
) -> None:
    before = state()

    def watch(event: Event) -> None:
        if isinstance(event, ChangeDone) and event.number == len(RULES):
            os.kill(worker_of_ours(), signal.SIGKILL)

    run_job(job(host, "rules", RULES), watch)
    until(lambda: state() == before, DEAD_MAN_S + 20, "the dead-man")
    until(host.ssh_answers, 10, "SSH to answer again")
    # Nobody could tell the host that its worker is gone: it has to miss the heartbeat.
    lock = ["flock", "-n", "/run/watchfloor/lock", "true"]
    until(lambda: host.attempt(lock).exit_code == 0, 60, "the lock to go")


@pytest.fixture
def quiet(host: LabHost) -> Iterator[FileChange]:
    """A change that harms nobody."""
    change = FileChange(path="/etc/watchfloor-quiet", content="new\n")
    yield change
    host.run(["rm", "-f", change.path])


def ends(events: list[Event]) -> dict[str, tuple[Reason | None, bool]]:
    """Area -> how it ended, and whether its old state is back."""
    done = [event for event in events if isinstance(event, AreaDone)]
    assert len({event.area for event in done}) == len(done), "an area ends once"
    return {event.area: (event.reason, event.restored) for event in done}


def logins(host: LabHost) -> int:
    said = host.run(["journalctl", "--identifier=sshd", "--output=cat"])
    return said.count("Accepted publickey")


def test_areas_behind_one_another_are_confirmed_by_one_login(
    host: LabHost, quiet: FileChange
) -> None:
    before = logins(host)
    behind = [AreaJob(name=name, risky=True, changes=(quiet,)) for name in ("two", "three")]
    events: list[Event] = []
    run_job(job(host, "one", (quiet,), *behind), events.append)
    assert ends(events) == dict.fromkeys(("one", "two", "three"), (None, False))
    assert logins(host) - before == 2, "the one that changes, and the one that confirms"
    assert "watchfloor-restore" not in host.run(["systemctl", "list-timers", "--all"])


def test_the_area_that_locks_us_out_is_named_and_the_others_are_done(
    host: LabHost, state: Callable[[], str], quiet: FileChange
) -> None:
    last = quiet.model_copy(update={"path": f"{quiet.path}-last"})
    behind = (
        AreaJob(name="ssh", risky=True, changes=NOBODY),
        AreaJob(name="last", risky=True, changes=(last,)),
        AreaJob(name="needs-ssh", risky=True, after=("ssh",), changes=(last,)),
    )
    events: list[Event] = []
    run_job(job(host, "first", (quiet,), *behind), events.append)
    assert ends(events) == {
        "first": (None, False),
        "ssh": (Reason.LOCKED_OUT, True),
        "last": (None, False),
        "needs-ssh": (Reason.DEPENDENCY, False),
    }
    host.run(["rm", quiet.path, last.path])
    assert "watchfloor-restore" not in host.run(["systemctl", "list-timers", "--all"])


def test_a_connection_that_a_change_cuts_is_made_again_for_the_others(
    host: LabHost, quiet: FileChange
) -> None:
    cut = CommandChange(title="end all logins", command=logins_cut(host), timeout_s=2)
    last = quiet.model_copy(update={"path": f"{quiet.path}-last"})
    behind = (
        AreaJob(name="cutting", risky=True, changes=(cut,)),
        AreaJob(name="last", risky=True, changes=(last,)),
    )
    events: list[Event] = []
    run_job(job(host, "first", (quiet,), *behind, dead_man_s=30), events.append)
    assert ends(events) == {
        "first": (None, False),
        "cutting": (Reason.CONNECTION_LOST, True),
        "last": (None, False),
    }
    assert [event.reason for event in events if isinstance(event, HostDone)] == [None]
    host.run(["rm", quiet.path, last.path])


@pytest.mark.slow
def test_a_restore_that_takes_long_keeps_the_next_run_away_until_it_ends(host: LabHost) -> None:
    unit = f"{UNITS}r-killed-slow"
    host.run(["systemd-run", f"--unit={unit}", "--on-active=600", "--", "sh", "-c", "sleep 600"])
    harmless = FileChange(path="/etc/watchfloor-quiet", content="new\n")
    events: list[Event] = []
    try:
        run_job(job(host, "impatient", (harmless,)), events.append)
        done = next(event for event in events if isinstance(event, HostDone))
        assert done.reason is Reason.LOCKED
        assert "r-killed-slow had left unconfirmed is still being taken back" in done.message
        lock = ["flock", "-n", "/run/watchfloor/lock", "true"]
        assert host.attempt(lock).exit_code == 0, "nothing of ours keeps the lock"
    finally:
        host.run(["systemctl", "stop", f"{unit}.service", f"{unit}.timer"])


@pytest.mark.slow
def test_what_cannot_be_confirmed_or_taken_back_is_told_area_by_area(
    host: LabHost, quiet: FileChange
) -> None:
    gone = f"systemctl stop ssh; {' '.join(logins_cut(host))}"
    cut = quiet.model_copy(
        update={"path": f"{quiet.path}-cut", "validate_with": ("sh", "-c", gone)}
    )
    behind = (
        AreaJob(name="cutting", risky=True, changes=(cut,)),
        AreaJob(name="never", risky=True, changes=(quiet,)),
    )
    events: list[Event] = []
    try:
        run_job(job(host, "made", (quiet,), *behind), events.append)
    finally:
        host.run(["systemctl", "start", "ssh"])
    lost = (Reason.CONNECTION_LOST, False)
    assert ends(events) == {"made": lost, "cutting": lost}
    made = next(event for event in events if isinstance(event, AreaDone))
    assert made.changed == 1
    assert made.message.startswith("not confirmed, because cutting failed: ")
    assert [event.reason for event in events if isinstance(event, HostDone)] == [lost[0]]
    # The host needs nobody for it.
    assert host.attempt(["cat", quiet.path]).exit_code != 0


def test_what_is_stopped_unconfirmed_is_taken_back_by_the_host(
    host: LabHost, quiet: FileChange
) -> None:
    events: list[Event] = []

    def watch(event: Event) -> None:
        events.append(event)
        if isinstance(event, ChangeStarted) and event.area == "second":
            raise KeyboardInterrupt

    slow = quiet.model_copy(update={"path": f"{quiet.path}-slow", "validate_with": ("sleep", "1")})
    never = quiet.model_copy(update={"path": f"{quiet.path}-never"})
    behind = AreaJob(name="second", risky=True, changes=(slow, never))
    with pytest.raises(KeyboardInterrupt):
        run_job(job(host, "stopped", (quiet,), behind), watch)
    assert ends(events) == {}
    assert host.attempt(["cat", never.path]).exit_code != 0
    gone = f"! [ -e {quiet.path} ] && ! [ -e {slow.path} ]"
    until(lambda: host.attempt(["sh", "-c", gone]).exit_code == 0, DEAD_MAN_S + 20, "the dead-man")


def test_what_a_killed_run_left_unconfirmed_is_taken_back_before_the_next(
    host: LabHost, state: Callable[[], str], quiet: FileChange
) -> None:
    def watch(event: Event) -> None:
        if isinstance(event, ChangeStarted) and event.area == "second":
            os.kill(worker_of_ours(), signal.SIGKILL)

    behind = AreaJob(name="second", risky=True, changes=(quiet,))
    run_job(job(host, "killed", (quiet,), behind, dead_man_s=600), watch)
    assert host.run(["cat", quiet.path]) == quiet.content
    lock = ["flock", "-n", "/run/watchfloor/lock", "true"]
    until(lambda: host.attempt(lock).exit_code == 0, 60, "the lock to go")
    # Its dead-men would come long after this one's end.
    again = job(host, "again", (quiet,))
    events: list[Event] = []
    run_job(again, events.append)
    done = next(event for event in events if isinstance(event, HostDone))
    assert done.reason is Reason.FACTS_CHANGED
    assert f"run {job(host, 'killed', (quiet,), behind).run}" in done.message
    assert host.attempt(["cat", quiet.path]).exit_code != 0
    assert "watchfloor-restore" not in host.run(["systemctl", "list-timers", "--all"])
    events.clear()
    run_job(again, events.append)
    assert ends(events) == {"again": (None, False)}


def worker_of_ours() -> int:
    """The worker process that this very process has started."""
    argv = ["pgrep", "-P", str(os.getpid()), "-f", "deploy.worker"]
    return int(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
