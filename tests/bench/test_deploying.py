"""What the bench hands to ansible-core is what Watchfloor plans, and what it says is understood."""

from pathlib import Path

import pytest
import yaml

from bench.ansible_play import PLAYS, changed_tasks
from bench.deploy_rows import AREAS, FILES, Play
from bench.end_state import EndState
from deploy.change import CommandChange, FileChange, ServiceChange
from deploy.desired import AREAS as ALL_AREAS
from deploy.live_change import Mode, ModeChange

WANTED = EndState(
    (
        FileChange(path="/etc/a/one", content="1\n", mode=0o440, validate_with=("judge", "{}")),
        FileChange(path="/home/b/two", content="2\n", owner="b"),
        ModeChange(
            entries=(
                Mode(
                    path="/etc/three",
                    mode=0o600,
                    owner="root",
                    group="adm",
                    before_mode=0o644,
                    before_owner="root",
                    before_group="root",
                ),
            )
        ),
        CommandChange(title="load it", command=("load", "it")),
        ServiceChange(unit="d.service", action="restart"),
    )
)


def test_the_play_gets_the_plans_texts_and_modes(tmp_path: Path) -> None:
    values = WANTED.values(tmp_path, ["/etc/a"])
    one, two = [*list(values["templates"]), *list(values["copies"])]
    assert one == {
        "path": "/etc/a/one",
        "owner": "root",
        "group": "root",
        "mode": "0440",
        "validate": "judge %s",
    }
    assert (two["owner"], two["group"], two["mode"]) == ("b", "b", "0644")
    assert (tmp_path / "etc/a/one").read_text() == "1\n"
    assert values["modes"] == [
        {"path": "/etc/three", "owner": "root", "group": "adm", "mode": "0600"}
    ]
    assert values["commands"] == [["load", "it"], ["systemctl", "restart", "d.service"]]
    assert values["folders"] == ["/etc/a"]


@pytest.mark.parametrize("play", [FILES, AREAS], ids=lambda play: play.name)
def test_a_play_stands_beside_areas_that_there_are(play: Play) -> None:
    assert set(play.areas) <= set(ALL_AREAS)
    (only,) = yaml.safe_load((PLAYS / f"{play.name}.yaml").read_text())
    assert only["hosts"] == "lab"
    told = {handler["name"] for handler in only["handlers"]}
    assert {task["notify"] for task in only["tasks"] if "notify" in task} <= told


def test_a_host_that_failed_is_not_counted() -> None:
    recap = (
        "PLAY RECAP *****\n"
        "w-1  : ok=7    changed=3    unreachable=0    failed=0    skipped=0    rescued=0\n"
        "w-2  : ok=7    changed=3    unreachable=0    failed=1    skipped=0    rescued=0\n"
        "w-3  : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0\n"
    )
    assert changed_tasks(recap) == {"w-1": 3}
