from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from pydantic import SecretStr

from deploy.area import Difference, Vantage
from deploy.center_folder import CenterFolder
from deploy.change import Change, CommandChange, ServiceChange
from deploy.desired import areas_of, differences
from deploy.releases.manifest import Release, ReleaseError
from deploy.secret_box import SecretUseError, check_quotable
from deploy.servers import watchfloor as area
from deploy.shipped_change import ReleaseChange
from inventory.facts.area import FactError
from inventory.facts.textfile import StoredSecret, TextFile
from inventory.facts.unit import Unit
from inventory.facts.watchfloor import ENVIRONMENT, UNIT, UNIT_FILE, WatchfloorFacts, parse
from inventory.model import Credential, Purpose, Role, Service
from inventory.virtual import VirtualAddress
from tests.deploy.hosts import VANTAGE, center, recorded, server
from tests.deploy.servers.settled import BARE_PROGRAM

MON = server("mon-1", "10.9.1.21", roles=("monitor",))
BASE = center()
TRAPS = Service(port=162, protocol="udp", sources=("servers",))
SYSLOG = Service(port=514, protocol="udp", sources=("servers",))
CENTER = center(
    devices={**BASE.devices, "mon-1": MON},
    roles={
        **BASE.roles,
        "monitor": Role(name="monitor", services={"traps": TRAPS, "syslog": SYSLOG}),
        "log": Role(name="log"),
    },
    credentials={
        **BASE.credentials,
        "gear": Credential(
            name="gear",
            purpose=Purpose.MONITOR,
            protocol="snmp-v3",
            user="wf",
            secret="env:GEAR_AUTHENTICATION",
            privacy_secret="env:GEAR_PRIVACY",
        ),
    },
    release="file:release.tar",
)
RELEASE = Release(Path("release.tar"), "1.2", ("3.11", "3.13"), 5000, "a" * 64, "b" * 64)
FOLDER = CenterFolder(
    MappingProxyType({"center.yaml": "1" * 64, "rack.yaml": "2" * 64}), b"tar", "c" * 64
)


class Shipped:
    """A cargo of what is above."""

    release = RELEASE
    center_folder = FOLDER
    signers = ""


class Current:
    """Every secret on the host is the wanted one."""

    def is_current(self, name: str, salt: str, digest: str) -> bool:
        return bool(digest)


HERE = Vantage("10.9.0.5", 22, "deployer", "deployer", Current(), Shipped())
WANTED = area.desired(CENTER, MON, HERE)
CARDS = tuple(
    StoredSecret(f"gear.{field}", "00", "digest") for field in ("privacy_secret", "secret")
)
SETTLED = WatchfloorFacts(
    has_venv=True,
    account="/var/lib/watchfloor-monitor:/usr/sbin/nologin",
    current="1.2-aaaaaaaaaaaa",
    version="1.2",
    sha256="a" * 64,
    files_sha256="b" * 64,
    differing=(),
    files=(
        TextFile(UNIT_FILE, "file", 0o644, "root", "root", WANTED.unit),
        TextFile(ENVIRONMENT, "file", 0o600, "root", "root", WANTED.environment, CARDS),
    ),
    unit=Unit(UNIT, "loaded", "active", "enabled"),
    center=tuple(FOLDER.files.items()),
    is_older=False,
    has_read_older=False,
    health="200",
)
OLDER = replace(SETTLED, current="1.1-999999999999", version="1.1", sha256="9" * 64)
PROVED = "see that it answers at 127.0.0.1:8720, and has polled"


def diff(facts: WatchfloorFacts) -> Difference:
    return area.diff(WANTED, facts, Current())


def titles(facts: WatchfloorFacts) -> list[str]:
    return [change.title for change in diff(facts).changes]


def commands(changes: tuple[Change, ...]) -> dict[str, CommandChange]:
    return {one.title: one for one in changes if isinstance(one, CommandChange)}


def test_only_monitors_have_the_area() -> None:
    having = [name for name, one in CENTER.devices.items() if "watchfloor" in areas_of(CENTER, one)]
    assert having == ["mon-1"]


def test_a_settled_monitor_is_clean() -> None:
    assert diff(SETTLED).is_clean
    assert diff(SETTLED).notes == ()


def test_a_bare_host_gets_all_of_it_in_an_order_that_works() -> None:
    assert titles(BARE_PROGRAM) == [
        "install python3-venv",
        "install Watchfloor 1.2 (aaaaaaaaaaaa), 0 MiB, for Python 3.11",
        "create the system account watchfloor, which cannot log in",
        "in /etc/watchfloor/center: create center.yaml, rack.yaml",
        f"create {ENVIRONMENT}",
        f"create {UNIT_FILE}",
        "have systemd read its units again",
        "switch to 1.2-aaaaaaaaaaaa",
        f"enable {UNIT}",
        f"start {UNIT} (it does not run)",
        PROVED,
        "keep the release before this one, and no older",
    ]


def test_another_release_is_installed_switched_to_and_proved_and_can_go_back() -> None:
    changes = diff(OLDER).changes
    assert [change.title for change in changes] == [
        "install Watchfloor 1.2 (aaaaaaaaaaaa), 0 MiB, for Python 3.11",
        "switch from 1.1-999999999999 to 1.2-aaaaaaaaaaaa",
        f"restart {UNIT} (its program or its files)",
        PROVED,
        "keep the release before this one, and no older",
    ]
    found = commands(changes)
    back = " ".join(found["switch from 1.1-999999999999 to 1.2-aaaaaaaaaaaa"].undo_with)
    assert "1.1-999999999999 /opt/watchfloor/.current.new" in back
    assert found[f"restart {UNIT} (its program or its files)"].again_on_undo
    assert found[PROVED].again_on_undo
    forget = found["keep the release before this one, and no older"]
    assert "case $one in 1.2-aaaaaaaaaaaa|1.1-999999999999) ;;" in forget.command[2]
    assert not forget.again_on_undo


def test_the_first_one_that_is_undone_is_not_asked_whether_it_answers() -> None:
    found = commands(diff(BARE_PROGRAM).changes)
    assert not found[PROVED].again_on_undo
    assert found["switch to 1.2-aaaaaaaaaaaa"].undo_with[0] == "rm"
    account = found["create the system account watchfloor, which cannot log in"]
    assert account.undo_with == ("userdel", "watchfloor")


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (
            replace(SETTLED, unit=Unit(UNIT, "loaded", "failed", "enabled"), health=""),
            [f"start {UNIT} (it does not run)", PROVED],
        ),
        (
            replace(SETTLED, unit=Unit(UNIT, "loaded", "active", "disabled")),
            [f"enable {UNIT}"],
        ),
        (
            replace(SETTLED, is_older=True),
            [f"restart {UNIT} (it runs with older files than there are)", PROVED],
        ),
        (replace(SETTLED, health=""), [f"restart {UNIT} (it does not answer)", PROVED]),
        (
            replace(SETTLED, has_read_older=True),
            [f"reload {UNIT} (the center's folder)", PROVED],
        ),
        (
            replace(SETTLED, center=(("center.yaml", "1" * 64), ("rack.yaml", "3" * 64))),
            [
                "in /etc/watchfloor/center: change rack.yaml",
                f"reload {UNIT} (the center's folder)",
                PROVED,
            ],
        ),
        (
            replace(SETTLED, differing=("deploy/worker.py",)),
            [
                "install the files of Watchfloor 1.2 (aaaaaaaaaaaa) anew: deploy/worker.py changed",
                f"restart {UNIT} (its program or its files)",
                PROVED,
            ],
        ),
        (
            replace(SETTLED, files_sha256=""),
            [
                "install the files of Watchfloor 1.2 (aaaaaaaaaaaa) anew: files.sha256 changed",
                f"restart {UNIT} (its program or its files)",
                PROVED,
            ],
        ),
    ],
    ids=["failed", "disabled", "older", "silent", "read-older", "folder", "file", "list"],
)
def test_what_is_not_so_is_made_so(facts: WatchfloorFacts, found: list[str]) -> None:
    assert titles(facts) == found


def test_files_of_the_inventory_that_it_no_longer_has_go_and_others_stay() -> None:
    more = (*FOLDER.files.items(), ("old.yaml", ""), ("certificates/old.pem", "4" * 64))
    assert titles(replace(SETTLED, center=more))[0] == (
        "in /etc/watchfloor/center: remove old.yaml"
    )


def test_a_monitor_that_knows_nothing_fresh_is_a_finding_and_not_started_again() -> None:
    found = diff(replace(SETTLED, health="503"))
    assert found.changes == ()
    assert "answers 503" in found.unmet[0]


def test_secrets_stand_in_the_environment_as_markers() -> None:
    assert WANTED.environment.splitlines()[1:] == [
        "GEAR_AUTHENTICATION='{{secret:gear.secret}}'",
        "GEAR_PRIVACY='{{secret:gear.privacy_secret}}'",
    ]
    (file,) = [one for one in diff(BARE_PROGRAM).changes if one.title == f"create {ENVIRONMENT}"]
    assert file.secrets == ("gear.privacy_secret", "gear.secret")


def test_what_it_receives_follows_from_what_its_roles_open() -> None:
    assert '"--traps" "0.0.0.0:162" "--syslog" "0.0.0.0:514"' in WANTED.unit
    collector = server("mon-1", "10.9.1.21", roles=("monitor", "log"))
    assert "--syslog" not in area.unit_text(CENTER, collector), "rsyslog takes it"
    six = server("mon-1", "fd00:9::21", roles=("monitor",))
    assert '"--traps" "[::]:162"' in area.unit_text(CENTER, six)
    web = server("mon-1", "10.9.1.21", roles=("web",))
    assert "--traps" not in area.unit_text(CENTER, web)


def test_its_pages_may_be_opened_under_its_names() -> None:
    noc = VirtualAddress(name="noc", address="10.9.1.40", of=("mon-1", "web-1"), router=4, port=1)
    text = area.unit_text(CENTER.model_copy(update={"virtual_addresses": {"noc": noc}}), MON)
    for name in ("mon-1", "10.9.1.21", "10.9.1.40"):
        assert f'"--name" "{name}"' in text


def test_what_is_put_there_by_hand_is_said() -> None:
    filed = Credential(
        name="bmc", purpose=Purpose.MONITOR, protocol="ipmi", user="a", secret="file:secrets/bmc"
    )
    center_ = CENTER.model_copy(update={"credentials": {**CENTER.credentials, "bmc": filed}})
    assert area.desired(center_, MON, HERE).by_hand == (
        "bmc: file:secrets/bmc is put there by hand, for the account watchfloor alone; `env:`"
        " references are brought along",
    )


def test_a_release_for_another_python_is_refused_with_the_remedy() -> None:
    other = server("mon-1", "10.9.1.21", roles=("monitor",), os="ubuntu-24.04")
    with pytest.raises(ReleaseError, match=r"make it with `watchfloor release --python 3\.12`"):
        area.desired(CENTER, other, HERE)


def test_without_a_release_it_says_how_to_make_one() -> None:
    bare = CENTER.model_copy(update={"release": ""})
    found = area.difference(bare, MON, recorded("fresh-debian-12"), VANTAGE)
    assert found.is_clean
    assert "make one with `watchfloor release`" in found.notes[0]


def test_a_release_that_is_damaged_costs_this_area_alone() -> None:
    facts = recorded("fresh-debian-12")
    found = differences(CENTER, MON, facts, VANTAGE, ("banner", "watchfloor"))
    assert found["watchfloor"].unmet == (
        "nothing can be shipped from here; use `watchfloor apply`",
    )
    assert found["banner"].changes


TEXT = f"""\
package	installed
account	/var/lib/watchfloor-monitor:/usr/sbin/nologin
current	1.2-aaaaaaaaaaaa
release	1.2 {"a" * 64}
files	{"b" * 64}
differs	deploy/worker.py
file	absent - - - - {UNIT_FILE}
file	absent - - - - {ENVIRONMENT}
unit	{UNIT} LoadState=loaded ActiveState=active UnitFileState=enabled
center	{"1" * 64}  ./center.yaml
center	-  ./profiles/by hand.yaml
stale	read
health	200
"""


def test_facts_are_taken_apart() -> None:
    found = parse(TEXT)
    assert (found.version, found.sha256, found.files_sha256) == ("1.2", "a" * 64, "b" * 64)
    assert found.differing == ("deploy/worker.py",)
    assert found.center == (("center.yaml", "1" * 64), ("profiles/by hand.yaml", ""))
    assert (found.is_older, found.has_read_older, found.health) == (False, True, "200")
    with pytest.raises(FactError):
        parse(TEXT + "center\tnonsense\n")


def test_a_release_folder_that_nobody_finished_is_no_release() -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith("release")]
    found = parse("\n".join(lines))
    assert found.sha256 == ""
    assert any(isinstance(one, ReleaseChange) for one in diff(found).changes)


def test_a_service_is_never_only_reloaded_with_another_program() -> None:
    both = replace(OLDER, has_read_older=True)
    assert not [one for one in diff(both).changes if isinstance(one, ServiceChange)]


@pytest.mark.parametrize("secret", ["it's", "two\nlines"])
def test_a_secret_that_would_end_its_quotes_is_refused(secret: str) -> None:
    changes = diff(BARE_PROGRAM).changes
    fine = {"gear.secret": SecretStr('odd "$HOME\\'), "gear.privacy_secret": SecretStr("x")}
    check_quotable(changes, fine)
    with pytest.raises(SecretUseError, match=r"gear\.secret: holds a '") as caught:
        check_quotable(changes, {**fine, "gear.secret": SecretStr(secret)})
    assert secret not in str(caught.value)
