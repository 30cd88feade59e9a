"""The objects that every agent has: who it is, and whether it is still the one it was.

Agents may put their clocks back a little; sysUpTime starts again by itself after 497 days.
"""

from dataclasses import dataclass
from enum import Enum, auto

from monitors.snmp.answer import Answer
from monitors.snmp.oid import encode_oid
from monitors.snmp.values import text_of

DESCRIPTION = "1.3.6.1.2.1.1.1.0"
OBJECT_ID = "1.3.6.1.2.1.1.2.0"
UPTIME = "1.3.6.1.2.1.1.3.0"
NAME = "1.3.6.1.2.1.1.5.0"
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
ENGINE_TIME = "1.3.6.1.6.3.10.2.1.3.0"
SYS_OBJECT_ID = encode_oid(OBJECT_ID)
SYSTEM_GETS = tuple(
    map(encode_oid, (DESCRIPTION, OBJECT_ID, UPTIME, NAME, ENGINE_BOOTS, ENGINE_TIME))
)
"""SNMPv2-MIB's system group and SNMP-FRAMEWORK-MIB's snmpEngineBoots and snmpEngineTime."""

UPTIME_WRAPS_S = 2**32 / 100
"""sysUpTime is TimeTicks: it starts again after 497 days."""


@dataclass(frozen=True, slots=True)
class SystemGroup:
    """What an agent says of itself; None or empty where it does not say."""

    description: str = ""
    object_id: str = ""
    name: str = ""
    sys_uptime_s: float | None = None
    engine_boots: int | None = None
    engine_time_s: int | None = None

    @classmethod
    def of(cls, answer: Answer) -> "SystemGroup":
        """Reads it from a poll that asked for `SYSTEM_GETS`."""
        ticks = _number(answer, UPTIME)
        return cls(
            description=text_of(answer.value(DESCRIPTION)),
            object_id=text_of(answer.value(OBJECT_ID)),
            name=text_of(answer.value(NAME)),
            sys_uptime_s=None if ticks is None else ticks / 100,
            engine_boots=_number(answer, ENGINE_BOOTS),
            engine_time_s=_number(answer, ENGINE_TIME),
        )

    def renewed(self, answer: Answer) -> "SystemGroup":
        """The same agent with its present clocks, from a poll in which nothing else changed."""
        ticks = _number(answer, UPTIME)
        return SystemGroup(
            self.description,
            self.object_id,
            self.name,
            None if ticks is None else ticks / 100,
            self.engine_boots,
            _number(answer, ENGINE_TIME),
        )

    @property
    def uptime_s(self) -> float | None:
        """Since the agent started. snmpEngineTime helps where sysUpTime must have wrapped."""
        engine, ticks = self.engine_time_s, self.sys_uptime_s
        if engine is not None and (ticks is None or engine > UPTIME_WRAPS_S):
            return float(engine)
        return ticks


class Change(Enum):
    """What happened to an agent between two polls."""

    NONE = auto()
    RESTARTED = auto()
    REPLACED = auto()
    """Another agent answers: another product, or the other member of a pair."""


BOOT_SLACK_S = 60.0
"""How far the agent's clock and ours may be apart, and how far a clock may be set back."""
DRIFT = 0.02
"""How wrong a clock may go."""


def change(before: SystemGroup, now: SystemGroup, passed_s: float) -> Change:
    """What happened to the agent since the poll before, `passed_s` ago.

    snmpEngineBoots and snmpEngineTime (SNMP-FRAMEWORK-MIB) decide where the agent has them. Without
    them, an uptime that went back is a wrap where it stands where 32 bits of ticks had to bring it,
    and a restart where the agent can have started since; small steps are clocks being set.
    """
    if now.object_id and before.object_id and now.object_id != before.object_id:
        return Change.REPLACED
    if before.engine_boots is not None and now.engine_boots is not None:
        if now.engine_boots != before.engine_boots:
            return Change.RESTARTED
        if before.engine_time_s is not None and now.engine_time_s is not None:
            return _went_back(before.engine_time_s, now.engine_time_s, passed_s)
    if before.sys_uptime_s is None or now.sys_uptime_s is None:
        return Change.NONE
    if _wrapped(before.sys_uptime_s, now.sys_uptime_s, passed_s):
        return Change.NONE
    return _went_back(before.sys_uptime_s, now.sys_uptime_s, passed_s)


def _went_back(before_s: float, now_s: float, passed_s: float) -> Change:
    if now_s >= before_s:
        return Change.NONE
    if now_s <= passed_s * (1 + DRIFT) + BOOT_SLACK_S:
        return Change.RESTARTED
    return Change.NONE if before_s - now_s <= BOOT_SLACK_S else Change.REPLACED


def _wrapped(before_s: float, now_s: float, passed_s: float) -> bool:
    due_s = before_s + passed_s - UPTIME_WRAPS_S
    return due_s >= -BOOT_SLACK_S and abs(now_s - due_s) <= BOOT_SLACK_S + DRIFT * passed_s


def _number(answer: Answer, oid: str) -> int | None:
    value = answer.value(oid)
    return value if isinstance(value, int) else None
