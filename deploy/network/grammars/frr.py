"""FRR: what vtysh prints and takes."""

import re

from deploy.network.grammar import LEAVE, Grammar, ordered, owned, pairs, words

FRR = Grammar(
    closings=LEAVE,
    owned=(
        owned("management", r"log (?:syslog|timestamp precision)"),
        owned("management", r"access-list WF-"),
        owned("management", r"line vty$", r"access-class|exec-timeout"),
        owned(
            "routing",
            r"interface \S+$",
            r"description|ip address|vrrp \d+|shutdown",
            family=False,
        ),
        owned("routing", r"ip forwarding$"),
        owned("routing", r"ip route (\d\S*) \S", family=False),
    ),
    keys=words(
        r"^(log syslog|log timestamp precision) ",
        r"^(access-class|exec-timeout|description) ",
        r"^vrrp (\d+ (?:version|priority))",
        r"^(vrrp \d+)(?: version \d)?$",
        r"^(ip route \S+ \S+)",
        r"^(access-list \S+ seq \d+) ",
    ),
    negated=pairs(
        (r"^(description) .*", r"no \1"),
        # `no exec-timeout` is no timeout at all; this is the default.
        (r"^exec-timeout .*", "exec-timeout 10 0"),
        (r"^no (ip forwarding)$", r"\1"),
        (r"^(vrrp \d+)(?: version \d)?$", r"no \1"),
    ),
    wholes=words(r"^no vrrp \d+$"),
    unprinted=words(r"^ip forwarding$", r"^no shutdown$", r"^exec-timeout 10 0$"),
    replaced=pairs(
        (r"^(access-list \S+) (permit|deny)", r"\1 seq 5 \2"),
        (r"^(vrrp \d+)$", r"\1 version 3"),
    ),
    order=ordered(
        (r"^access-list ", 80),
        (r"^line ", 700),
        (r"^no ", 900),
    ),
    permanent=re.compile(r"interface |line vty$"),
    noise=words(
        r"^Building configuration",
        r"^Current configuration",
        r"^frr (?:version|defaults) ",
        r"^end$",
        r"^exit$",
        r"^exit-(?:vrf|address-family)$",
        r"^!",
        r"^no ipv6 forwarding$",
    ),
)
