"""Typed changes of who there is on a host: groups, accounts, members, and accounts that are shut.

They are among `deploy.change.Change`.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints

from deploy.typed_change import AbsolutePath, TypedChange

AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_.-]{0,31}$")]
"""An account's or group's name."""


class GroupChange(TypedChange):
    """A system group gets created."""

    kind: Literal["group"] = "group"
    name: AccountName

    @property
    def title(self) -> str:
        return f"create group {self.name}"


class UserChange(TypedChange):
    """An account gets created, with a home and no password."""

    kind: Literal["user"] = "user"
    name: AccountName
    comment: Annotated[str, StringConstraints(pattern=r"^[^:\x00-\x1f]*$")] = ""
    shell: AbsolutePath = "/bin/bash"

    @property
    def title(self) -> str:
        return f"create account {self.name}"


class MemberChange(TypedChange):
    """An account joins a group, or leaves it."""

    kind: Literal["member"] = "member"
    user: AccountName
    group: AccountName
    present: bool = True

    @property
    def title(self) -> str:
        if self.present:
            return f"add {self.user} to group {self.group}"
        return f"remove {self.user} from group {self.group}"


class ShutChange(TypedChange):
    """An account gets shut (expired, password locked; nothing is deleted), or opened again."""

    kind: Literal["shut"] = "shut"
    user: AccountName
    shut: bool = True

    @property
    def title(self) -> str:
        if self.shut:
            return f"shut account {self.user}, which the inventory does not name"
        return f"open account {self.user} again"
