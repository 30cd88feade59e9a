"""What would change on a piece of gear: every area's difference. Pure."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from deploy.area import Difference, Rules, Vantage
from deploy.change import LinesChange
from deploy.network.cuts import cuts, lets_in
from deploy.network.dialects import DIALECTS
from deploy.network.difference import AreaLines, differ, noted
from deploy.network.intended import gear_intent
from deploy.network.intent import GearIntent
from deploy.network.reads import RUNNING
from deploy.network.tree import ConfigurationError
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.gear import Platform
from inventory.model import Center, Device

AREAS: Mapping[str, Rules] = MappingProxyType(
    {
        "management": Rules(FACTS=(RUNNING,), RISKY=True),
        "vlans": Rules(FACTS=(RUNNING,), AFTER=("management",)),
        "ports": Rules(FACTS=(RUNNING,), AFTER=("vlans",), RISKY=True),
        "routing": Rules(FACTS=(RUNNING,), AFTER=("ports",), RISKY=True),
    }
)
"""By name, in the order of work."""
_TITLES = {
    "management": "change the management plane",
    "vlans": "change VLANs",
    "ports": "change ports",
    "routing": "change interfaces and routes",
}


def differences(
    center: Center,
    device: Device,
    facts: HostFacts,
    vantage: Vantage,
    only: Collection[str] = (),
) -> dict[str, Difference]:
    """Every area's difference, by area, for all areas or `only` these."""
    wanted = [name for name in AREAS if not only or name in only]
    try:
        return _differences(center, device, _running(facts), vantage, wanted)
    except (FactError, ConfigurationError) as error:
        return {name: Difference(unmet=(str(error),)) for name in wanted}


def _differences(
    center: Center, device: Device, running: str, vantage: Vantage, wanted: Collection[str]
) -> dict[str, Difference]:
    intent = gear_intent(center, device)
    found = differ(intent, running)
    notes = {"management": noted(found.left_alone), "ports": intent.notes}
    alone = _alone(intent.platform, running)
    return {
        lines.area: _difference(
            intent, lines, vantage, (*notes.get(lines.area, ()), *(alone if lines.lines else ()))
        )
        for lines in found.areas
        if lines.area in wanted
    }


def _alone(platform: Platform, running: str) -> tuple[str, ...]:
    """What becomes of a device that nobody gets into any more, where it does not go back."""
    dialect = DIALECTS[platform]
    if dialect.trial_on(running) is not None:
        return ()
    return (f"it does not go back by itself when it is cut off: {dialect.alone}",)


def _difference(
    intent: GearIntent, lines: AreaLines, vantage: Vantage, notes: tuple[str, ...]
) -> Difference:
    if not lines.lines:
        return Difference(notes=notes)
    count = sum(1 for line in lines.lines if line)
    change = LinesChange(
        title=f"{_TITLES[lines.area]} ({count} line{'s' if count > 1 else ''})",
        platform=str(intent.platform),
        lines=lines.lines,
        rollback=lines.rollback,
        before=lines.before,
        wanted=lines.wanted,
    )
    return Difference(
        changes=(change,),
        refusal=_refusal(intent, vantage) if lines.area == "management" else "",
        notes=notes,
        cuts=cuts(intent, lines.lines, vantage.login),
    )


def _refusal(intent: GearIntent, vantage: Vantage) -> str:
    if not lets_in(intent, vantage.client):
        return (
            f"this machine ({vantage.client}) would be kept out: add it or its network to the "
            "center's `admin_sources`"
        )
    if not intent.management.user and intent.platform is not Platform.FRR:
        return (
            "no account would be left: name a credential with the protocol `cli` in the device's "
            "gear: login"
        )
    return ""


def _running(facts: HostFacts) -> str:
    section = facts.sections.get(RUNNING)
    if section is None:
        raise FactError(f"{RUNNING}: was not read from the device")
    if section.complaint:
        raise FactError(f"{RUNNING}: reading it {section.complaint}")
    return section.text
