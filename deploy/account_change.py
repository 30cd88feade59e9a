"""Typed changes of accounts that are there already: how long they last, their shells and passwords.

They are among `deploy.change.Change`.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from deploy.typed_change import TypedChange

UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$")]
"""Any account's name; packages make such with capital letters."""
IDLE_DAY = 2
"""Days since 1970: the expiry that says of an account that it was shut for being idle. The first
day says that the inventory does not name it."""
_Days = Annotated[int, Field(ge=-1, le=99_999)]
"""-1 is no limit."""


class AgingChange(TypedChange):
    """How long an account's password may and has to be kept, in days (chage(1))."""

    kind: Literal["aging"] = "aging"
    user: UserName
    min_days: _Days
    max_days: _Days
    warn_days: _Days
    inactive_days: _Days
    """So long after its password ran out the account is shut."""

    @property
    def title(self) -> str:
        if self.max_days < 0:
            return f"let {self.user} not age: it has no password, or must not lose it"
        return (
            f"let the password of {self.user} last {self.min_days} to {self.max_days} days,"
            f" and {self.inactive_days} more to change it"
        )


class LockChange(TypedChange):
    """No password opens an account any more; its keys still do."""

    kind: Literal["lock"] = "lock"
    user: UserName
    reason: str

    @property
    def title(self) -> str:
        return f"lock the password of {self.user} ({self.reason})"


class ShellChange(TypedChange):
    """An account gets another login shell."""

    kind: Literal["shell"] = "shell"
    user: UserName
    shell: Annotated[str, StringConstraints(pattern=r"^/[^:\x00-\x1f]+$", max_length=200)]
    reason: str

    @property
    def title(self) -> str:
        return f"give {self.user} the shell {self.shell} ({self.reason})"


class IdleChange(TypedChange):
    """An account that nobody used is shut, until an administrator opens it (`chage -E -1`)."""

    kind: Literal["idle"] = "idle"
    user: UserName
    last_day: str
    """When it was used last, for people: `2026-07-01`."""

    @property
    def title(self) -> str:
        return f"shut account {self.user}, which nobody used since {self.last_day}"


AccountChange = AgingChange | LockChange | ShellChange | IdleChange
"""Any of these."""
