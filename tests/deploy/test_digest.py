import hashlib
import json
from dataclasses import dataclass, field, replace

import pytest

from deploy.digest import digest
from inventory.facts import timesync
from tests.deploy.hosts import recorded


@dataclass(frozen=True)
class Facts:
    a: int
    b: tuple[str, ...] = ()
    drifts: float = field(default=0.0, metadata={"volatile": True})


def test_equal_content_has_equal_digests_and_other_content_has_not() -> None:
    assert digest({"x": 1, "y": [1, 2]}) == digest({"y": (1, 2), "x": 1})
    assert digest(Facts(1)) != digest(Facts(2))
    assert digest(Facts(1, ("a", "b"))) != digest(Facts(1, ("b", "a")))


def test_what_differs_at_each_reading_does_not_count() -> None:
    assert digest(Facts(1, drifts=0.1)) == digest(Facts(1, drifts=0.2))
    facts = recorded("hardened-debian-12").read(timesync)
    assert digest(replace(facts, offset_s=1.5, is_synchronised=True)) == digest(facts)
    assert digest(replace(facts, timezone="Mars/Olympus")) != digest(facts)


def test_undecodable_octets_do_no_harm() -> None:
    assert digest("\udcff") != digest("?")


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError):
        digest(object())


def test_a_digest_made_in_pieces_is_that_of_the_whole() -> None:
    value = ["a", (1, [2, {"b": None}], ()), [], {"c": ("d",)}]
    whole = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    assert digest(value) == hashlib.sha256(whole).hexdigest()
