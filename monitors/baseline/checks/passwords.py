"""Checks of what passwords have to pass, and of what happens to wrong ones and to idle people.

A file that no stack reads enforces nothing: `logins` has settings of modules in the stack only.
"""

from collections.abc import Mapping

from inventory.facts import logins
from inventory.facts.area import FactError, parsed
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome, failed, met


def lockout_threshold(host: Host) -> Outcome:
    """So many wrong passwords as the baseline allows lock an account."""
    most = host.baseline.lockout_attempts
    found = _lockout(host, "deny")
    if isinstance(found, Outcome):
        return found
    return met(
        0 < found <= most,
        f"{found} wrong passwords lock an account",
        f"{found} wrong passwords lock an account; the baseline wants 1 to {most}",
        f"logins: pam_faillock deny {found}",
    )


def lockout_window(host: Host) -> Outcome:
    """Wrong passwords count together for as long as the baseline says."""
    least = host.baseline.lockout_window_s
    found = _lockout(host, "fail_interval")
    if isinstance(found, Outcome):
        return found
    return met(
        found >= least,
        f"wrong passwords count together for {found} s",
        f"wrong passwords count together for {found} s only; the baseline wants {least}",
        f"logins: pam_faillock fail_interval {found}",
    )


def lockout_release(host: Host) -> Outcome:
    """A locked account stays locked until an administrator, or the baseline's time, releases it."""
    least = host.baseline.lockout_release_s
    found = _lockout(host, "unlock_time")
    if isinstance(found, Outcome):
        return found
    wanted = f"only after {least} s" if least else "by an administrator only"
    return met(
        found == 0 or (0 < least <= found),
        f"a locked account is released {f'after {found} s' if found else 'by an administrator'}",
        f"a locked account is released after {found} s; the baseline wants it {wanted}",
        f"logins: pam_faillock unlock_time {found}",
    )


def password_length(host: Host) -> Outcome:
    """pam_pwquality wants as many characters as the baseline."""
    least = host.baseline.password_min_length
    rules = host.facts.read(logins).pwquality
    if not rules:
        return failed("pam_pwquality is not in the stack", "logins: no pam_pwquality.so")
    found = _number(rules, "minlen", 8)
    return met(
        found >= least,
        f"a new password has {found} characters at least",
        f"a new password may have {found} characters; the baseline wants {least}",
        f"logins: pam_pwquality minlen {found}",
    )


def password_dictionary(host: Host) -> Outcome:
    """New passwords are looked up in a dictionary, root's too, and refused when found."""
    rules = host.facts.read(logins).pwquality
    if not rules:
        return failed("pam_pwquality is not in the stack", "logins: no pam_pwquality.so")
    words = _number(rules, "dictcheck", 1)
    enforcing = _number(rules, "enforcing", 1)
    for_root = "enforce_for_root" in rules
    return met(
        bool(words and enforcing and for_root),
        "new passwords that are words are refused, to root as well",
        "new passwords are not looked up, or are taken although they are words",
        f"logins: pam_pwquality dictcheck {words}, enforcing {enforcing},"
        f" enforce_for_root {'yes' if for_root else 'no'}",
    )


def password_history(host: Host) -> Outcome:
    """pam_pwhistory remembers as many passwords as the baseline says, root's too."""
    least = host.baseline.password_history
    rules = host.facts.read(logins).pwhistory
    if not rules:
        return failed("pam_pwhistory is not in the stack", "logins: no pam_pwhistory.so")
    found = _number(rules, "remember", 10)
    return met(
        found >= least and "enforce_for_root" in rules,
        f"the last {found} passwords are refused",
        f"the last {found} passwords are refused; the baseline wants {least}, root's as well",
        f"logins: pam_pwhistory remember {found}",
    )


def inactive_accounts(host: Host) -> Outcome:
    """An account whose password ran out is shut within the baseline's days."""
    most = host.baseline.inactive_days
    found = host.facts.read(logins).inactive_days
    if found is None or found < 0:
        return failed("new accounts are never shut", "logins: INACTIVE is not set")
    return met(
        found <= most,
        f"a new account is shut {found} days after its password ran out",
        f"a new account is shut after {found} days only; the baseline wants at most {most}",
        f"logins: INACTIVE {found}",
    )


def shell_timeout(host: Host) -> Outcome:
    """A shell that stands idle ends, and its user cannot switch that off."""
    most = host.baseline.shell_timeout_s
    facts = host.facts.read(logins)
    found = facts.shell_timeout_s
    if not found:
        return failed("an idle shell never ends", "logins: TMOUT is not set")
    return met(
        found <= most and facts.shell_timeout_readonly,
        f"an idle shell ends after {found} s, and nobody can switch that off",
        f"an idle shell ends after {found} s, or not at all when its user says so;"
        f" the baseline wants {most} s, read-only",
        f"logins: TMOUT {found}, {'read-only' if facts.shell_timeout_readonly else 'changeable'}",
    )


def _lockout(host: Host, name: str) -> int | Outcome:
    """A number of pam_faillock's; the finding when it is not enforced."""
    facts = host.facts.read(logins)
    asked = {
        word for rule in facts.auth if rule.name == "pam_faillock.so" for word in rule.arguments
    }
    if not {"preauth", "authfail"} <= asked:
        return failed(
            "pam_faillock does not both ask and count in the stack: nothing locks an account",
            f"logins: pam_faillock in auth with {', '.join(sorted(asked)) or 'nothing'}",
        )
    return _number(facts.faillock, name, _FAILLOCK[name])


_FAILLOCK = {"deny": 3, "fail_interval": 900, "unlock_time": 600}
"""What faillock.conf(5) takes when nothing is said."""


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    if text == "never":
        return 0
    number = parsed(name, int, text)
    if abs(number) > 10**9:
        raise FactError(f"{name} is {text[:20]}, which cannot be right")
    return number
