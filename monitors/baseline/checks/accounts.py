"""Checks of who has an account, how it is protected, and who becomes root."""

import re
from collections.abc import Iterator

from inventory.facts import accounts, files, logins
from inventory.facts.accounts import AccountsFacts
from inventory.facts.area import READER
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome, failed, met, not_applicable, not_proven, passed

_STRONG_METHODS = {"none", "y", "gy", "6"}
"""crypt(5) prefixes: yescrypt, gost-yescrypt, SHA-512; `none` has no hash at all."""
_STRONG_NAMES = {"YESCRYPT", "SHA512"}


def one_superuser(host: Host) -> Outcome:
    """root is the only account with uid 0."""
    names = [login.name for login in host.facts.read(accounts).logins if login.uid == 0]
    cited = f"accounts: uid 0 is {', '.join(names) or 'nobody'}"
    return met(
        names == ["root"],
        "root is the only account with uid 0",
        f"uid 0 belongs to {', '.join(names) or 'nobody'}",
        cited,
    )


def no_empty_password(host: Host) -> Outcome:
    """No account lets people in without a password."""
    facts = host.facts.read(accounts)
    empty = [login.name for login in facts.logins if login.password == "empty"]  # noqa: S105
    return met(
        not empty,
        f"none of the {len(facts.logins)} accounts has an empty password",
        f"an empty password lets in {', '.join(empty)}",
        *(f"accounts: {name} password empty" for name in empty),
    )


def system_shells(host: Host) -> Outcome:
    """System accounts (uid below UID_MIN, root apart) have no shell."""
    facts = host.facts.read(accounts)
    bad = [login for login in facts.logins if 0 < login.uid < facts.first_uid and login.has_shell]
    return met(
        not bad,
        "no system account has a shell",
        f"system accounts with a shell: {', '.join(login.name for login in bad)}",
        *(f"accounts: {login.name} uid {login.uid} shell {login.shell}" for login in bad),
    )


def match_inventory(host: Host) -> Outcome:
    """The accounts that people can use are those that the inventory lists for this host."""
    found = {login.name for login in host.facts.read(accounts).humans if not login.is_shut}
    wanted = host.scope.account_names
    unknown, absent = sorted(found - wanted), sorted(wanted - found)
    cited = f"accounts: humans {', '.join(sorted(found)) or 'none'}"
    problems = [
        *([f"not in the inventory: {', '.join(unknown)}"] if unknown else []),
        *([f"missing on the host: {', '.join(absent)}"] if absent else []),
    ]
    if problems:
        return failed("; ".join(problems), cited)
    return passed(f"the {len(found)} accounts are those of the inventory", cited)


def password_hash(host: Host) -> Outcome:
    """New passwords are hashed strongly, and no older hash is left."""
    rules = host.facts.read(logins)
    weak = [
        login for login in host.facts.read(accounts).logins if login.method not in _STRONG_METHODS
    ]
    cited = (
        f"logins: ENCRYPT_METHOD {rules.encrypt_method or 'not set'}",
        *(f"accounts: {login.name} is hashed by {login.method}" for login in weak),
    )
    if rules.encrypt_method.upper() not in _STRONG_NAMES:
        return failed(f"ENCRYPT_METHOD is {rules.encrypt_method or 'not set'}", *cited)
    unix = [module for module in rules.password if module.name == "pam_unix.so"]
    if not any({"yescrypt", "sha512"} & set(module.arguments) for module in unix):
        return failed("pam_unix hashes new passwords by neither yescrypt nor SHA-512", *cited)
    return met(
        not weak,
        "passwords are hashed by yescrypt or SHA-512",
        f"weakly hashed: {', '.join(login.name for login in weak)}",
        *cited,
    )


def shadow_file(host: Host) -> Outcome:
    """/etc/shadow and /etc/gshadow: 0640 or less, root:shadow or root:root."""
    found = [
        file
        for file in host.facts.read(files).files
        if file.path in ("/etc/shadow", "/etc/gshadow")
    ]
    if "/etc/shadow" not in {file.path for file in found}:
        return not_proven("/etc/shadow was not found")
    bad = [
        file
        for file in found
        if file.mode & 0o137 or file.owner != "root" or file.group not in ("root", "shadow")
    ]
    return met(
        not bad,
        "root and the group shadow alone can read the password hashes",
        f"too open: {', '.join(file.path for file in bad)}",
        *(f"files: {file.mode:04o} {file.owner}:{file.group} {file.path}" for file in found),
    )


def sudo_asks(host: Host) -> Outcome:
    """Only accounts that the inventory says so become root without a password."""
    facts = host.facts.read(accounts)
    if not facts.has_sudo:
        return not_applicable("sudo is not installed")
    trusted = {account.name for account in host.scope.accounts if account.sudo == "nopasswd"}
    bad = [(path, rule) for path, rule in _rules(facts) if not _asks(rule, trusted)]
    return met(
        not bad,
        "sudo asks everybody for a password but the accounts that the inventory names",
        f"sudo asks for no password in {', '.join(sorted({path for path, _ in bad}))}",
        *(f"accounts: {path}: {rule}"[:400] for path, rule in bad),
    )


def sudo_logs(host: Host) -> Outcome:
    """What is run by sudo is logged to a file of its own."""
    facts = host.facts.read(accounts)
    if not facts.has_sudo:
        return not_applicable("sudo is not installed")
    for path, rule in _rules(facts):
        if match := re.match(r'^Defaults\s(?:.*[,\s])?logfile\s*=\s*"?([^",\s]+)', rule):
            return passed(f"sudo logs to {match[1]}", f"accounts: {path}: {rule}"[:400])
    return failed("sudo logs to no file of its own", "accounts: no Defaults logfile in sudoers")


def _rules(facts: AccountsFacts) -> Iterator[tuple[str, str]]:
    """Path and text of each sudoers line, continuations joined, comments left out."""
    for file in facts.sudoers:
        for line in file.content.replace("\\\n", " ").splitlines():
            rule = " ".join(line.split())
            if rule and (not rule.startswith("#") or re.match(r"#\d", rule)):
                yield file.path, rule


def _asks(rule: str, trusted: set[str]) -> bool:
    if "NOPASSWD" not in rule and "!authenticate" not in rule:
        return True
    if rule.split(maxsplit=1)[0] in trusted:
        return True
    # The audit account may run the reader, which only reads, and nothing else.
    return re.search(rf"NOPASSWD:\s*{re.escape(READER)}( \"\")?$", rule) is not None
