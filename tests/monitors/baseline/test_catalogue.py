"""The catalogue, the checks and the areas of facts belong together."""

import pytest

from inventory.facts.registry import AREAS
from monitors.baseline.catalogue import shipped
from monitors.baseline.checks.registry import BMC_CHECKS, HOST_CHECKS, SNMP_CHECKS
from monitors.baseline.errors import AuditError

CATALOGUE = shipped()


def test_it_has_what_was_promised() -> None:
    assert len(CATALOGUE.for_subject("host")) >= 30
    assert len(CATALOGUE.for_subject("bmc")) + len(CATALOGUE.for_subject("snmp")) >= 5


@pytest.mark.parametrize(
    ("subject", "checks"), [("host", HOST_CHECKS), ("bmc", BMC_CHECKS), ("snmp", SNMP_CHECKS)]
)
def test_controls_and_checks_are_one_to_one(subject: str, checks: dict[str, object]) -> None:
    used = [control.check for control in CATALOGUE.controls if control.applies_to == subject]
    assert sorted(used) == sorted(checks)


def test_host_controls_read_areas_that_exist() -> None:
    for control in CATALOGUE.for_subject("host"):
        assert control.areas, control.id
        assert set(control.areas) <= set(AREAS), control.id


def test_every_control_refers_to_nist_and_cjis() -> None:
    for control in CATALOGUE.controls:
        assert control.references.nist, control.id
        assert control.references.cjis, control.id


def test_every_profile_of_the_inventory_has_a_policy() -> None:
    assert CATALOGUE.policy("cjis-6.0").version == "6.0"
    assert CATALOGUE.policy("cis-1").clock
    with pytest.raises(AuditError, match="no policy"):
        CATALOGUE.policy("cjis-9")


def test_no_text_promises_compliance() -> None:
    for control in CATALOGUE.controls:
        assert "compliant" not in f"{control.title} {control.rationale} {control.remedy}".lower()
