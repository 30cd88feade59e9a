"""Which of the center's accounts a host has; accounts and SSH both ask this one module."""

from inventory.model import Account, Center, Device

LOGIN_GROUP = "watchfloor-login"
"""sshd lets in its members only."""


def roster(center: Center, device: Device) -> tuple[Account, ...]:
    """The accounts that the host gets, in the inventory's order."""
    return tuple(
        account
        for account in center.accounts.values()
        if not account.roles or set(account.roles) & set(device.roles)
    )


def can_log_in(account: Account) -> bool:
    """Whether the account has a key; passwords are of no use over SSH here."""
    return bool(account.keys)


def can_become_root(account: Account) -> bool:
    """Whether sudo lets it become root without asking: what deploying needs."""
    return account.sudo == "nopasswd"
