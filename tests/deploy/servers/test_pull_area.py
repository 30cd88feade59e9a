from dataclasses import replace
from pathlib import Path

import pytest

from deploy.area import Vantage
from deploy.desired import areas_of
from deploy.pull.access import LEFT, Withheld, WithheldCargo, WithheldError
from deploy.releases.manifest import Release
from deploy.servers import pull as area
from inventory.facts.pull import (
    ENVIRONMENT,
    SERVICE_FILE,
    SIGNERS,
    TIMER,
    TIMER_FILE,
    PullFacts,
    parse,
)
from inventory.facts.textfile import StoredSecret, TextFile
from inventory.facts.unit import Unit
from inventory.model import Role
from inventory.upkeep import Pull
from tests.deploy.hosts import center, recorded, server
from tests.deploy.servers.settled import BARE_PROGRAM

PULLER = server("con-1", "10.9.1.31", pull=True)
MON = server("mon-1", "10.9.1.21", roles=("monitor",), pull=True)
BASE = center()
CENTER = center(
    devices={**BASE.devices, "con-1": PULLER, "mon-1": MON},
    roles={**BASE.roles, "monitor": Role(name="monitor")},
    release="file:release.tar",
    pull=Pull(
        source="http://10.9.1.3/bundles/",
        monitors=("http://10.9.1.21:8443", "http://10.9.1.22:8443"),
        token="monitors",
    ),
)
SIGNER = 'watchfloor namespaces="watchfloor-bundle" ssh-ed25519 AAAA\n'


class Shipped:
    """A cargo with a release."""

    release = Release(Path("release.tar"), "1.2", ("3.11",), 5000, "a" * 64, "b" * 64)
    signers = SIGNER

    @property
    def center_folder(self) -> None:
        raise AssertionError("no host that only pulls gets it")


class Current:
    """Every secret on the host is the wanted one."""

    def is_current(self, name: str, salt: str, digest: str) -> bool:
        return bool(digest)


HERE = Vantage("10.9.0.5", 22, "deployer", "deployer", Current(), Shipped())  # type: ignore[arg-type] # see above
WANTED = area.desired(CENTER, PULLER, HERE)
SETTLED_PROGRAM = replace(
    BARE_PROGRAM,
    has_venv=True,
    current="1.2-aaaaaaaaaaaa",
    version="1.2",
    sha256="a" * 64,
    files_sha256="b" * 64,
)
SETTLED = PullFacts(
    files=tuple(
        TextFile(
            path,
            "file",
            mode,
            "root",
            "root",
            text,
            (StoredSecret("monitors.secret", "00", "digest"),) if path == ENVIRONMENT else (),
        )
        for path, (text, mode) in WANTED.files.items()
    ),
    timer=Unit(TIMER, "loaded", "active", "enabled"),
)


def test_only_hosts_that_pull_have_the_area() -> None:
    having = [name for name, one in CENTER.devices.items() if "pull" in areas_of(CENTER, one)]
    assert having == ["con-1", "mon-1"]


def test_a_settled_host_is_clean() -> None:
    assert area.diff(WANTED, SETTLED_PROGRAM, SETTLED, Current()).is_clean


def test_a_bare_host_gets_all_of_it() -> None:
    bare = PullFacts((), Unit(TIMER, "not-found", "inactive", ""))
    found = area.diff(WANTED, BARE_PROGRAM, bare, Current()).changes
    assert [change.title for change in found] == [
        "install python3-venv",
        "install Watchfloor 1.2 (aaaaaaaaaaaa), 0 MiB, for Python 3.11",
        "switch to 1.2-aaaaaaaaaaaa",
        f"create {SIGNERS}",
        f"create {ENVIRONMENT}",
        f"create {SERVICE_FILE}",
        f"create {TIMER_FILE}",
        "have systemd read its units again",
        f"enable {TIMER}",
        f"start {TIMER} (it does not run)",
        "keep the release before this one, and no older",
    ]


def test_what_it_pulls_and_whom_it_asks_is_in_its_service() -> None:
    text, _ = WANTED.files[SERVICE_FILE]
    assert '"--bundle" "http://10.9.1.3/bundles/con-1.bundle"' in text
    assert '"--device" "con-1"' in text
    monitors = "http://10.9.1.21:8443,http://10.9.1.22:8443"
    assert f'Environment="WATCHFLOOR_MONITOR_URL={monitors}"' in text
    assert WANTED.files[SIGNERS] == (SIGNER, 0o644)


def test_the_token_is_a_marker_in_a_file_for_root_alone() -> None:
    text, mode = WANTED.files[ENVIRONMENT]
    assert text.splitlines()[1:] == ["WATCHFLOOR_MONITOR_TOKEN='{{secret:monitors.secret}}'"]
    assert mode == 0o600


def test_a_monitor_has_its_program_by_its_own_area() -> None:
    assert area.desired(CENTER, MON, HERE).program is None


def test_nothing_of_it_is_pulled() -> None:
    vantage = Vantage("", 22, "deployer", "deployer", Withheld(), WithheldCargo())
    for device in (PULLER, MON):
        with pytest.raises(WithheldError, match="left to `watchfloor apply`") as caught:
            area.difference(CENTER, device, recorded("fresh-debian-12"), vantage)
        assert str(caught.value) == LEFT


def test_facts_are_taken_apart() -> None:
    text = f"file\tabsent - - - - {SIGNERS}\nunit\t{TIMER} LoadState=not-found ActiveState=inactive"
    found = parse(text)
    assert found.timer == Unit(TIMER, "not-found", "inactive", "")
    assert [file.path for file in found.files] == [SIGNERS]
