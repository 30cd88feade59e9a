"""The baseline profile: the values that hardening sets and that audits expect, in one place."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_BANNER = """\
This is a restricted law enforcement system. By using it you agree that
you are entering a restricted information system, that your use may be
monitored, recorded and audited, that unauthorized use is prohibited and
may lead to criminal and civil penalties, and that use of this system is
consent to monitoring and recording.
"""


class Baseline(BaseModel):
    """Parameters of a center's security baseline. Defaults follow CJIS v6.0, then CIS Debian 12."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    profile: Literal["cjis-6.0", "cis-1"] = "cjis-6.0"
    banner: str = DEFAULT_BANNER
    """Shown before login (CJIS AC-8: its four statements)."""
    ssh_max_auth_tries: Annotated[int, Field(ge=1, le=6)] = 4
    ssh_login_grace_s: Annotated[int, Field(ge=10, le=120)] = 60
    ssh_idle_s: Annotated[int, Field(ge=60, le=3600)] = 900
    """An unresponsive or idle session ends after this (CJIS SC-10: at most 3600)."""
    ssh_ciphers: tuple[str, ...] = (
        "aes256-gcm@openssh.com",
        "aes128-gcm@openssh.com",
        "aes256-ctr",
        "aes192-ctr",
        "aes128-ctr",
    )
    """FIPS 197 AES only (CJIS SC-13)."""
    ssh_macs: tuple[str, ...] = (
        "hmac-sha2-512-etm@openssh.com",
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512",
        "hmac-sha2-256",
    )
    ssh_kex: tuple[str, ...] = (
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
    )
    lockout_attempts: Annotated[int, Field(ge=1, le=10)] = 5
    lockout_window_s: Annotated[int, Field(ge=60, le=86400)] = 900
    lockout_release_s: Annotated[int, Field(ge=0, le=86400)] = 0
    """0: an administrator releases (CJIS AC-7)."""
    password_min_length: Annotated[int, Field(ge=8, le=64)] = 14
    password_history: Annotated[int, Field(ge=0, le=24)] = 10
    password_max_days: Annotated[int, Field(ge=1, le=365)] = 365
    inactive_days: Annotated[int, Field(ge=0, le=90)] = 45
    shell_timeout_s: Annotated[int, Field(ge=60, le=1800)] = 900
    umask: Annotated[str, Field(pattern=r"^0[0-7]{3}$")] = "0027"
    time_max_offset_s: Annotated[float, Field(gt=0, le=10)] = 0.1
    audit_immutable: bool = True
    """Whether audit rules are locked in the kernel until the next restart (AU-9)."""
    audit_keep: Literal["keep_logs", "rotate"] = "keep_logs"
    """What auditd does with a full file: rotating overwrites the oldest in the end (AU-11)."""
    audit_full: Literal["suspend", "single", "halt"] = "suspend"
    """What auditd does when its disk is full. CIS wants `single` or `halt`; in a control room a
    host that goes on without records harms less than one that stops, and AU-5 asks for an alert."""
    journal_max_mib: Annotated[int, Field(ge=64, le=65536)] = 1024
    """How much of the disk the journal may fill."""
    log_retention_days: Annotated[int, Field(ge=365, le=3650)] = 365
    """How long collectors keep a line (CJIS AU-11: at least a year)."""
    log_spool_mib: Annotated[int, Field(ge=16, le=65536)] = 1024
    """How much a host keeps on its disk while a collector is away."""
    updates_from_hour: Annotated[int, Field(ge=0, le=23)] = 1
    """The first hour, in the center's zone, at which a host of a redundant group is updated."""
    updates_max_age_days: Annotated[int, Field(ge=1, le=90)] = 30
    """How old the package lists may become (CJIS RA-5: monthly)."""
