"""Accounts' limits, shells and password locks; what was there is kept where only root reads it."""

from shlex import quote

from deploy.account_change import (
    IDLE_DAY,
    AccountChange,
    AgingChange,
    IdleChange,
    LockChange,
    ShellChange,
)
from deploy.operations.journal import Step


def script(change: AccountChange, step: Step) -> str:
    """Changes what shadow(5) or passwd(5) says of one account."""
    match change:
        case AgingChange():
            return _aging(change, step)
        case LockChange():
            return _lock(change, step)
        case ShellChange():
            return _shell(change, step)
        case IdleChange():
            return _idle(change, step)


def _aging(change: AgingChange, step: Step) -> str:
    user = quote(change.user)
    limits = (change.min_days, change.max_days, change.warn_days, change.inactive_days)
    words = " ".join(f"{flag} {days}" for flag, days in zip(_FLAGS, limits, strict=True))
    return step.script(
        _kept(user, '$4 ":" $5 ":" $6 ":" $7') + f"chage {words} -- {user}\n",
        undo='if [ -e "$step/kept" ]; then\n'
        '  IFS=: read -r min max warn idle <"$step/kept"\n'
        "  chage -m ${min:--1} -M ${max:--1} -W ${warn:--1} -I ${idle:--1}"
        f" -- {user}\nfi\n",
    )


_FLAGS = ("-m", "-M", "-W", "-I")


def _lock(change: LockChange, step: Step) -> str:
    user = quote(change.user)
    return step.script(
        _kept(user, "$2") + f"usermod --lock -- {user}\n",
        # Through stdin: a hash among a program's arguments is seen by everybody.
        undo='[ ! -e "$step/kept" ] || '
        f'{{ printf %s: {user}; cat "$step/kept"; }} | chpasswd --encrypted\n',
    )


def _shell(change: ShellChange, step: Step) -> str:
    user = quote(change.user)
    return step.script(
        f'getent passwd {user} | cut -d: -f7 >"$step/kept"\n'
        f"usermod --shell {quote(change.shell)} -- {user}\n",
        undo=f'[ ! -s "$step/kept" ] || usermod --shell "$(cat "$step/kept")" -- {user}\n',
    )


def _idle(change: IdleChange, step: Step) -> str:
    user = quote(change.user)
    return step.script(
        _kept(user, "$8") + f"chage -E {IDLE_DAY} -- {user}\n",
        undo='[ ! -e "$step/kept" ] || { read -r day <"$step/kept" || :; '
        f'chage -E "${{day:--1}}" -- {user}; }}\n',
    )


def _kept(user: str, fields: str) -> str:
    """Keeps fields of the account's line of shadow(5)."""
    return f"getent shadow {user} | awk -F: '{{ print {fields} }}' >\"$step/kept\"\n"
