"""A wall is switched by presets: the worker speaks SIS to a simulated processor, right or wrong."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.access import Access
from deploy.sis import recall, recalled, refusal
from deploy.wall_switch import WallError, ask, check_layout, wall_named
from inventory.assets import example_center
from inventory.endpoints import EndpointMap
from inventory.loader import load
from inventory.model import Purpose
from inventory.secrets import ResolvedCredential, Secrets, SecretText
from watchfloor.simulate.sis import SimulatedSis

PASSWORD = "letmein"
CENTER = """\
format: 1
center: {{name: small, title: Small, timezone: America/Chicago}}
networks: {{all: {{cidr: 10.20.0.0/16}}}}
credentials:
  presets: {{purpose: deploy, protocol: sis, user: admin, secret: env:WALL_PASSWORD}}
devices:
  d-1: {{kind: display}}
  wp-x:
    kind: wall-processor
    address: 10.20.0.3
    monitoring: {{sis_host_key: "{host_key}"}}
walls:
  main:
    displays: [[d-1]]
    processors: {{wp-x: {{}}}}
    credentials: {{presets: presets}}
    layouts: {{day: {{preset: 5}}, night: {{preset: 7}}, lost: {{preset: 99}}}}
"""


@pytest.fixture
async def processor() -> AsyncIterator[SimulatedSis]:
    async with SimulatedSis(user="admin", password=PASSWORD) as running:
        yield running


def access_to(processor: SimulatedSis, folder: Path, **more: Any) -> Access:
    """The way in, as the command makes it."""
    text = CENTER.format(host_key=more.get("host_key", processor.host_key))
    (folder / "center.yaml").write_text(text)
    secrets = {"WALL_PASSWORD": more.get("password", PASSWORD)}
    nobody = SecretText("")
    return Access(
        center=load(folder),
        credential=ResolvedCredential("deploy", "ssh", "wf", nobody, nobody, "", ""),
        endpoints=EndpointMap({"wp-x/sis": processor.address}),
        host_keys={},
        secrets=Secrets((Purpose.DEPLOY,), folder, secrets),
    )


def asked(access: Access, verb: Any, layout: str = "") -> Any:
    wall = access.center.walls["main"]
    (answer,) = ask(access, wall, verb, layout=layout, run="r", owner="t@here")
    return answer


async def test_a_preset_is_recalled_and_seen(processor: SimulatedSis, tmp_path: Path) -> None:
    access = access_to(processor, tmp_path)
    assert asked(access, "status").said == {"layout": "day", "preset": 5}
    answer = asked(access, "show", "night")
    assert (answer.said, answer.complaint) == ({"layout": "night", "preset": 7}, "")
    assert processor.state.presets == {1: 7}


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"password": "wrong"}, "it rejects the user or the password"),
        ({"host_key": "SHA256:" + "A" * 43}, "it shows another host key"),
        ({"host_key": ""}, "nothing vouches for its host key"),
    ],
)
async def test_who_is_not_who_they_should_be_is_said(
    processor: SimulatedSis, tmp_path: Path, more: dict[str, str], complaint: str
) -> None:
    answer = asked(access_to(processor, tmp_path, **more), "show", "night")
    assert complaint in answer.complaint
    assert processor.state.presets == {1: 5}
    if "host_key" in more:
        assert processor.logins == 0


async def test_a_preset_that_is_not_there_is_said(processor: SimulatedSis, tmp_path: Path) -> None:
    answer = asked(access_to(processor, tmp_path), "show", "lost")
    assert answer.complaint == "recall preset 99: there is no such preset"
    processor.state.busy = True
    assert "it is busy" in asked(access_to(processor, tmp_path), "show", "day").complaint


def test_walls_and_layouts_are_named() -> None:
    riverside = load(example_center())
    assert wall_named(riverside, None).name == "main"
    with pytest.raises(WallError, match='did you mean "main"'):
        wall_named(riverside, "mian")
    with pytest.raises(WallError, match='did you mean "incident"'):
        check_layout(riverside.walls["main"], "incidnt")
    none = riverside.model_copy(update={"walls": {}})
    with pytest.raises(WallError, match="has no wall"):
        wall_named(none, None)


def test_commands_are_those_of_the_guide() -> None:
    assert recall(1, 5).sent == "1*1*5."
    assert recalled(2).sent == "\x1bL1*2PRST\r"
    assert refusal("E13") == "there is no such canvas"
    assert refusal("1Rpr01*005") == ""
