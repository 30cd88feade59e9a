"""What visits read, whatever way they came."""

import pytest

from deploy.reading import fact_digest, facts_in, told
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts, Section


def test_sections_are_what_was_told() -> None:
    facts = facts_in(told({"running_config": "hostname sw-1\n", "vlan": ""}))
    assert facts.sections["running_config"] == Section("hostname sw-1\n", 0)
    assert set(facts.sections) == {"running_config", "vlan"}


def test_what_was_cut_off_is_not_taken_for_facts() -> None:
    whole = told({"running_config": "hostname sw-1\n"})
    for end in range(len(whole)):
        with pytest.raises(FactError):
            facts_in(whole[:end])


def test_a_section_without_a_parser_has_the_digest_of_its_text() -> None:
    one, other = (facts_in(told({"running_config": text})) for text in ("a", "b"))
    assert fact_digest(one, "running_config") != fact_digest(other, "running_config")
    assert fact_digest(one, "running_config") == fact_digest(one, "running_config")


@pytest.mark.parametrize(
    ("section", "words"), [(None, "brought nothing"), (Section("a", 124), "took longer")]
)
def test_a_section_that_is_not_whole_has_none(section: Section | None, words: str) -> None:
    facts = HostFacts({} if section is None else {"running_config": section})
    with pytest.raises(FactError, match=words):
        fact_digest(facts, "running_config")
