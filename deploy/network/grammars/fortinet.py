"""FortiOS: tables with entries; `end` and `next` close them."""

import re

from deploy.network.grammar import Grammar, Owned, ordered, pairs, words


def _table(
    area: str, top: str, inside: str, *, entries: bool = False, deeper: str | None = None
) -> Owned:
    return Owned(
        area,
        re.compile(rf"config {top}$"),
        re.compile(inside),
        True,
        entries,
        None if deeper is None else re.compile(deeper),
    )


FORTIOS = Grammar(
    owned=(
        _table(
            "management",
            r"system global",
            r"set (?:admin-lockout-\S+|admin-ssh-grace-time|admin-telnet|admintimeout|hostname|"
            r"pre-login-banner|strong-crypto) ",
        ),
        _table(
            "management", r'system replacemsg admin "pre_admin-disclaimer-text"', r"set buffer "
        ),
        _table(
            "management",
            r"user (?:tacacs\+|radius)",
            r"edit ",
            entries=True,
            deeper=r"set (?:server|key|secret) ",
        ),
        _table("management", r"user group", r"edit ", entries=True, deeper=r"set member "),
        _table(
            "management",
            r"system admin",
            r"edit ",
            deeper=r"set (?:accprofile|vdom|trusthost\d+|password|remote-auth|wildcard|"
            r"remote-group) ",
        ),
        _table("management", r"system snmp sysinfo", r"set status "),
        _table("management", r"system snmp community", r"edit "),
        _table(
            "management",
            r"system snmp user",
            r"edit ",
            deeper=r"set (?:security-level|auth-proto|auth-pwd|priv-proto|priv-pwd) ",
        ),
        _table("management", r"system ntp", r"set (?:ntpsync|type) |config ntpserver"),
        _table("management", r"log syslogd\d? setting", r"set (?:status|server) "),
        _table(
            "ports",
            r"system interface",
            r"edit ",
            entries=True,
            deeper=r"set (?:vdom|type|member|description|status|interface|vlanid) ",
        ),
        _table(
            "routing",
            r"system interface",
            r"edit ",
            entries=True,
            deeper=r"set (?:ip|allowaccess) |config vrrp",
        ),
        _table(
            "routing",
            r"router static",
            r"edit 9\d\d\d$",
            deeper=r"set (?:dst|gateway|distance|device) ",
        ),
    ),
    negation="unset ",
    declaration="set ",
    keys=words(r"^set (\S+)"),
    negated=pairs(
        (r"^set (\S+).*", r"unset \1"),
        (r"^edit (.*)$", r"delete \1"),
        (r"^config (\S+)$", r"config \1"),
    ),
    unprinted=words(
        r"^set (?:strong-crypto enable|admin-telnet enable|ntpsync enable|distance 10|version 2)$",
        r"^set (?:admin-lockout-duration 60|admin-lockout-threshold 3|admin-ssh-grace-time 120)$",
        r"^set admintimeout 5$",
    ),
    replaced=pairs(
        (r"^(set description) ([^\"]\S*)$", r'\1 "\2"'),
    ),
    order=ordered((r"^config system admin$", 450), (r"^config system interface$", 480)),
    noise=words(r"^#", r"^set uuid "),
    permanent=re.compile(r"config "),
    closings={"config": "end", "edit": "next"},
)
