"""Access: credentials hold references and what their protocol needs, accounts hold public keys."""

import re

from inventory.draft import Draft
from inventory.model import Account, Credential
from inventory.public_keys import PUBLIC_KEY

REFERENCE = re.compile(
    r"(env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0]+|age:[^\0]+|vault:[^#\0]+#[^#\0]+)\Z"
)
"""How a secret is referred to; `inventory.secrets` resolves it."""

NEEDED = {
    "snmp-v2c": ("secret",),
    "snmp-v3": ("user", "secret", "privacy_secret"),
    "ipmi": ("user", "secret"),
    "redfish": ("user", "secret"),
    "pjlink": (),
    "sis": ("user", "secret"),
    "rtsp": ("user", "secret"),
    "ssh": ("user", "secret"),
    "x509": ("secret",),
    "cli": ("user", "secret"),
    "tacacs": ("secret",),
    "radius": ("secret",),
    "token": ("secret",),
}
"""What each protocol's credential must say. A PJLink display may have no password."""


def check_access(draft: Draft) -> None:
    """Credentials and accounts."""
    for credential in draft.credentials.values():
        _check_credential(draft, credential)
    for account in draft.accounts.values():
        _check_account(draft, account)


def _check_credential(draft: Draft, credential: Credential) -> None:
    for key in NEEDED[credential.protocol]:
        if not getattr(credential, key):
            draft.problems.add(
                draft.entry("credentials", credential.name).mark,
                f"{credential.name}: the protocol {credential.protocol} needs `{key}`",
            )
    for key in ("secret", "privacy_secret"):
        reference = getattr(credential, key)
        if reference and not REFERENCE.match(reference):
            draft.report(
                "credentials",
                credential.name,
                (key,),
                f"`{key}` holds a reference, never a secret itself: "
                "write env:NAME, file:path, age:path or vault:path#key",
            )


def _check_account(draft: Draft, account: Account) -> None:
    for number, key in enumerate(account.keys):
        if not PUBLIC_KEY.match(key) and not re.match(r"(file|env):.", key):
            draft.report(
                "accounts",
                account.name,
                ("keys", number),
                "not an SSH public key: write `ssh-ed25519 AAAA…`, file:path or env:NAME",
            )
