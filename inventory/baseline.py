"""The baseline profile: the values that hardening sets and that audits expect, in one place."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inventory.profiles import DEVIATIONS, Profile

DEFAULT_BANNER = """\
This is a restricted law enforcement system. By using it you agree that
you are entering a restricted information system, that your use may be
monitored, recorded and audited, that unauthorized use is prohibited and
may lead to criminal and civil penalties, and that use of this system is
consent to monitoring and recording.
"""


class Baseline(BaseModel):
    """Parameters of a center's security baseline.

    What is not written is the profile's. The defaults that stand here are those of `cjis-6.0`:
    CJIS v6.0 first, then CIS Debian 12, then STIG Ubuntu 24.04.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    profile: Profile = "cjis-6.0"
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
    console_lock_s: Annotated[int, Field(ge=60, le=3600)] = 1800
    """An idle console's screen is locked after this (CJIS AC-11, which exempts dispatch)."""
    lockout_attempts: Annotated[int, Field(ge=1, le=10)] = 5
    """So many wrong passwords lock an account (CJIS AC-7)."""
    lockout_window_s: Annotated[int, Field(ge=60, le=86400)] = 900
    """Wrong passwords count together when they come within this time (CJIS AC-7)."""
    lockout_release_s: Annotated[int, Field(ge=0, le=86400)] = 0
    """0: an administrator releases (CJIS AC-7)."""
    lockout_root: bool = False
    """Whether root is locked as well, for `lockout_root_release_s`."""
    lockout_root_release_s: Annotated[int, Field(ge=60, le=86400)] = 60
    """After this root is let in again: nobody could release it (CIS 5.3.3.1.3: at least 60)."""
    login_delay_s: Annotated[int, Field(ge=0, le=30)] = 0
    """How long a wrong password is answered with silence, at least; PAM takes about two seconds
    by itself (STIG UBTU-24-300017: 4)."""
    password_min_length: Annotated[int, Field(ge=8, le=64)] = 14
    """Characters (CJIS IA-5(1): at least 8)."""
    password_digits: Annotated[int, Field(ge=0, le=8)] = 1
    """So many digits at least (pwquality.conf(5), dcredit)."""
    password_uppercase: Annotated[int, Field(ge=0, le=8)] = 1
    """So many upper case letters at least (ucredit)."""
    password_lowercase: Annotated[int, Field(ge=0, le=8)] = 1
    """So many lower case letters at least (lcredit)."""
    password_other: Annotated[int, Field(ge=0, le=8)] = 1
    """So many other characters at least (ocredit)."""
    password_classes: Annotated[int, Field(ge=0, le=4)] = 4
    """How many of these four kinds it has at least (minclass)."""
    password_new_characters: Annotated[int, Field(ge=1, le=32)] = 8
    """How many characters of a password were not in the one before (difok)."""
    password_max_repeat: Annotated[int, Field(ge=1, le=8)] = 3
    """How often a character may follow itself (maxrepeat)."""
    password_max_sequence: Annotated[int, Field(ge=1, le=8)] = 3
    """How long `abcd` or `4321` may become (maxsequence)."""
    password_hash: Literal["yescrypt", "sha512"] = "yescrypt"  # noqa: S105 - an algorithm
    """How new passwords are kept. FIPS 140-3 knows neither; its modules have SHA-512 at least."""
    password_hash_rounds: Annotated[int, Field(ge=5000, le=1_000_000)] = 100_000
    """Rounds of SHA-512; yescrypt has a cost of its own (STIG UBTU-24-400220: 100000)."""
    password_history: Annotated[int, Field(ge=0, le=64)] = 24
    """So many old passwords are refused."""
    password_max_days: Annotated[int, Field(ge=1, le=365)] = 365
    """A password is changed at least this often (CJIS IA-5(1): yearly)."""
    password_min_days: Annotated[int, Field(ge=0, le=30)] = 1
    """A password is kept at least this long, so that nobody runs through the history."""
    password_warn_days: Annotated[int, Field(ge=1, le=60)] = 7
    """A warning comes so many days before a password has to be changed."""
    inactive_days: Annotated[int, Field(ge=1, le=90)] = 45
    """An account that nobody used for so long is shut (CJIS AC-2(3): 90)."""
    root_password: Literal["locked", "console"] = "locked"  # noqa: S105 - a policy
    """Whether root has no password that opens a login, or keeps the one that it has, for the
    console only; then it is for an envelope in a safe."""
    sudo_reauthenticate_min: Annotated[int, Field(ge=0, le=60)] = 15
    """Minutes until sudo asks for the password again; 0 is each time (CJIS IA-11)."""
    shell_timeout_s: Annotated[int, Field(ge=60, le=1800)] = 900
    """A shell that stands idle at its prompt ends after this."""
    umask: Annotated[str, Field(pattern=r"^0[0-7]{3}$")] = "0027"
    """What new files do not let others do."""
    bmc_suite_3: bool = False
    """Whether BMCs may open sessions with cipher suite 3 (HMAC-SHA1) beside 17 (HMAC-SHA256)."""
    time_max_offset_s: Annotated[float, Field(gt=0, le=10)] = 0.1
    ptrace_scope: Annotated[int, Field(ge=1, le=3)] = 2
    """Who may look into another process: 1 its parent, 2 root, 3 nobody (CIS 1.5.2: at least 1)."""
    ipv6: Literal["auto", "on"] = "auto"
    """`auto` switches it off where nothing of the center's has an IPv6 address (CM-7)."""
    blocked_modules: tuple[Annotated[str, Field(pattern=r"^[a-z0-9_-]{2,40}$")], ...] = (
        "affs",
        "appletalk",
        "atm",
        "ax25",
        "befs",
        "bluetooth",
        "btusb",
        "cramfs",
        "dccp",
        "efs",
        "firewire-core",
        "firewire-ohci",
        "freevxfs",
        "hfs",
        "hfsplus",
        "hpfs",
        "jffs2",
        "jfs",
        "minix",
        "netrom",
        "qnx4",
        "qnx6",
        "rds",
        "romfs",
        "rose",
        "sctp",
        "squashfs",
        "sysv",
        "tipc",
        "udf",
        "ufs",
        "vivid",
        "x25",
    )
    """Kernel modules that nothing here needs (CIS 1.1.1, 3.2): file systems and protocols whose
    code an attacker reaches by a disk or a socket. One that is in use is left and told."""
    usb_storage: Literal["blocked", "allowed"] = "blocked"
    """USB disks and sticks on servers and wall processors (CJIS MP-7); consoles never have them,
    except the devices of `usb_storage_devices`."""
    usb_storage_devices: tuple[
        Annotated[str, Field(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")], ...
    ] = ()
    """The USB disks that may be used, `vendor:product` as lsusb prints them."""
    proc_hidepid: Annotated[int, Field(ge=0, le=2)] = 0
    """Whose processes people see: 0 all, 1 their own with names, 2 their own alone; members of
    the group adm see all."""
    cron_users: tuple[Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")], ...] = ("root",)
    """Who may use crontab and at (CIS 2.4.1.8)."""
    services_kept: tuple[Annotated[str, Field(pattern=r"^[a-z0-9@._-]{1,60}$")], ...] = ()
    """Services that would be masked and are needed here: `cups`, `avahi-daemon`."""
    packages_purged: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")], ...] = (
        "inetutils-telnet",
        "inetutils-telnetd",
        "nis",
        "rsh-client",
        "rsh-redone-client",
        "rsh-redone-server",
        "rsh-server",
        "talk",
        "talkd",
        "telnet",
        "telnetd",
        "tftp",
        "xinetd",
    )
    """Packages that do not stay on a host (CIS 2.2): clients and servers without encryption."""
    known_suid: tuple[Annotated[str, Field(pattern=r"^/[^\x00\n]+$")], ...] = ()
    """Programs that run with their owner's rights, belong to no package and are meant to be so."""
    motd: str = "Use of this system is monitored and recorded.\n"
    """Shown after login; it says nothing of the system itself."""
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

    @model_validator(mode="before")
    @classmethod
    def _of_profile(cls, written: object) -> object:
        """Puts the profile's values below what was written."""
        if not isinstance(written, Mapping):
            return written
        profile = written.get("profile")
        below = DEVIATIONS.get(profile, {}) if isinstance(profile, str) else {}
        return {**below, **written}
