"""Junos: its configuration as `display set` prints it, one statement a line."""

from deploy.network.grammar import Grammar, ordered, owned, pairs, words

JUNOS = Grammar(
    owned=(
        *(
            owned("management", rf"set {statement}", negation="")
            for statement in (
                r"system host-name ",
                r"system domain-name ",
                r"system authentication-order ",
                r"system (?:tacplus|radius)-server ",
                r"system login ",
                r"system services (?:ssh|telnet|web-management|ftp|finger)",
                r"system syslog (?:host|time-format) ",
                r"system ntp ",
                r"snmp (?:community|v3|view WF-)",
                r"policy-options prefix-list WF-",
                r"firewall family inet filter WF-",
                r"interfaces lo0 unit 0 family inet filter input",
            )
        ),
        owned(
            "vlans",
            r"set vlans (\S+) (?:vlan-id|l3-interface|forwarding-options dhcp-security)",
            negation="",
        ),
        owned("vlans", r"set protocols igmp-snooping vlan (\S+) l2-querier", negation=""),
        owned("ports", r"set chassis aggregated-devices", negation=""),
        owned("ports", r"set forwarding-options storm-control-profiles WF-", negation=""),
        owned(
            "ports",
            r"set interfaces ((?!irb |lo0 )\S+) (?:description|disable|native-vlan-id|"
            r"ether-options 802\.3ad|aggregated-ether-options|unit 0 family ethernet-switching)",
            negation="",
        ),
        owned(
            "ports", r"set protocols rstp (?:interface (\S+) edge|bpdu-block-on-edge)", negation=""
        ),
        owned("ports", r"set switch-options interface (\S+)\.0 interface-mac-limit", negation=""),
        owned(
            "routing",
            r"set interfaces ((?!lo0 )\S+) (?:vlan-tagging|unit \d+ (?:vlan-id|description))",
            negation="",
        ),
        owned("routing", r"set interfaces ((?!lo0 )\S+ unit \d+) family inet address", negation=""),
        owned("routing", r"set protocols vrrp version-3", negation=""),
        owned(
            "routing",
            r"set routing-options static route (\S+) (?:next-hop|qualified-next-hop)",
            negation="",
        ),
    ),
    negation="delete ",
    declaration="set ",
    keys=words(
        r"^set (system (?:host-name|domain-name|login message|syslog time-format)) ",
        r"^set (system login class \S+ idle-timeout) ",
        r"^set (system login user \S+ (?:class|authentication)) ",
        r"^set (system login retry-options \S+) ",
        r"^set (system services ssh (?:root-login|protocol-version)) ",
        r"^set (system (?:tacplus|radius)-server \S+ secret) ",
        r"^set (system syslog host \S+ source-address) ",
        r"^set (snmp v3 usm local-engine user \S+ (?:authentication|privacy))",
        r"^set (snmp v3 vacm security-to-group security-model usm security-name \S+ group) ",
        r"^set (interfaces lo0 unit 0 family inet filter input) ",
        r"^set (vlans \S+ (?:vlan-id|l3-interface)) ",
        r"^set (chassis aggregated-devices ethernet device-count) ",
        r"^set (interfaces \S+ (?:description|native-vlan-id|ether-options 802\.3ad)) ",
        r"^set (interfaces \S+ unit \d+ (?:description|vlan-id)) ",
        r"^set (interfaces \S+ unit \d+ family ethernet-switching interface-mode) ",
        r"^set (interfaces \S+ unit \d+ family ethernet-switching storm-control) ",
        r"^set (switch-options interface \S+ interface-mac-limit packet-action) ",
        r"^set (switch-options interface \S+ interface-mac-limit) \d",
        r"^set (interfaces \S+ unit \d+ family inet address \S+ vrrp-group \d+ priority) ",
    ),
    negated=pairs(
        (r"^set (system login user \S+ authentication) .*", r"delete \1"),
        (
            r"^set (system (?:host-name|domain-name|login message|syslog time-format)) .*",
            r"delete \1",
        ),
        (
            r"^set (snmp v3 usm local-engine user \S+ (?:authentication|privacy)-\S+) .*",
            r"delete \1",
        ),
        (r"^set (system (?:tacplus|radius)-server \S+) secret .*", r"delete \1"),
        (r"^set (interfaces \S+ description) .*", r"delete \1"),
        (r"^set (snmp community \S+).*", r"delete \1"),
    ),
    containers=words(
        r"^set (system login (?:user|class) \S+) ",
        r"^set (snmp v3 usm local-engine user \S+) ",
        r"^set (snmp community \S+)",
        r"^set (system syslog host \S+) ",
        r"^set (vlans \S+) ",
    ),
    wholes=words(r"^delete "),
    replaced=pairs(
        (r" plain-text-password-value ", " encrypted-password "),
        (r" authentication-password ", " authentication-key "),
        (r" privacy-password ", " privacy-key "),
        (r'^(set interfaces \S+ (?:unit \d+ )?description) ([^"\s]+)$', r'\1 "\2"'),
    ),
    order=ordered(
        (r"^set system login class", 40),
        (r"^set system login user", 50),
        (r"^set policy-options", 60),
        (r"^set firewall", 70),
        (r"^set vlans", 100),
        (r"^set interfaces lo0", 800),
        (r"^delete ", 300),
        (r"^delete interfaces lo0", 290),
        (r"^delete system login", 920),
        (r"^delete (?:policy-options|firewall)", 850),
        (r"^delete vlans", 950),
    ),
    noise=words(r"^set version "),
)
