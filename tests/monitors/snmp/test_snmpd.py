"""Against net-snmp's own agent: v2c, every SNMPv3 protocol we offer, and each wrong credential."""

from collections.abc import Iterator

import pytest

from monitors.probe import ProblemKind
from monitors.profiles.library import shipped
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.probe import SnmpProbe
from monitors.snmp.target import Community, Credential, SnmpTarget
from monitors.snmp.usm import Auth, Priv, UsmUser
from tests.monitors.snmp.agents import running_snmpd
from tests.requirements import need

pytestmark = [pytest.mark.gear, pytest.mark.xdist_group("snmpd")]

NAME = "1.3.6.1.2.1.1.5.0"
SYSTEM = "1.3.6.1.2.1.1"
AUTH, PRIV = "authpass1234", "privpass1234"
GOOD: dict[str, Credential] = {
    "sha256-aes128": UsmUser("sha2user", Auth.SHA256, AUTH, Priv.AES128, PRIV),
    "sha1-aes128": UsmUser("shauser", Auth.SHA1, AUTH, Priv.AES128, PRIV),
    "sha512-aes256": UsmUser("aes256user", Auth.SHA512, AUTH, Priv.AES256, PRIV),
    "sha1-aes256-reeder": UsmUser("ciscouser", Auth.SHA1, AUTH, Priv.AES256_REEDER, PRIV),
    "sha384": UsmUser("authonly", Auth.SHA384, AUTH),
    "v2c": Community("public"),
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_snmpd(need("snmpd"), tmp_path_factory.mktemp("snmpd")) as port:
        yield port


def target(port: int, credential: Credential) -> SnmpTarget:
    return SnmpTarget("gear", "127.0.0.1", port, credential, timeout_s=0.6, retries=1)


@pytest.mark.parametrize("credential", GOOD.values(), ids=GOOD)
async def test_reads_and_walks(port: int, credential: Credential) -> None:
    async with SnmpEngine() as engine:
        answer = await engine.get(target(port, credential), [NAME, "1.3.6.1.4.1.9.9.9.0"])
        assert answer.problem is None
        assert answer.value(NAME) == b"real-agent"
        assert len(answer.values) == 1
        walked = await engine.walk(target(port, credential), [SYSTEM, "1.3.6.1.2.1.2.2.1.2"])
        assert walked.problem is None
        assert walked.value(NAME) == b"real-agent"
        assert len(walked.values) > 20
        assert engine.counters.disbelieved == 0


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        (
            UsmUser("sha2user", Auth.SHA256, "not the one", Priv.AES128, PRIV),
            "wrong auth password or auth protocol for SNMPv3 user sha2user",
        ),
        (
            UsmUser("sha2user", Auth.SHA512, AUTH, Priv.AES128, PRIV),
            "wrong auth password or auth protocol for SNMPv3 user sha2user",
        ),
        (
            UsmUser("stranger", Auth.SHA256, AUTH, Priv.AES128, PRIV),
            "the agent does not know SNMPv3 user stranger",
        ),
        (
            UsmUser("authonly", Auth.SHA384, AUTH, Priv.AES128, PRIV),
            "the agent does not allow authPriv for SNMPv3 user authonly",
        ),
        (
            UsmUser("sha2user", Auth.SHA256, AUTH, Priv.AES128, "not the one"),
            "priv password or priv protocol",
        ),
    ],
    ids=["auth-password", "auth-protocol", "user", "level", "priv-password"],
)
async def test_a_wrong_credential_is_named(port: int, credential: UsmUser, words: str) -> None:
    async with SnmpEngine() as engine:
        answer = await engine.get(target(port, credential), [NAME])
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.CREDENTIAL
        assert words in answer.problem.message
        assert answer.values == {}
        assert AUTH not in answer.problem.message
        assert "not the one" not in answer.problem.message


async def test_a_wrong_community_reads_as_silence(port: int) -> None:
    async with SnmpEngine() as engine:
        answer = await engine.get(target(port, Community("private")), [NAME])
        assert answer.problem is not None
        assert answer.problem.kind is ProblemKind.SILENT


async def test_an_agent_with_a_new_engine_is_met_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    snmpd = need("snmpd")
    async with SnmpEngine() as engine:
        with running_snmpd(snmpd, tmp_path_factory.mktemp("first")) as port:
            here = target(port, GOOD["sha256-aes128"])
            assert (await engine.get(here, [NAME])).problem is None
        with running_snmpd(snmpd, tmp_path_factory.mktemp("second"), port) as port:
            answer = await engine.get(here, [NAME])
            assert answer.problem is None
            assert answer.value(NAME) == b"real-agent"


async def test_the_probe_recognises_a_linux_host(port: int) -> None:
    async with SnmpEngine() as engine:
        probe = SnmpProbe(engine, target(port, GOOD["sha256-aes128"]), shipped())
        poll = await probe.poll()
        assert poll.problem is None
        assert "net-snmp-host" in probe.profiles
        assert poll.identity.name == "real-agent"
        assert poll.identity.uptime_s is not None
        names = {reading.name for reading in poll.readings}
        assert {"lo", "Memory used", "Load-1"} & names >= {"Memory used", "Load-1"}
        again = await probe.poll()
        assert {reading.name for reading in again.readings} >= {"Memory used", "Load-1"}
