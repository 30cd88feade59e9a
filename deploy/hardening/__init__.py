"""What every Linux host is hardened with: one module per area, in the order in which they are done.

An area stands behind all that its AFTER names.
"""

from types import ModuleType

from deploy.hardening import (
    accounts,
    auditor,
    banner,
    certificate,
    firewall,
    journal,
    lockout,
    log_forwarding,
    logins,
    pam,
    passwords,
    shell,
    ssh,
    su,
    sudo,
    time,
)

AREAS: tuple[ModuleType, ...] = (
    auditor,
    banner,
    time,
    accounts,
    lockout,
    pam,
    passwords,
    sudo,
    su,
    shell,
    logins,
    ssh,
    firewall,
    journal,
    certificate,
    log_forwarding,
)
