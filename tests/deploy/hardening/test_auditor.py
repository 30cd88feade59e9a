"""The reader script: there for a center with an audit account, and the same each time."""

import subprocess

from deploy.hardening import auditor
from inventory.facts import reader as facts_of_reader
from inventory.facts.area import READER
from inventory.facts.collect import split
from inventory.facts.reader import ReaderFacts
from inventory.facts.registry import AREAS
from inventory.facts.textfile import TextFile
from tests.deploy.hosts import DEPLOYER, account, center, recorded

ABSENT = recorded("fresh-debian-12").read(facts_of_reader)
AUDITED = center(DEPLOYER, account("auditor", purpose="audit"))


def there(content: str, mode: int = 0o755) -> ReaderFacts:
    return ReaderFacts(TextFile(READER, "file", mode, "root", "root", content))


def test_it_is_written_once_and_then_clean() -> None:
    wanted = auditor.desired(AUDITED)
    assert wanted == auditor.desired(AUDITED)
    (change,) = auditor.diff(wanted, ABSENT).changes
    assert change.title == f"create {READER}"
    assert auditor.diff(wanted, there(wanted)).is_clean


def test_what_others_could_change_is_put_right() -> None:
    wanted = auditor.desired(AUDITED)
    assert not auditor.diff(wanted, there(wanted, 0o777)).is_clean
    assert not auditor.diff(wanted, there(wanted + "rm -r /\n")).is_clean


def test_a_center_without_an_audit_account_has_none() -> None:
    assert auditor.diff(auditor.desired(center()), ABSENT).is_clean


def test_it_answers_with_every_area_of_facts() -> None:
    done = subprocess.run(
        ["sh", "-c", auditor.desired(AUDITED)], capture_output=True, text=True, check=True
    )
    assert set(split(done.stdout)) == set(AREAS)
