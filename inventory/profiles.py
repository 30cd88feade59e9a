"""What the baseline's profiles say otherwise than its defaults, which are those of `cjis-6.0`.

A value that no source of a profile asks for is the strictest that any source asks for and that a
control room can live with; `inventory.demands` has who asks for what, and what was not followed.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Profile = Literal["cjis-6.0", "cis-1", "stig"]

DEVIATIONS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "cjis-6.0": {},
        "cis-1": {
            "console_lock_s": 900,
            "lockout_attempts": 4,
            "lockout_release_s": 900,
        },
        "stig": {
            "audit_full": "halt",
            "console_lock_s": 600,
            "inactive_days": 35,
            "lockout_attempts": 3,
            "lockout_root": True,
            "login_delay_s": 4,
            "password_hash": "sha512",
            "password_max_days": 60,
            "password_min_length": 15,
            "shell_timeout_s": 600,
            "ssh_idle_s": 600,
            "umask": "0077",
        },
    }
)
"""Profile -> parameter of `inventory.baseline.Baseline` -> its value."""
