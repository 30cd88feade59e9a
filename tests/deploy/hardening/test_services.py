import pytest

from deploy.hardening import services
from deploy.hardening.services import ServicesDesired
from inventory.baseline import Baseline
from inventory.facts import services as facts_of_services
from inventory.model import Kind, Monitoring, Role, Service
from tests.deploy.hardening.recorded_areas import read
from tests.deploy.hosts import center, server

VM = "vm-debian-12"
HERE = center()
THERE = "LoadState=loaded ActiveState=active UnitFileState=enabled"
GONE = "LoadState=not-found ActiveState=inactive UnitFileState="


def masked(**device: object) -> frozenset[str]:
    return frozenset(services.desired(HERE, server("host-1", "10.9.1.7", **device)).masked)


def test_a_fresh_machine_masks_what_is_there_and_nothing_else() -> None:
    facts = read(
        VM, facts_of_services, (f"avahi-daemon.service {GONE}", f"avahi-daemon.service {THERE}")
    )
    wanted = services.desired(HERE, HERE.devices["web-1"])
    titles = [change.title for change in services.diff(wanted, facts).changes]
    assert "mask avahi-daemon.service (it has no business here)" in titles
    assert not [title for title in titles if "cups" in title]


def test_alias_targets_are_known_by_the_name_that_was_asked_for() -> None:
    assert "ctrl-alt-del.target" in {unit.name for unit in read(VM, facts_of_services).units}


def test_a_role_that_opens_a_port_keeps_its_service() -> None:
    files = Role(name="files", services={"smb": Service(port=445, sources=("admin",))})
    there = HERE.model_copy(update={"roles": {**HERE.roles, "files": files}})
    device = server("host-1", "10.9.1.7", roles=("files",))
    assert "smbd.service" not in services.desired(there, device).masked
    assert "smbd.service" in masked()
    assert "nginx.service" not in masked()  # its role `web` opens port 80


def test_consoles_have_displays_and_no_printing() -> None:
    console = masked(kind=Kind.CONSOLE)
    assert "gdm3.service" not in console
    assert {"cups.service", "cups.socket", "cups.path"} <= console
    assert "gdm3.service" in masked()


def test_the_monitor_s_snmp_and_the_baseline_s_exceptions_are_kept() -> None:
    assert "snmpd.service" in masked()
    assert "snmpd.service" not in masked(monitoring=Monitoring(snmp="public"))
    assert "cups.service" not in masked(baseline=Baseline(services_kept=("cups",)))


def test_packages_go_that_the_baseline_wants_gone() -> None:
    facts = read(VM, facts_of_services, ("package\tcron", "package\tcron\npackage\ttelnet"))
    found = services.diff(ServicesDesired((), ("talk", "telnet")), facts)
    assert [change.title for change in found.changes] == ["purge telnet"]


@pytest.mark.parametrize(
    ("state", "finding"),
    [
        ("LoadState=masked ActiveState=active UnitFileState=masked", "is masked and still runs"),
        ("LoadState=masked ActiveState=inactive UnitFileState=masked", ""),
    ],
)
def test_a_masked_service_that_runs_is_told(state: str, finding: str) -> None:
    facts = read(VM, facts_of_services, (f"cups.service {GONE}", f"cups.service {state}"))
    found = services.diff(ServicesDesired(("cups.service",), ()), facts)
    assert found.changes == ()
    assert "".join(found.unmet) == (f"cups.service {finding}" if finding else "")


def test_reporting_packages_to_debian_is_told() -> None:
    facts = read(VM, facts_of_services, ("package\tcron", 'package\tcron\npopcon\t"yes"'))
    assert "popularity-contest" in services.diff(ServicesDesired((), ()), facts).unmet[0]
