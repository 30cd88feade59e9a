"""What a visit read, from whatever way: named sections of text, and the digest of each."""

import json
from collections.abc import Mapping

from deploy.digest import digest
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts, Section, host_facts
from inventory.facts.registry import AREAS as FACT_AREAS

_KEY = "watchfloor-sections"


def told(sections: Mapping[str, str]) -> str:
    """The output of a visit that reads its device by other means than the facts' script."""
    return json.dumps({_KEY: dict(sections)})


def facts_in(output: str) -> HostFacts:
    """The facts in what a visit read: the script's frames, or what `told` made. Raises `FactError`.

    A section of `told` counts as complete.
    """
    if not output.startswith(f'{{"{_KEY}"'):
        return host_facts(output)
    try:
        sections = json.loads(output)[_KEY]
        return HostFacts({str(name): Section(str(text), 0) for name, text in sections.items()})
    except (ValueError, AttributeError, KeyError) as error:
        raise FactError("the device's answer ends in the middle; read it again") from error


def fact_digest(facts: HostFacts, name: str) -> str:
    """The digest of a section: of what its parser makes of it, or of its text where it has none.

    Raises `FactError` when it was not read, not wholly, or is not understood.
    """
    if name in FACT_AREAS:
        return digest(facts.read(FACT_AREAS[name]))
    section = facts.sections.get(name)
    if section is None or section.complaint:
        complaint = section.complaint if section else "brought nothing"
        raise FactError(f"{name}: reading it {complaint}")
    return digest(section.text)
