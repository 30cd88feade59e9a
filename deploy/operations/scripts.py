"""From a typed change to the shell script that makes it so and knows how to undo it. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import SecretStr

from deploy.account_change import AgingChange, IdleChange, LockChange, ShellChange
from deploy.change import (
    CertificateChange,
    Change,
    CommandChange,
    FileChange,
    PackageChange,
    RemovalChange,
    RulesetChange,
    ServiceChange,
)
from deploy.live_change import ModeChange, PurgeChange, SysctlChange
from deploy.operations import (
    commands,
    files,
    folders,
    limits,
    modes,
    packages,
    people,
    releases,
    rules,
    services,
    sysctl,
    undoing,
)
from deploy.operations.journal import Step
from deploy.people_change import GroupChange, MemberChange, ShutChange, UserChange
from deploy.shipped_change import FolderChange, ReleaseChange
from deploy.undo_change import UndoChange

NOTHING: Mapping[str, SecretStr] = MappingProxyType({})

SCRIPTS: Mapping[type[Change], Callable[[Any, Step], str]] = MappingProxyType(
    {
        RemovalChange: files.removal_script,
        CommandChange: commands.script,
        PackageChange: packages.script,
        ServiceChange: services.script,
        GroupChange: people.group_script,
        UserChange: people.user_script,
        MemberChange: people.member_script,
        ShutChange: people.shut_script,
        RulesetChange: rules.script,
        ModeChange: modes.script,
        SysctlChange: sysctl.script,
        PurgeChange: packages.purge_script,
        UndoChange: undoing.script,
        AgingChange: limits.script,
        LockChange: limits.script,
        ShellChange: limits.script,
        IdleChange: limits.script,
        ReleaseChange: releases.script,
        FolderChange: folders.script,
    }
)
"""Every kind of change but those that need more than themselves and their step."""


def script(
    change: Change, step: Step, secrets: Mapping[str, SecretStr] = NOTHING, salt: str = ""
) -> str:
    """A script for `sh -s`, to be run as root.

    `secrets` has a value for every name in `change.secrets`; `salt` is for their digests, in hex.
    """
    if isinstance(change, FileChange):
        return files.script(change, step, secrets, salt)
    if isinstance(change, CertificateChange):
        raise TypeError("a certificate is signed first: see operations.certificates")
    return SCRIPTS[type(change)](change, step)
