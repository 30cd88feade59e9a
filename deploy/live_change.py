"""Typed changes of what a host is at this moment: modes and owners, kernel settings, packages gone.

They are among `deploy.change.Change`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deploy.typed_change import TypedChange

_SHOWN = 3
"""So many names stand in a title; the diff has all of them."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mode(_Frozen):
    """The owner, group and mode of one path, and what they were."""

    path: Annotated[str, StringConstraints(pattern=r"^/[^\x00\n]+$", max_length=4096)]
    mode: int = Field(ge=0, le=0o7777)
    owner: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    group: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    before_mode: int = Field(ge=0, le=0o7777)
    before_owner: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    before_group: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")

    @property
    def was(self) -> str:
        return f"{self.before_owner}:{self.before_group} {self.before_mode:04o}"

    @property
    def becomes(self) -> str:
        return f"{self.owner}:{self.group} {self.mode:04o}"


class ModeChange(TypedChange):
    """Files and folders that exist get their owner, group and mode; a link is left alone."""

    kind: Literal["mode"] = "mode"
    entries: tuple[Mode, ...] = Field(min_length=1)

    @property
    def title(self) -> str:
        if len(self.entries) == 1:
            (only,) = self.entries
            return f"set owner and mode of {only.path}: {only.was} -> {only.becomes}"
        return f"set owner and mode of {_listed([entry.path for entry in self.entries])}"

    @property
    def diff(self) -> tuple[str, ...]:
        if len(self.entries) == 1:
            return ()
        pairs = ((f"-{e.was} {e.path}", f"+{e.becomes} {e.path}") for e in self.entries)
        return tuple(line for pair in pairs for line in pair)


class Setting(_Frozen):
    """One kernel setting, and what it was."""

    key: str = Field(pattern=r"^[a-z0-9_]+(/[A-Za-z0-9_.:@-]+)+$")
    """Its path below /proc/sys: an interface's name may have dots."""
    value: str = Field(pattern=r"^[^\n\x00]+$")
    before: str = Field(pattern=r"^[^\n\x00]*$")


class SysctlChange(TypedChange):
    """The running kernel gets these values.

    One that it refuses does not fail the step: the host remembers it until its next restart, and
    the area says so. The old values come back with an undo.
    """

    kind: Literal["sysctl"] = "sysctl"
    settings: tuple[Setting, ...] = Field(min_length=1)
    """Those too that are right already and that writing another one may reset, in their order."""

    @property
    def differing(self) -> tuple[Setting, ...]:
        return tuple(one for one in self.settings if one.value != one.before)

    @property
    def title(self) -> str:
        if len(self.differing) == 1:
            (only,) = self.differing
            return f"set {dotted(only.key)} to {only.value} (it is {only.before})"
        return f"set in the kernel: {_listed([dotted(one.key) for one in self.differing])}"

    @property
    def diff(self) -> tuple[str, ...]:
        pairs = (
            (f"-{dotted(s.key)} = {s.before}", f"+{dotted(s.key)} = {s.value}")
            for s in self.differing
        )
        return tuple(line for pair in pairs for line in pair)


class PurgeChange(TypedChange):
    """Debian packages go, with their configuration. This is not undone: install them again."""

    kind: Literal["purge"] = "purge"
    names: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+$")], ...] = Field(
        min_length=1
    )

    @property
    def title(self) -> str:
        return f"purge {', '.join(self.names)}"

    @property
    def diff(self) -> tuple[str, ...]:
        return ()


def dotted(key: str) -> str:
    """A setting's key as sysctl(8) spells it: dots and slashes change places."""
    return key.translate(str.maketrans("/.", "./"))


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
