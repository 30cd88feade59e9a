"""The typed changes that a plan is made of, and how each of them reads to a person.

A change is pure data: `deploy.hardening` decides on it, `deploy.operations` turns it into the shell
script that makes it so. None of them holds a secret: markers stand for those.
"""

import difflib
import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from deploy.account_change import AccountChange
from deploy.bmc_change import BmcSettingChange, BmcUserChange
from deploy.live_change import ModeChange, PurgeChange, SysctlChange
from deploy.network.secrets import MASK, shown
from deploy.people_change import AccountName, GroupChange, MemberChange, ShutChange, UserChange
from deploy.secret_text import SecretCheck, names
from deploy.shipped_change import FolderChange, ReleaseChange
from deploy.typed_change import AbsolutePath, TypedChange
from deploy.undo_change import UndoChange
from inventory.facts.textfile import StoredSecret, TextFile

UnitName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9@._\\-]+\.(service|socket|timer|path|mount|target)$"),
]
PackageName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]

_DIFF_LIMIT = 500
"""Lines of one diff that are shown; a plan keeps the whole content."""


class FileChange(TypedChange):
    """A file gets this content, mode and owner."""

    kind: Literal["file"] = "file"
    path: AbsolutePath
    content: str
    mode: int = 0o644
    owner: AccountName = "root"
    group: AccountName | Literal[""] = ""
    """The owner's primary group when empty."""
    folder_mode: int = 0o755
    """For the folder and those above it, if they have to be made; they belong to the owner."""
    validate_with: tuple[str, ...] = ()
    """A command that judges the new file beside its place; `{}` stands for its path."""
    check_with: tuple[str, ...] = ()
    """A command that judges all of the configuration; if it fails, the old file comes back."""
    before: str | None = None
    """What was there; None when nothing or no regular file was."""
    before_mode: int = 0
    before_owner: str = ""
    before_group: str = ""
    has_markers: bool = False
    """Whether markers in the content stand for secrets. A text that comes from a host must never
    have them: the host could ask for any secret."""
    quoted: bool = False
    """Whether markers stand between single quotes, which their secrets then must not hold."""
    stale: tuple[str, ...] = ()
    """The secrets of which the host has another value."""

    @model_validator(mode="after")
    def _is_private_with_secrets(self) -> Self:
        if self.secrets and self.mode & 0o007:
            raise ValueError(f"{self.path} holds a secret and everybody might read it")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        return names([self.content]) if self.has_markers else ()

    @property
    def title(self) -> str:
        """One line for people."""
        if self.before is None:
            return f"create {self.path}"
        if self.before != self.content:
            return f"change {self.path}"
        if self.stale:
            return f"write the present {' and '.join(self.stale)} into {self.path}"
        was = f"{_owners(self.before_owner, self.before_group)} {self.before_mode:04o}"
        now = f"{_owners(self.owner, self.group)} {self.mode:04o}"
        return f"set owner and mode of {self.path}: {was} -> {now}"

    @property
    def diff(self) -> tuple[str, ...]:
        return unified(
            (self.before or "").splitlines(),
            self.content.splitlines(),
            "/dev/null" if self.before is None else self.path,
            self.path,
        )


class RemovalChange(TypedChange):
    """A file is taken away; what it held is kept, for `undo`."""

    kind: Literal["removal"] = "removal"
    path: AbsolutePath
    check_with: tuple[str, ...] = ()
    """A command that judges all of the configuration; if it fails, the file comes back."""
    reason: str = ""

    @property
    def title(self) -> str:
        return f"remove {self.path}{f' ({self.reason})' if self.reason else ''}"


class CommandChange(TypedChange):
    """A command that makes what runs follow from its files: rules loaded, a database built."""

    kind: Literal["command"] = "command"
    title: str
    """What it does, for people: `load the audit rules into the kernel`."""
    command: tuple[str, ...] = Field(min_length=1)
    again_on_undo: bool = True
    """Whether it runs again after an undo, when the old files are back."""
    undo_with: tuple[str, ...] = ()
    """A command that takes back what it did and no file holds; runs in an undo."""
    timeout_s: int = Field(default=250, ge=1, le=1800)


class CertificateChange(TypedChange):
    """A host gets a certificate of its own for a key that is made on it and stays on it.

    The worker signs the key's public half. An undo brings back the old certificate; a key that was
    made stays, because nobody else could have used it.
    """

    kind: Literal["certificate"] = "certificate"
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,253}$")]
    """The host's name in it."""
    folder: AbsolutePath
    """Gets `host.key` and `host.pem`."""
    group: AccountName = "root"
    """Who may read the key beside root."""
    days: int = Field(ge=1, le=825)
    authority: str
    """The certificate of who signs it, in PEM."""
    reason: str = ""

    @property
    def title(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"sign a certificate for {self.name}{why}"


class PackageChange(TypedChange):
    """Debian packages get installed at once. What their installation changes is not undone."""

    kind: Literal["package"] = "package"
    names: tuple[PackageName, ...] = Field(min_length=1)

    @property
    def title(self) -> str:
        return f"install {', '.join(self.names)}"


class ServiceChange(TypedChange):
    """A systemd unit gets into another state."""

    kind: Literal["service"] = "service"
    unit: UnitName
    action: Literal["enable", "start", "restart", "reload", "stop", "disable", "mask", "unmask"]
    """`disable` and `mask` stop it as well; a masked one cannot be started by anybody."""
    reason: str = ""

    @property
    def title(self) -> str:
        return f"{self.action} {self.unit}{f' ({self.reason})' if self.reason else ''}"


class RulesetChange(TypedChange):
    """The kernel gets one table of packet filter rules from the nftables file."""

    kind: Literal["ruleset"] = "ruleset"
    path: AbsolutePath = "/etc/nftables.conf"
    family: Literal["inet"] = "inet"
    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    running: tuple[str, ...] = ()
    """The table's lines in the kernel now."""
    filed: tuple[str, ...] = ()
    """The lines that the present file would make; empty when the file changes as well."""

    @property
    def title(self) -> str:
        return f"load the rules of {self.path} into the kernel"

    @property
    def diff(self) -> tuple[str, ...]:
        if not self.filed:
            return ()
        return unified(self.running, self.filed, "kernel", self.path)


class LinesChange(TypedChange):
    """Lines of configuration for network gear, in the order in which they are sent.

    Secrets stand there as markers and masks (`deploy.network.secrets`). Undone by `rollback`; what
    a mask stands for is known to the visit that read it, and to no record.
    """

    kind: Literal["lines"] = "lines"
    title: str
    platform: str
    lines: tuple[str, ...] = Field(min_length=1, max_length=20_000)
    rollback: tuple[str, ...] = Field(max_length=20_000)
    before: tuple[str, ...] = ()
    """What the device has of it now."""
    wanted: tuple[str, ...] = ()
    """What it is to have."""

    @property
    def secrets(self) -> tuple[str, ...]:
        # Not of `rollback`: the device has a say in what stands there.
        return names(self.lines)

    @property
    def lost(self) -> tuple[str, ...]:
        """What no undo brings back, for people: a secret that was masked is in no record."""
        return tuple(shown(line.strip()) for line in self.rollback if MASK.search(line))

    def taken_back(self) -> Self | None:
        """The change that undoes this one, but for what is `lost`; None where nothing does."""
        lines = tuple(line for line in self.rollback if not MASK.search(line))
        if not lines:
            return None
        return self.model_copy(
            update={
                "title": f"take back: {self.title}",
                "lines": lines,
                "rollback": self.lines,
                "before": self.wanted,
                "wanted": self.before,
            }
        )

    @property
    def diff(self) -> tuple[str, ...]:
        return unified(
            [shown(line) for line in self.before],
            [shown(line) for line in self.wanted],
            "device",
            "wanted",
        )


Reversible = LinesChange | BmcUserChange | BmcSettingChange
"""The changes that know by themselves what takes them back."""

Change = Annotated[
    FileChange
    | RemovalChange
    | CommandChange
    | CertificateChange
    | PackageChange
    | ServiceChange
    | GroupChange
    | UserChange
    | MemberChange
    | ShutChange
    | RulesetChange
    | LinesChange
    | ModeChange
    | SysctlChange
    | PurgeChange
    | AccountChange
    | BmcUserChange
    | BmcSettingChange
    | ReleaseChange
    | FolderChange
    | UndoChange,
    Field(discriminator="kind"),
]
"""Any change; `kind` tells which."""


def file_change(
    now: TextFile,
    wanted: str,
    *,
    mode: int = 0o644,
    owner: str = "root",
    group: str = "",
    secrets: SecretCheck | None = None,
    **how: tuple[str, ...],
) -> FileChange | None:
    """The change that makes the file what is wanted; None when it is so already.

    With `secrets`, the `Vantage`'s, markers in what is wanted stand for secrets
    (`deploy.secret_text`), and no part of it may come from the host. Raises `SecretError` when one
    is not at hand.
    """
    is_file = now.kind == "file"
    as_wanted = (now.content, now.mode, now.owner) == (wanted, mode, owner)
    stale = _stale(now, wanted, secrets) if secrets else ()
    if is_file and as_wanted and (not group or now.group == group) and not stale:
        return None
    return FileChange(
        path=now.path,
        content=wanted,
        mode=mode,
        owner=owner,
        group=group,
        before=now.content if is_file else None,
        before_mode=now.mode,
        before_owner=now.owner if is_file else "",
        before_group=now.group if is_file and group else "",
        has_markers=secrets is not None,
        stale=stale,
        validate_with=how.get("validate_with", ()),
        check_with=how.get("check_with", ()),
    )


def _stale(now: TextFile, wanted: str, secrets: SecretCheck) -> tuple[str, ...]:
    stored = {secret.name: secret for secret in now.secrets}
    nothing = StoredSecret("", "", "")
    return tuple(
        name
        for name in names([wanted])
        for kept in (stored.get(name, nothing),)
        if not secrets.is_current(name, kept.salt, kept.digest)
    )


def _owners(owner: str, group: str) -> str:
    return f"{owner}:{group}" if group else owner


def unified(
    before: list[str] | tuple[str, ...], after: list[str] | tuple[str, ...], was: str, now: str
) -> tuple[str, ...]:
    """A unified diff as lines that are safe to print on a terminal."""
    lines = list(difflib.unified_diff(list(before), list(after), was, now, lineterm="", n=2))
    shown = lines[:_DIFF_LIMIT]
    if len(lines) > _DIFF_LIMIT:
        shown.append(f"... {len(lines) - _DIFF_LIMIT} more lines")
    return tuple(printable(line) for line in shown)


def printable(text: str) -> str:
    """Control characters shown as `\\xNN`: a host's file must not drive a terminal."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", lambda m: f"\\x{ord(m[0]):02x}", text)
