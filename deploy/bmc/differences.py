"""The differences of a BMC, area by area, and those that would cut us off left out."""

from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType

from deploy.area import AreaRules, Difference, Rules, Vantage
from deploy.bmc.alerts import alert_difference
from deploy.bmc.facts import (
    ALERTS,
    CIPHERS,
    LAN,
    USERS,
    AlertFacts,
    CipherFacts,
    LanFacts,
    UserFacts,
    read,
)
from deploy.bmc.users import user_difference
from deploy.bmc.wanted import SUITE_SHA256, BmcDesired, desired
from deploy.bmc_change import BmcSettingChange
from inventory.facts.area import FactError
from inventory.facts.collect import HostFacts
from inventory.model import Center, Device

AREAS: Mapping[str, AreaRules] = MappingProxyType(
    {name: Rules(FACTS=(name,)) for name in (USERS, CIPHERS, LAN, ALERTS)}
)
_TYPES, _LIMITS = 2, 24
_ADMINISTRATOR = 4
_TYPE_NAMES = ("none", "MD2", "MD5", "", "password", "OEM")
_LEVELS = ("callback", "user", "operator", "administrator", "OEM")
_STATIC = 1


def differences(
    center: Center, device: Device, facts: HostFacts, _vantage: Vantage, only: Collection[str]
) -> dict[str, Difference]:
    """See `deploy.way.Way`."""
    wanted = desired(center, device)
    makers: dict[str, Callable[[], Difference]] = {
        USERS: lambda: user_difference(wanted, read(facts, USERS, UserFacts)),
        CIPHERS: lambda: cipher_difference(wanted, read(facts, CIPHERS, CipherFacts)),
        LAN: lambda: lan_difference(wanted, read(facts, LAN, LanFacts)),
        ALERTS: lambda: alert_difference(wanted, read(facts, ALERTS, AlertFacts)),
    }
    return {name: _made(make) for name, make in makers.items() if not only or name in only}


def _made(make: Callable[[], Difference]) -> Difference:
    try:
        return make()
    except FactError as error:
        return Difference(unmet=(str(error),))


def cipher_difference(wanted: BmcDesired, facts: CipherFacts) -> Difference:
    """Every suite that is not wanted goes off, but never the one that our own session uses."""
    if facts.refused:
        return Difference(unmet=(facts.refused,))
    if len(facts.limits) < 16:
        return Difference(unmet=("it does not tell its cipher suites' privileges",))
    allowed = wanted.suites & set(facts.suites)
    held = allowed | ({facts.session} & set(facts.suites))
    limits = tuple(
        _ADMINISTRATOR if suite in allowed else limit if suite in held else 0
        for suite, limit in zip(facts.suites, facts.limits, strict=False)
    )
    limits += facts.limits[len(limits) :]
    named = [s for s, limit in zip(facts.suites, limits, strict=False) if limit]
    change = BmcSettingChange(
        title=f"allow sessions with cipher suite {' and '.join(map(str, named))} alone",
        group="lan",
        parameter=_LIMITS,
        value=_packed(limits),
        before=_packed(facts.limits),
    )
    changes = () if limits == facts.limits else (change,)
    return Difference(changes, unmet=tuple(_weak_suites(wanted, facts, allowed)))


def _weak_suites(wanted: BmcDesired, facts: CipherFacts, allowed: Collection[int]) -> Iterator[str]:
    if not allowed:
        also = "" if 3 in wanted.suites else ", or allow suite 3 by the baseline's `bmc_suite_3`"
        yield f"it offers no cipher suite {SUITE_SHA256}: give it newer firmware{also}"
    if facts.session in facts.suites and facts.session not in wanted.suites:
        yield f"our own session uses cipher suite {facts.session}, which therefore stays on"


def _packed(limits: tuple[int, ...]) -> tuple[int, ...]:
    """As parameter 24 has them: two in an octet, behind a reserved one."""
    return (0, *(limits[at] | limits[at + 1] << 4 for at in range(0, 16, 2)))


def lan_difference(wanted: BmcDesired, facts: LanFacts) -> Difference:
    """IPMI 1.5 off. Addresses are compared and never changed: that would cut us off."""
    if facts.refused:
        return Difference(unmet=(facts.refused,))
    notes = tuple(_notes(wanted, facts))
    if not any(facts.types):
        return Difference(notes=notes)
    change = BmcSettingChange(
        title=f"switch off IPMI 1.5 logins ({'; '.join(_types(facts.types))})",
        group="lan",
        parameter=_TYPES,
        value=(0,) * 5,
        before=facts.types,
    )
    return Difference((change,), notes=notes)


def _types(levels: tuple[int, ...]) -> Iterator[str]:
    for level, bits in zip(_LEVELS, levels, strict=False):
        names = [name for bit, name in enumerate(_TYPE_NAMES) if name and bits >> bit & 1]
        if names:
            yield f"{level}: {', '.join(names)}"


def _notes(wanted: BmcDesired, facts: LanFacts) -> Iterator[str]:
    if facts.address and facts.address not in (wanted.address, "0.0.0.0"):  # noqa: S104 - none
        yield f"it says that its address is {facts.address}, the inventory {wanted.address}"
    if facts.source != _STATIC:
        yield "its address is not a fixed one: somebody else's server can move it"
    if facts.vlan and facts.vlan != wanted.vlan:
        yield f"it tags its frames with VLAN {facts.vlan}, not {wanted.vlan or 'any'}"
