import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.desired import areas_of
from deploy.servers import prometheus as area
from inventory.facts.prometheus import (
    PACKAGES,
    RULES,
    SENDER,
    SENDER_OPTIONS,
    SENDER_UNIT,
    SERVER,
    SERVER_OPTIONS,
    SERVER_UNIT,
    PrometheusFacts,
    parse,
)
from inventory.facts.textfile import TextFile
from inventory.facts.unit import Unit
from inventory.model import Contact, Role, Service
from inventory.upkeep import Mail
from tests.deploy.hosts import center, server
from tests.requirements import need

MONITORS = {
    name: server(name, address, roles=("monitor",))
    for name, address in (("mon-1", "10.9.1.21"), ("mon-2", "10.9.1.22"))
}
CLUSTER = {
    protocol: Service(port=9094, protocol=protocol, sources=("role:monitor",))
    for protocol in ("tcp", "udp")
}
CONTACTS = {
    "desk": Contact(name="desk", title="Desk", email="desk@center.example"),
    "phone": Contact(name="phone", title="Phone", phone="1"),
}
BASE = center()
CENTER = center(
    devices={**BASE.devices, **MONITORS},
    roles={**BASE.roles, "monitor": Role(name="monitor", services=CLUSTER)},
    contacts=CONTACTS,
    mail=Mail(relay="10.9.1.25:25", sender="noc@center.example"),
)
WANTED = area.desired(CENTER, CENTER.devices["mon-1"])
TEXTS = {path: text for texts in WANTED.texts.values() for path, text in texts.items()}
SETTLED = PrometheusFacts(
    installed=PACKAGES,
    files=tuple(
        TextFile(path, "file", 0o644, "root", "root", text) for path, text in TEXTS.items()
    ),
    units=tuple(Unit(name, "loaded", "active", "enabled") for name in (SERVER_UNIT, SENDER_UNIT)),
    stale=(),
)


def titles(facts: PrometheusFacts) -> list[str]:
    return [change.title for change in area.diff(WANTED, facts).changes]


def test_only_monitors_have_the_area() -> None:
    having = [name for name, one in CENTER.devices.items() if "prometheus" in areas_of(CENTER, one)]
    assert having == ["mon-1", "mon-2"]


def test_a_settled_monitor_is_clean() -> None:
    assert area.diff(WANTED, SETTLED).is_clean
    assert area.diff(WANTED, SETTLED).notes == ()


def test_a_bare_host_gets_both() -> None:
    found = titles(replace(SETTLED, installed=(), files=(), units=()))
    assert found[0] == "install prometheus, prometheus-alertmanager"
    assert found.index(f"create {RULES}") < found.index(f"create {SERVER}")
    assert f"restart {SERVER_UNIT} (its configuration)" in found
    assert f"restart {SENDER_UNIT} (its configuration)" in found


def test_a_daemon_that_is_down_or_old_is_restarted_alone() -> None:
    stopped = Unit(SENDER_UNIT, "loaded", "failed", "enabled")
    down = replace(SETTLED, units=(SETTLED.units[0], stopped))
    assert titles(down) == [f"start {SENDER_UNIT} (it does not run)"]
    assert titles(replace(SETTLED, stale=(SERVER_UNIT,))) == [
        f"restart {SERVER_UNIT} (it runs with older files than there are)"
    ]


@pytest.mark.parametrize("wanted", [WANTED, replace(WANTED, mail=None, peers=())])
def test_their_own_tools_take_every_file(wanted: area.PrometheusDesired, tmp_path: Path) -> None:
    texts = {path: text for texts in wanted.texts.values() for path, text in texts.items()}
    for path, words in (
        (SERVER, ("promtool", "check", "config", "--syntax-only")),
        (RULES, ("promtool", "check", "rules")),
        (SENDER, ("amtool", "check-config")),
    ):
        file = tmp_path / Path(path).name
        file.write_text(texts[path])
        done = subprocess.run(
            [need(words[0]), *words[1:], str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_both_listen_on_loopback_and_the_cluster_on_the_hosts_own_address() -> None:
    assert "--web.listen-address=127.0.0.1:9090" in TEXTS[SERVER_OPTIONS]
    assert "--web.listen-address=127.0.0.1:9093" in TEXTS[SENDER_OPTIONS]
    assert "--cluster.listen-address=10.9.1.21:9094" in TEXTS[SENDER_OPTIONS]
    assert "--cluster.peer=10.9.1.22:9094" in TEXTS[SENDER_OPTIONS]


def test_a_single_monitor_opens_no_cluster() -> None:
    alone = replace(WANTED, peers=()).texts[SENDER_UNIT][SENDER_OPTIONS]
    assert '--cluster.listen-address="' in alone


def test_mail_goes_to_every_contact_that_has_an_address() -> None:
    assert '- to: "desk@center.example"' in TEXTS[SENDER]
    assert TEXTS[SENDER].count("smarthost") == 1


def test_what_nobody_is_told_is_a_note() -> None:
    (note,) = area.diff(replace(WANTED, mail=None), SETTLED).notes
    assert "sends them to nobody" in note
    closed = CENTER.model_copy(update={"roles": {**BASE.roles, "monitor": Role(name="monitor")}})
    notes = area.diff(area.desired(closed, closed.devices["mon-1"]), SETTLED).notes
    assert [note.split(":")[0] for note in notes] == [
        "no role of mon-1 opens 9094/tcp",
        "no role of mon-1 opens 9094/udp",
    ]


def test_facts_are_read_from_what_the_script_prints() -> None:
    text = (
        "package\tinstalled prometheus\npackage\tconfig-files prometheus-alertmanager\n"
        f"file\tabsent - - - - {SERVER}\n"
        f"unit\t{SERVER_UNIT} LoadState=loaded ActiveState=active UnitFileState=enabled \n"
        f"stale\t{SERVER_UNIT}\n"
    )
    facts = parse(text)
    assert (facts.installed, facts.stale) == (("prometheus",), (SERVER_UNIT,))
