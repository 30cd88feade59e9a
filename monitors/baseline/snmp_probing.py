"""Asks an SNMP agent what strangers would: default words, and the own user with less security."""

import asyncio
from collections.abc import Sequence

from pysnmp.hlapi.v3arch.asyncio import (
    ContextData,
    ObjectIdentity,
    ObjectType,
    UdpTransportTarget,
    UsmUserData,
    get_cmd,
)
from pysnmp.hlapi.v3arch.asyncio import SnmpEngine as PysnmpEngine

from inventory.errors import WatchfloorError
from inventory.secrets import ResolvedCredential
from monitors.baseline.snmp_facts import DEFAULT_WORDS, Reply, SnmpFacts
from monitors.probe import ProblemKind
from monitors.snmp.engine import SnmpEngine
from monitors.snmp.target import Community, Credential, SnmpTarget
from monitors.snmp.usm import Auth, Priv, UsmUser

SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
"""SNMPv2-MIB::sysUpTime.0: every agent has it, and it tells a stranger the least."""
PROBE_TIMEOUT_S = 1.5


class SnmpReadError(WatchfloorError):
    """An agent does not answer the monitor's own credential, so nothing is proved about it."""


async def read_snmp_facts(
    engine: SnmpEngine, device: str, host: str, port: int, credential: ResolvedCredential
) -> SnmpFacts:
    """Nine questions at most, none of which changes anything. Raises `SnmpReadError`."""
    own = await engine.get(
        SnmpTarget(device, host, port, engine_credential(credential)), [SYS_UPTIME]
    )
    if own.value(SYS_UPTIME) is None:
        why = own.problem.message if own.problem else "the agent has no sysUpTime"
        raise SnmpReadError(f"{device}: SNMP at {host}:{port}: {why}")
    is_v3 = credential.protocol == "snmp-v3"
    answered, without_privacy, without_authentication = await asyncio.gather(
        _answered_words(engine, device, host, port),
        _without_privacy(engine, device, host, port, credential) if is_v3 else _not_asked(),
        _without_authentication(host, port, credential.user) if is_v3 else _not_asked(),
    )
    return SnmpFacts(
        address=f"{host}:{port}",
        protocol=credential.protocol,
        words_tried=DEFAULT_WORDS,
        words_answered=tuple(answered),
        without_privacy=without_privacy,
        without_authentication=without_authentication,
    )


def engine_credential(credential: ResolvedCredential) -> Credential:
    """A credential of the inventory as the SNMP engine takes it."""
    if credential.protocol == "snmp-v2c":
        return Community(credential.secret.reveal())
    return UsmUser(
        name=credential.user,
        auth=Auth[credential.authentication.upper()],
        auth_password=credential.secret.reveal(),
        priv=Priv[credential.privacy.upper()],
        priv_password=credential.privacy_secret.reveal(),
    )


async def _answered_words(engine: SnmpEngine, device: str, host: str, port: int) -> list[str]:
    replies = await asyncio.gather(
        *(_reply(engine, device, host, port, Community(word)) for word in DEFAULT_WORDS)
    )
    return [
        word for word, reply in zip(DEFAULT_WORDS, replies, strict=True) if reply is Reply.ANSWERED
    ]


async def _without_privacy(
    engine: SnmpEngine, device: str, host: str, port: int, credential: ResolvedCredential
) -> Reply:
    user = UsmUser(
        name=credential.user,
        auth=Auth[credential.authentication.upper()],
        auth_password=credential.secret.reveal(),
    )
    return await _reply(engine, device, host, port, user)


async def _reply(
    engine: SnmpEngine, device: str, host: str, port: int, credential: Credential
) -> Reply:
    # Asked twice at most: a lost packet must not look like a refusal.
    target = SnmpTarget(device, host, port, credential, timeout_s=PROBE_TIMEOUT_S, retries=1)
    answer = await engine.get(target, [SYS_UPTIME])
    engine.forget(target)
    if answer.value(SYS_UPTIME) is not None:
        return Reply.ANSWERED
    silent = answer.problem is not None and answer.problem.kind is ProblemKind.SILENT
    return Reply.SILENT if silent else Reply.REFUSED


async def _without_authentication(host: str, port: int, user: str) -> Reply:
    """noAuthNoPriv, which our engine does not speak; pysnmp does."""
    stack = PysnmpEngine()
    try:
        transport = await UdpTransportTarget.create(
            (host, port), timeout=PROBE_TIMEOUT_S, retries=1
        )
        failure, status, _, values = await get_cmd(
            stack,
            UsmUserData(user),  # noqa: S509 - that this is refused is what is to be proved
            transport,
            ContextData(),
            ObjectType(ObjectIdentity(SYS_UPTIME)),
            lookupMib=False,
        )
    finally:
        stack.close_dispatcher()
    if failure is not None:
        return Reply.SILENT if "timeout" in str(failure).lower() else Reply.REFUSED
    return Reply.ANSWERED if not status and _has_value(values) else Reply.REFUSED


def _has_value(values: Sequence[Sequence[object]]) -> bool:
    """A report or an exception is no value: sysUpTime is a TimeTicks."""
    return any(type(pair[1]).__name__ == "TimeTicks" for pair in values)


async def _not_asked() -> Reply:
    return Reply.NOT_ASKED
