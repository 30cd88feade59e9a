"""Wall processors: what is deployed to them follows from the wall, and drift from what runs."""

import base64
import json

import pytest

from deploy.browsers import CHROMIUM_POLICY
from deploy.change import Change, FileChange, PackageChange, ServiceChange
from deploy.walls import wall_session, wall_status, wall_tiles
from deploy.walls.content import content, is_processor
from inventory.assets import example_center
from inventory.facts.area import FactError
from inventory.facts.wall import LOGINS, WallFacts, parse
from inventory.loader import load
from inventory.model import Center, Monitoring

CENTER = load(example_center())
PROCESSOR = CENTER.devices["wp-1"]
UNIT = "unit\twall-session.service LoadState=loaded ActiveState={} UnitFileState=enabled\n"


class Secrets:
    """All secrets on the host are those of the inventory, or none is."""

    def __init__(self, current: bool = True) -> None:
        self._current = current

    def is_current(self, name: str, salt: str, digest: str) -> bool:
        return self._current


def facts(more: str = "", active: str = "active") -> WallFacts:
    return parse(UNIT.format(active) + more)


def files(changes: tuple[Change, ...]) -> str:
    """The files of these changes, as a host shows them that has them."""
    lines = []
    for change in changes:
        if isinstance(change, FileChange):
            text = base64.b64encode(change.content.encode()).decode()
            cards = "wall-streams.secret:00:00" if change.path == LOGINS else ""
            lines.append(f"file\tfile {change.mode:o} root root {text}.{cards} {change.path}\n")
    return "".join(lines)


def titles(changes: tuple[Change, ...]) -> list[str]:
    return [change.title for change in changes if not isinstance(change, FileChange)]


def test_only_what_drives_displays_itself_is_a_processor() -> None:
    assert is_processor(CENTER, PROCESSOR)
    assert not is_processor(CENTER, CENTER.devices["con-01"])
    assert not is_processor(CENTER.model_copy(update={"walls": {}}), PROCESSOR)


def test_layouts_are_in_pixels_of_the_wall() -> None:
    said = json.loads(content(CENTER, PROCESSOR).text)
    incident = said["layouts"]["incident"]["tiles"]
    assert incident["cam-lobby"]["at"] == [3 * 1926, 0, 1920, 540]
    assert incident["cam-yard"]["source"] == {
        "kind": "stream",
        "url": "rtsp://10.20.40.14:554/live",
        "credential": "wall-streams",
    }
    assert said["start"] == "overview"
    assert said["digest"] == content(CENTER, PROCESSOR).digest


def test_sway_knows_the_displays_and_no_keys() -> None:
    config = wall_session.desired(CENTER, PROCESSOR).config
    assert "output DP-6 {\n    mode 1920x1080\n    position 1926 1086\n" in config
    assert "bindsym" not in config
    assert "exec" not in config
    assert "input * events disabled" in config


def test_a_fresh_processor_gets_everything_at_once() -> None:
    found = wall_session.diff(
        wall_session.desired(CENTER, PROCESSOR), parse("unit\tx LoadState=\n")
    )
    first = found.changes[0]
    assert isinstance(first, PackageChange)
    assert {"sway", "mpv", "chromium", "seatd"} <= {*first.names}
    assert titles(found.changes)[-1] == "restart wall-session.service (its configuration)"


def test_sway_is_started_anew_for_what_it_does_not_show() -> None:
    want = wall_session.desired(CENTER, PROCESSOR)
    whole = files(wall_session.diff(want, facts()).changes)
    installed = "".join(f"package\tinstalled {name}\n" for name in want.packages)
    rest = "shell\t/usr/sbin/nologin\nunit\tseatd.service LoadState=loaded UnitFileState=enabled\n"
    shown = [
        {"name": name, "active": True, "current_mode": {"width": 1920, "height": 1080},
         "rect": {"x": at[0], "y": at[1]}}
        for name, _, at in want.outputs
    ]  # fmt: skip

    def reasons(
        outputs: list[dict[str, object]], more: str = "", active: str = "active"
    ) -> list[str]:
        text = whole + installed + rest + f"outputs\t{json.dumps(outputs)}\n" + more
        return titles(wall_session.diff(want, facts(text, active)).changes)

    again = "restart wall-session.service"
    assert reasons(shown) == []
    assert reasons(shown, active="failed") == [f"{again} (it does not run)"]
    moved = [{**shown[0], "rect": {"x": 5, "y": 5}}, *shown[1:]]
    assert reasons(moved) == [f"{again} (DP-1 shows 1920x1080 at 5,5)"]
    # Somebody pulled a cable: that is for the monitor to tell.
    assert reasons(shown[1:]) == []
    late = "since\t100 wall-session.service\nchanged\t200 /etc/watchfloor/wall/sway.conf\n"
    assert reasons(shown, late) == [f"{again} (it runs with an older configuration than its files)"]


def tiles(center: Center, seen: WallFacts, current: bool = True) -> tuple[Change, ...]:
    return wall_tiles.diff(wall_tiles.desired(center, PROCESSOR), seen, Secrets(current)).changes


def test_tiles_are_started_anew_only_for_what_they_are_made_of() -> None:
    whole = files(tiles(CENTER, facts(), current=False))
    digest = content(CENTER, PROCESSOR).digest
    shown = {"layout": "overview", "digest": digest, "tiles": {"noc": {}}}
    now = f"shown\t{json.dumps(shown)}\ntile\twall-tile@noc.service loaded active running x\n"
    assert tiles(CENTER, facts(whole + now)) == ()
    assert titles(tiles(CENTER, facts(whole + now.replace("active", "failed")))) == [
        "show the chosen layout (tile noc does not run)"
    ]
    other = now.replace(digest, "0" * 16)
    assert titles(tiles(CENTER, facts(whole + other))) == [
        "show the chosen layout (what it shows was made from other layouts)"
    ]
    stale = tiles(CENTER, facts(whole + now), current=False)
    assert stale[0].title == f"write the present wall-streams.secret into {LOGINS}"
    assert titles(stale)[0] == "start the tiles anew with their new program"


def test_a_stream_password_is_a_marker_in_a_file_for_root() -> None:
    changes = tiles(CENTER, facts(), current=False)
    (logins,) = (c for c in changes if isinstance(c, FileChange) and c.path == LOGINS)
    assert logins.content == "wall-streams\twf-wall\t{{secret:wall-streams.secret}}\n"
    assert (logins.mode, logins.secrets) == (0o600, ("wall-streams.secret",))


def test_the_browser_of_a_wall_reaches_its_pages_alone() -> None:
    policy = wall_tiles.desired(CENTER, PROCESSOR).files[CHROMIUM_POLICY]
    assert json.loads(policy)["URLAllowlist"] == ["https://10.20.10.41:8443"]


def test_the_watcher_and_the_agent_are_started_anew_for_their_own_files() -> None:
    want = wall_status.desired(CENTER, PROCESSOR)
    whole = files(wall_status.diff(want, facts()).changes)
    units = "".join(
        f"unit\t{name} LoadState=loaded ActiveState=active UnitFileState=enabled\n"
        for name in ("wall-status.service", "snmpd.service")
    )
    base = f"package\tinstalled snmpd\n{units}"
    assert wall_status.diff(want, facts(base + whole)).is_clean
    changes = wall_status.diff(want, facts(base + whole.replace("wall.conf", "wall.no"))).changes
    assert [c.unit for c in changes if isinstance(c, ServiceChange)] == ["snmpd.service"]


def test_a_processor_that_the_monitor_does_not_ask_needs_no_agent() -> None:
    alone = PROCESSOR.model_copy(update={"monitoring": Monitoring()})
    found = wall_status.diff(wall_status.desired(CENTER, alone), facts())
    assert not any("snmp" in change.title for change in found.changes)
    assert "does not hear of its tiles" in found.notes[0]


@pytest.mark.parametrize("line", ["outputs\t{", "outputs\t{}", "shown\t[1]", "since\tx y"])
def test_what_is_no_answer_of_a_processor_is_said(line: str) -> None:
    with pytest.raises(FactError):
        facts(f"{line}\n")
