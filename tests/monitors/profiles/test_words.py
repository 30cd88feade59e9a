"""The same word has the same state in every profile: the table in monitors/profiles/README.md."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from monitors.profiles.library import shipped
from monitors.profiles.schema import Profile
from monitors.reading import State

OK, WARNING, CRITICAL, UNKNOWN = State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN
ABSENT = State.ABSENT


@dataclass(frozen=True, slots=True)
class Rule:
    """Words, without case, spaces and dashes, that match mean one of these states."""

    name: str
    words: str
    states: frozenset[State]


RULES = (
    Rule("well", r"(ok|normal|good|healthy|optimal|online|up)", frozenset({OK})),
    Rule("on battery", r"(on)?bat(tery)?|\w*discharging", frozenset({CRITICAL})),
    Rule("boost and trim", r"(on)?(smart)?(boost|trim|buck|reduc)(er|ing)?", frozenset({WARNING})),
    Rule("bypass", r"(on)?(maint\w*|static|manual|switched|software)?bypass", frozenset({WARNING})),
    Rule("a test runs", r"(test|selftest)?inprogress|selftest", frozenset({OK})),
    Rule("never tested", r"no(ne)?tests?(s?initiated)?", frozenset({OK})),
    Rule(
        "failed", r"(?!no|not)\w*(fail|fault)(ed|ure|y)?", frozenset({WARNING, CRITICAL, UNKNOWN})
    ),
    Rule("rebuilding", r"(raid)?(rebuild|reconstruct|resync|repair)(ing)?", frozenset({WARNING})),
    Rule(
        "predicted failure",
        r"(predictive|predicted)fail\w*|prefail|smarttripped",
        frozenset({WARNING}),
    ),
    Rule("low load", r"(phase)?low ?load|(phase)?loadlow", frozenset({OK})),
    Rule("near overload", r"(phase)?(load)?nearover(load|current\w*)", frozenset({WARNING})),
    Rule("empty", r"notpresent|notinstalled|empty|notpopulated|absent", frozenset({OK, ABSENT})),
)

EXCEPTIONS = {
    ("juniper", "present"): "present and not yet online (MIB-Juniper-MIB)",
    ("cisco-services", "selfTest"): "a module that tests itself carries nothing yet",
    ("huawei-oceanstor", "discharging"): "a backup battery that is tested or calibrated",
    ("riello-ups", "discharging"): "said of a full battery, too; the output source tells",
    ("apc-xpdu", "notPresent"): "said of the feed's power, not of a bay",
    ("if-mib", "notPresent"): "of a port where the inventory expects something",
    ("arubaos-cx", "notPresent"): "a member that the stack is set up to have",
    ("hikvision", "absent"): "the device's own answer about a recorder that it is to have",
    ("moxa-etherdevice", "fail"): "said of a trunk's port that nobody plugged in",
    ("delta-orion", "boost"): "a way to charge",
    ("netagent", "boost"): "a way to charge",
}

VOLUMES = re.compile(
    "raid(?!-battery)|volume|virtual-disk|logical-drive|freenas|truenas|oceanstor|storage qnap"
)
"""Enumerations of what has lost a disk: degraded is the last state before data are lost."""


def words() -> Iterator[tuple[Profile, str, State, str]]:
    for item in shipped().profiles:
        for name, states in item.profile.states.items():
            for state, meanings in (
                (OK, states.ok),
                (WARNING, states.warning),
                (CRITICAL, states.critical),
                (UNKNOWN, states.unknown),
                (ABSENT, states.absent),
            ):
                for word in meanings.values():
                    yield item.profile, name, state, word


def plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_word_means_the_same_everywhere(rule: Rule) -> None:
    meant = [
        (profile.profile, name, word, state)
        for profile, name, state, word in words()
        if re.fullmatch(rule.words, plain(word)) and (profile.profile, word) not in EXCEPTIONS
    ]
    assert meant, "nobody says so: the rule holds nothing"
    assert [each for each in meant if each[3] not in rule.states] == []


def test_a_degraded_volume_is_critical_and_a_degraded_condition_a_warning() -> None:
    wrong = [
        (profile.profile, name, word, state)
        for profile, name, state, word in words()
        if re.fullmatch(r"degraded?", plain(word))
        for volume in (bool(VOLUMES.search(f"{name} {profile.profile}")),)
        if state is not (CRITICAL if volume else WARNING)
    ]
    assert wrong == []


def test_an_outlet_that_is_off_is_no_fault() -> None:
    off = set()
    for item in shipped().profiles:
        for table in item.profile.tables:
            for sensor in table.sensors:
                if sensor.component.startswith("outlet:") and sensor.states:
                    states = item.profile.states[sensor.states]
                    bad = {**states.warning, **states.critical, **states.unknown}
                    off |= {
                        (item.profile.profile, word)
                        for word in bad.values()
                        if plain(word) in {"off", "outletoff", "outletstatusoff", "poweroff"}
                    }
    # Receptacles of a UPS are groups: one that is off leaves a rack without power.
    assert off == {("eaton-xups", "off"), ("hpe-ups", "off")}


def test_every_exception_is_still_needed() -> None:
    said = {(profile.profile, word) for profile, _, _, word in words()}
    assert EXCEPTIONS.keys() - said == set()
