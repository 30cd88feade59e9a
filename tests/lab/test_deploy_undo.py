"""A run is taken back on a real host: what runs is as it was before, and that is proved."""

import json
from collections.abc import Iterator

import pytest

from tests.lab import Lab, LabHost
from tests.lab.site import LabSite

pytestmark = pytest.mark.lab

AREAS = ("banner", "time", "accounts", "ssh", "firewall")
ONLY = tuple(word for area in AREAS for word in ("--area", area))
STATE = """\
cd /etc
sha256sum issue issue.net nftables.conf ssh/sshd_config ssh/sshd_config.d/* sudoers.d/* || :
stat -c '%n %a %U %G' issue.net ssh/sshd_config ssh/sshd_config.d sudoers.d/* || :
getent passwd | grep -v _chrony; getent group | grep -v _chrony; sshd -T | sort; nft list ruleset
systemctl is-active ssh nftables; systemctl is-enabled ssh nftables
"""


@pytest.fixture(scope="module")
def host(lab: Lab) -> Iterator[LabHost]:
    host = lab.boot("takes-back")
    yield host
    lab.remove(host)


@pytest.fixture(scope="module")
def site(host: LabHost, tmp_path_factory: pytest.TempPathFactory) -> LabSite:
    return LabSite.create(tmp_path_factory.mktemp("site"), [host])


def state(host: LabHost) -> str:
    return host.attempt(["sh", "-c", STATE]).stdout


def applied(site: LabSite, *words: str) -> str:
    """The name of a run that made the host as wanted."""
    return str(site.json("apply", "--yes", *words, code=0)["run"])


def test_a_first_hardening_is_taken_back_and_proved(site: LabSite, host: LabHost) -> None:
    before = state(host)
    run = applied(site, *ONLY)
    after = state(host)
    assert after != before
    done = site.watchfloor("undo", run, "--yes")
    assert done.exit_code == 0, done.stderr + done.stdout
    assert "stays: takes-back: time: install chrony" in done.stdout
    assert state(host) == before
    assert "watchfloor-restore" not in host.run(["systemctl", "list-timers", "--all"])
    assert "nothing left of it to undo" in site.watchfloor("undo", run, "--yes").stderr
    # What was taken back can be done again, and the undo itself taken back.
    undo = json.loads(site.watchfloor("runs", "--json").stdout)["runs"][0]
    assert (undo["kind"], undo["undoes"], undo["state"]) == ("undo", run, "done")
    again = site.watchfloor("undo", undo["run"], "--yes")
    assert again.exit_code == 0, again.stderr + again.stdout
    assert state(host) == after
    assert site.watchfloor("drift", *ONLY).exit_code == 0


def test_a_later_change_of_the_area_has_to_go_first(site: LabSite, host: LabHost) -> None:
    host.run(["sh", "-c", "echo one >/etc/issue.net"])
    first = applied(site, "--area", "banner")
    host.run(["sh", "-c", "echo two >/etc/issue.net"])
    second = applied(site, "--area", "banner")
    refused = site.json("undo", first, "--yes", code=1)
    assert refused["hosts"][0]["areas"][0]["message"] == (
        f"run {second} changed it later; undo that first"
    )
    assert site.watchfloor("undo", second, "--yes").exit_code == 0
    assert host.run(["cat", "/etc/issue.net"]) == "two\n"
    # Between the runs somebody changed it by hand, which no run can take back.
    unlike = site.json("undo", first, "--yes", code=0)
    assert unlike["hosts"][0]["areas"][0]["changed"] == 1
    assert host.run(["cat", "/etc/issue.net"]) == "one\n"


def test_an_undo_that_cuts_us_off_ends_in_the_state_before_it(site: LabSite, host: LabHost) -> None:
    applied(site, *ONLY)
    # Somebody's file, which their sshd has not read yet and would let nobody in by.
    host.run(["sh", "-c", "echo 'PubkeyAuthentication no' >/etc/ssh/sshd_config.d/00-mine.conf"])
    run = applied(site, "--area", "ssh")
    after = state(host)
    record = site.json("undo", run, "--yes", code=1)
    area = record["hosts"][0]["areas"][0]
    assert (area["area"], area["reason"], area["restored"]) == ("ssh", "locked-out", True)
    assert state(host) == after
    assert site.watchfloor("drift", *ONLY).exit_code == 0


def test_what_the_runs_did_is_listed(site: LabSite) -> None:
    listed = site.json("runs", code=0)["runs"]
    assert {run["kind"] for run in listed} == {"bootstrap", "undo"}
    last = listed[0]
    assert (last["kind"], last["state"]) == ("undo", "failed")
    shown = site.watchfloor("runs", last["run"]).stdout
    assert last["run"] in shown
    assert "locked-out" in shown or "no login as" in shown
