"""net-snmp's own tools as judges of the agent: v2c and v3, walks, refusals and reports."""

import pytest

from tests.requirements import need
from tests.watchfloor.simulate.programs import Outcome, run
from watchfloor.simulate.families import Instance, family_recording
from watchfloor.simulate.recording import Recording
from watchfloor.simulate.snmp_agent import SnmpAgent
from watchfloor.simulate.usm import SimulatedUser

pytestmark = pytest.mark.gear

SYS_NAME, SYS_UP_TIME = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0"
ONCE = ("-t", "2", "-r", "0", "-Oqn", "-m", "")
KINDS = [
    ("SHA-1", "SHA", "AES-128", "AES"),
    ("SHA-1", "SHA", "AES-256", "AES-256"),
    ("SHA-224", "SHA-224", "AES-128", "AES"),
    ("SHA-256", "SHA-256", "AES-256", "AES-256"),
    ("SHA-384", "SHA-384", "AES-256", "AES-256"),
    ("SHA-512", "SHA-512", "AES-128", "AES"),
]


def recording() -> Recording:
    return family_recording("switch-access", Instance("sw-1"))


async def ask(tool: str, agent: SnmpAgent, *options: str, oids: tuple[str, ...]) -> Outcome:
    host, port = agent.address
    return await run(need(tool), *ONCE, *options, f"{host}:{port}", *oids)


@pytest.mark.parametrize("tool", ["snmpwalk", "snmpbulkwalk"])
async def test_a_walk_brings_every_row_once_and_in_order(tool: str) -> None:
    async with SnmpAgent(recording(), advance=False) as agent:
        walked = await ask(tool, agent, "-v2c", "-c", "public", oids=("1",))
        lines = (line for line in walked.output.splitlines() if " No more variables" not in line)
        names = [line.split()[0] for line in lines if line.startswith(".1.")]
        assert names == ["." + ".".join(map(str, row.name)) for row in agent.recording]


async def test_values_are_what_the_recording_says() -> None:
    async with SnmpAgent(recording(), advance=False) as agent:
        got = await ask(
            "snmpget",
            agent,
            "-v2c",
            "-c",
            "public",
            oids=(SYS_NAME, "1.3.6.1.2.1.2.2.1.5.57", "1.3.6.1.2.1.31.1.1.1.6.57"),
        )
    name, speed, octets = (line.split(None, 1)[1] for line in got.output.splitlines())
    assert name == '"sw-1"'
    assert int(speed) == agent.recording.value("1.3.6.1.2.1.2.2.1.5.57")
    assert int(octets) == agent.recording.value("1.3.6.1.2.1.31.1.1.1.6.57")


@pytest.mark.parametrize(("auth", "auth_option", "privacy", "privacy_option"), KINDS)
async def test_v3_walks_with_every_kind_of_user(
    auth: str, auth_option: str, privacy: str, privacy_option: str
) -> None:
    user = SimulatedUser("watch", "auth-password", "priv-password", auth, privacy)
    async with SnmpAgent(recording(), users=[user], community=None) as agent:
        walked = await ask(
            "snmpbulkwalk",
            agent,
            *("-v3", "-l", "authPriv", "-u", "watch", "-a", auth_option, "-A", "auth-password"),
            *("-x", privacy_option, "-X", "priv-password"),
            oids=("1.3.6.1.2.1.2",),
        )
        assert walked.code == 0, walked.errors
        assert len(walked.output.splitlines()) == len(agent.recording.under("1.3.6.1.2.1.2"))


@pytest.mark.parametrize(
    ("user", "auth", "privacy", "complaint"),
    [
        ("nobody", "auth-password", "priv-password", "Unknown user name"),
        ("watch", "wrong-password", "priv-password", "Authentication failure"),
        ("watch", "auth-password", "wrong-password", "Decryption error"),
    ],
)
async def test_v3_names_what_is_wrong(user: str, auth: str, privacy: str, complaint: str) -> None:
    known = SimulatedUser("watch", "auth-password", "priv-password")
    async with SnmpAgent(recording(), users=[known]) as agent:
        got = await ask(
            "snmpget",
            agent,
            *("-v3", "-l", "authPriv", "-u", user, "-a", "SHA-256", "-A", auth),
            *("-x", "AES", "-X", privacy),
            oids=(SYS_NAME,),
        )
    assert got.code != 0
    assert complaint in got.errors


@pytest.mark.parametrize("level", [("noAuthNoPriv",), ("authNoPriv", "-A", "auth-password")])
async def test_v3_without_privacy_is_not_authorised(level: tuple[str, ...]) -> None:
    known = SimulatedUser("watch", "auth-password", "priv-password")
    async with SnmpAgent(recording(), users=[known]) as agent:
        options = ("-v3", "-u", "watch", "-a", "SHA-256", "-l", *level)
        got = await ask("snmpget", agent, *options, oids=(SYS_NAME,))
    assert "authorizationError" in got.errors


async def test_v3_outside_the_time_window_is_told_the_time() -> None:
    """net-snmp is given wrong boots and time, and gets through only by the agent's report."""
    known = SimulatedUser("watch", "auth-password", "priv-password")
    async with SnmpAgent(recording(), users=[known]) as agent:
        options = ("-v3", "-l", "authPriv", "-u", "watch", "-a", "SHA-256", "-A", "auth-password")
        engine = f"0x{agent.engine_id.hex()}"
        more = ("-x", "AES", "-X", "priv-password", "-e", engine, "-Z", "3,9999")
        got = await ask("snmpget", agent, *options, *more, "-r", "1", oids=(SYS_NAME,))
        assert got.output.split()[-1:] == ['"sw-1"'], got.errors
        assert agent.requests > 1


async def test_set_is_refused() -> None:
    need("snmpset")
    async with SnmpAgent(recording()) as agent:
        host, port = agent.address
        got = await run(
            "snmpset", *ONCE, "-v2c", "-c", "public", f"{host}:{port}", SYS_NAME, "s", "mine"
        )
    assert "noAccess" in got.errors


async def test_a_wrong_community_is_met_with_silence() -> None:
    async with SnmpAgent(recording()) as agent:
        got = await ask("snmpget", agent, "-v2c", "-c", "wrong", oids=(SYS_NAME,))
        assert "No Response" in got.errors
        assert agent.requests == 1
        assert agent.answers == 0


async def test_time_moves_on_between_two_polls() -> None:
    async with SnmpAgent(recording()) as agent:
        options = ("-v2c", "-c", "public", "-Ot")
        first = await ask("snmpget", agent, *options, oids=(SYS_UP_TIME,))
        agent.reboot()
        second = await ask("snmpget", agent, *options, oids=(SYS_UP_TIME,))
    assert int(first.output.split()[-1]) > 100_000_000
    assert int(second.output.split()[-1]) < 10_000
