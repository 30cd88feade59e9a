"""Checks of a server's management controller and of SNMP agents."""

from dataclasses import dataclass
from datetime import date

from monitors.baseline.scope import Scope
from monitors.baseline.snmp_facts import Reply, SnmpFacts
from monitors.baseline.verdict import Outcome, failed, met, not_proven, passed
from monitors.ipmi.audit_facts import BmcFacts

APPROVED_SUITES = frozenset({17, 3})
"""17 is HMAC-SHA-256 with AES-128; 3 (HMAC-SHA-1) is what older controllers have at best."""


@dataclass(frozen=True, slots=True)
class Bmc:
    """A management controller."""

    scope: Scope
    facts: BmcFacts
    on: date


@dataclass(frozen=True, slots=True)
class SnmpAgent:
    """An SNMP agent."""

    scope: Scope
    facts: SnmpFacts
    on: date


def no_cipher_zero(bmc: Bmc) -> Outcome:
    """Proved by a try to open a session without authentication."""
    facts = bmc.facts
    limit = (facts.cipher_privileges or {}).get(0, "NONE")
    cited = (
        f"bmc: opens with cipher suite 0: {_yes(facts.opens_with_cipher_zero)}",
        f"bmc: privilege limit of suite 0: {limit if facts.cipher_privileges else 'not told'}",
    )
    if facts.opens_with_cipher_zero:
        return failed("opens a session without any password (cipher suite 0)", *cited)
    if limit != "NONE":
        return failed(f"cipher suite 0 is switched on for {limit}", *cited)
    return passed("refuses a session without authentication (cipher suite 0)", *cited)


def no_null_user(bmc: Bmc) -> Outcome:
    """No anonymous login, and no user without a name."""
    facts = bmc.facts
    nameless = [
        user for user in facts.users or () if not user.name and user.ipmi_messaging and user.enabled
    ]
    cited = (
        f"bmc: anonymous login: {_yes(facts.anonymous_login)}",
        f"bmc: null user names: {_yes(facts.null_usernames)}",
        *(f"bmc: user {user.number} without a name: {user.privilege}" for user in nameless),
    )
    if facts.anonymous_login or facts.null_usernames or nameless:
        return failed("lets in a user without a name", *cited)
    return passed("every user has a name", *cited)


def approved_suites(bmc: Bmc) -> Outcome:
    """Only suites 17 and 3 can be used."""
    facts = bmc.facts
    if facts.cipher_privileges is not None:
        usable = {suite for suite, limit in facts.cipher_privileges.items() if limit != "NONE"}
    elif facts.cipher_suites is not None:
        usable = set(facts.cipher_suites)
    else:
        return not_proven("does not say which cipher suites it has")
    cited = f"bmc: usable cipher suites: {', '.join(map(str, sorted(usable))) or 'none told'}"
    extra = sorted(usable - APPROVED_SUITES)
    return met(
        not extra,
        "offers no cipher suite but 17 and 3",
        f"offers cipher suites {', '.join(map(str, extra))}",
        cited,
    )


def no_default_community(agent: SnmpAgent) -> Outcome:
    """No community that everybody tries first is answered."""
    facts = agent.facts
    if not facts.words_tried:
        return not_proven("no default community was tried")
    return met(
        not facts.words_answered,
        f"answers none of {len(facts.words_tried)} default communities",
        f"answers the default community {', '.join(facts.words_answered)}",
        f"snmp: tried {', '.join(facts.words_tried)}",
    )


def private_only(agent: SnmpAgent) -> Outcome:
    """Read by SNMPv3 authPriv; the same user gets nothing with less."""
    facts = agent.facts
    cited = (
        f"snmp: read by {facts.protocol}",
        f"snmp: authNoPriv {facts.without_privacy}",
        f"snmp: noAuthNoPriv {facts.without_authentication}",
    )
    if facts.protocol != "snmp-v3":
        return failed("is read by a community in clear text", *cited)
    weaker = {
        "authNoPriv": facts.without_privacy,
        "noAuthNoPriv": facts.without_authentication,
    }
    answered = [level for level, reply in weaker.items() if reply is Reply.ANSWERED]
    if answered:
        return failed(f"answers {' and '.join(answered)} as well", *cited)
    if Reply.NOT_ASKED in weaker.values():
        return not_proven("was not asked with less than authPriv", *cited)
    return passed("answers authPriv, and nothing less", *cited)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
