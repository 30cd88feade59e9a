"""From a typed change to the shell script that makes it so and knows how to undo it. Pure."""

from deploy.change import (
    CertificateChange,
    Change,
    CommandChange,
    FileChange,
    GroupChange,
    MemberChange,
    PackageChange,
    RemovalChange,
    RulesetChange,
    ServiceChange,
    ShutChange,
    UserChange,
)
from deploy.operations import commands, files, packages, people, rules, services
from deploy.operations.journal import Step


def script(change: Change, step: Step) -> str:
    """A script for `sh -s`, to be run as root."""
    match change:
        case FileChange():
            return files.script(change, step)
        case RemovalChange():
            return files.removal_script(change, step)
        case CommandChange():
            return commands.script(change, step)
        case CertificateChange():
            raise TypeError("a certificate is signed first: see operations.certificates")
        case PackageChange():
            return packages.script(change, step)
        case ServiceChange():
            return services.script(change, step)
        case GroupChange():
            return people.group_script(change, step)
        case UserChange():
            return people.user_script(change, step)
        case MemberChange():
            return people.member_script(change, step)
        case ShutChange():
            return people.shut_script(change, step)
        case RulesetChange():
            return rules.script(change, step)
