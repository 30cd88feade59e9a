"""SNMPv3 traps and informs: net-snmp's own programs, and seals that must not be believed."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.snmp.usm import Auth, Priv
from tests.monitors.receiver.senders_here import (
    AUTH_PASSWORD,
    COLD_START,
    PRIV_PASSWORD,
    SWITCH,
    UPS,
    Here,
    listening,
    user,
)
from tests.requirements import need
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_pdu import trap_pdu
from watchfloor.simulate.snmp_v3 import V3Engine
from watchfloor.simulate.snmp_values import LiveValues
from watchfloor.simulate.snmprec import parse_oid
from watchfloor.simulate.usm import SimulatedUser

THEIR_ENGINE = bytes.fromhex("80001f8804") + b"switch"


def sent_by_net_snmp(here: Here, program: str, *words: str, patience_s: int = 1) -> tuple[int, str]:
    """Exit status and complaint of snmptrap or snmpinform."""
    with listening(here, SWITCH) as port:
        command = [need(program), "-v3", "-r", "0", "-t", str(patience_s), *words]
        command += [f"127.0.0.1:{port}", "", COLD_START]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.returncode, done.stderr


def as_net_snmp(auth: str = "SHA-256", priv: str = "AES", name: str = "noc") -> list[str]:
    return [
        *("-u", name, "-l", "authPriv", "-a", auth, "-A", AUTH_PASSWORD),
        *("-x", priv, "-X", PRIV_PASSWORD),
    ]


@pytest.mark.gear
@pytest.mark.parametrize("program", ["snmptrap", "snmpinform"])
@pytest.mark.parametrize(
    ("auth", "priv", "theirs"),
    [
        (Auth.SHA1, Priv.AES128, ("SHA", "AES")),
        (Auth.SHA256, Priv.AES128, ("SHA-256", "AES")),
        (Auth.SHA512, Priv.AES256, ("SHA-512", "AES-256")),
    ],
)
def test_net_snmp_is_believed_and_answered(
    program: str, auth: Auth, priv: Priv, theirs: tuple[str, str]
) -> None:
    here = Here(usm=user(auth, priv))
    done = sent_by_net_snmp(here, program, *as_net_snmp(*theirs), patience_s=20)
    assert done == (0, "")
    assert [event.device for event in here.kept] == ["sw-1"]
    assert here.dropped == {}
    assert here.tally.received == {program.removeprefix("snmp"): 1}


@pytest.mark.gear
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (as_net_snmp(name="mallory"), "user"),
        (["-u", "noc", "-l", "noAuthNoPriv"], "level"),
        (["-u", "noc", "-l", "authNoPriv", "-a", "SHA-256", "-A", AUTH_PASSWORD], "level"),
        ([*as_net_snmp(), "-A", "wrongpass1234"], "digest"),
        (as_net_snmp(auth="SHA-512"), "digest"),
        ([*as_net_snmp(), "-X", "wrongpass1234"], "privacy"),
    ],
)
def test_who_does_not_know_the_secrets_is_not_believed(words: list[str], reason: str) -> None:
    here = Here()
    sent_by_net_snmp(here, "snmptrap", *words)
    assert (here.kept, here.dropped) == ([], {reason: 1})
    here = Here()
    status, _ = sent_by_net_snmp(here, "snmpinform", *words)
    assert status == 1
    assert here.kept == []
    assert set(here.dropped) == {reason}


def engine(boots: int = 1, name: bytes = THEIR_ENGINE) -> V3Engine:
    values = LiveValues(Recording({}), lambda: 50.0)
    values.boots = boots
    return V3Engine((SimulatedUser("noc", AUTH_PASSWORD, PRIV_PASSWORD),), name, values, 65507)


def trap(boots: int = 1, name: bytes = THEIR_ENGINE) -> bytes:
    return engine(boots, name).trap(trap_pdu(1, parse_oid(COLD_START), ()))


SEALED = trap()


@given(st.data())
def test_a_mutated_trap_is_not_believed(data: st.DataObject) -> None:
    whole = SEALED
    at = data.draw(st.integers(2, len(whole) - 1))
    mutated = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    here = Here()
    here.inbox.trap(mutated, SWITCH)
    assert here.kept == []


def test_an_old_trap_is_not_believed_again() -> None:
    here = Here()
    old, new = trap(boots=1), trap(boots=2)
    here.inbox.trap(new, SWITCH)
    here.inbox.trap(old, SWITCH)
    assert (len(here.kept), here.dropped) == (1, {"time": 1})
    here.clock.now += 151
    here.inbox.trap(new, SWITCH)
    assert (len(here.kept), here.dropped) == (1, {"time": 2})


def test_another_device_s_trap_is_no_trap_of_this_one() -> None:
    here = Here()
    here.inbox.trap(trap(), UPS)
    assert here.dropped == {"version": 1}


def test_engines_of_one_device_are_bounded_and_strangers_leave_no_trace() -> None:
    here = Here()
    for number in range(30):
        here.inbox.trap(trap(name=THEIR_ENGINE + bytes([number])), SWITCH)
    usm = here.inbox._usm
    assert len(here.kept) == 30
    assert len(usm._peers) == 4
    assert not usm._ring._local
