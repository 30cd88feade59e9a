"""What every Linux host is hardened with: one module per area, in the order in which they are done.

An area stands behind all that its AFTER names.
"""

from types import ModuleType

from deploy.hardening import (
    accounts,
    apparmor,
    audit_rules,
    auditor,
    banner,
    certificate,
    core_dumps,
    cron,
    firewall,
    integrity,
    journal,
    lockout,
    log_forwarding,
    logins,
    modules,
    mounts,
    pam,
    passwords,
    permissions,
    services,
    shell,
    sources,
    ssh,
    su,
    sudo,
    sysctl,
    time,
    updates,
    usb_storage,
)

AREAS: tuple[ModuleType, ...] = (
    auditor,
    # Before all that installs packages: it keeps their greetings out.
    banner,
    sources,
    updates,
    modules,
    usb_storage,
    mounts,
    core_dumps,
    services,
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
    # Confirmed by a login of the account that deploys, which has to be there.
    sysctl,
    journal,
    certificate,
    log_forwarding,
    apparmor,
    cron,
    permissions,
    audit_rules,
    integrity,
)
