"""Groups, accounts and memberships; an account is shut or opened, never deleted with its files."""

from shlex import quote

from deploy.operations.journal import Step
from deploy.people_change import GroupChange, MemberChange, ShutChange, UserChange


def group_script(change: GroupChange, step: Step) -> str:
    name = quote(change.name)
    return step.script(
        f"groupadd --system -- {name}\n",
        undo=f"! getent group {name} >/dev/null || groupdel -- {name}\n",
    )


def user_script(change: UserChange, step: Step) -> str:
    name = quote(change.name)
    return step.script(
        # Nobody but its owner looks into a home (CIS 7.2.9). It has no password yet, and one that
        # nobody has must not run out: PAM would refuse its keys as well.
        "useradd --create-home -K HOME_MODE=0750 -K PASS_MAX_DAYS=-1 --inactive -1"
        f" --shell {quote(change.shell)} --comment {quote(change.comment)} -- {name}\n",
        # Its home stays: somebody may have put something there.
        undo=f"! getent passwd {name} >/dev/null || userdel -- {name}\n",
    )


def member_script(change: MemberChange, step: Step) -> str:
    user, group = quote(change.user), quote(change.group)
    join, leave = (
        f"gpasswd -a {user} {group} >/dev/null\n",
        f"gpasswd -d {user} {group} >/dev/null\n",
    )
    return step.script(join, undo=leave) if change.present else step.script(leave, undo=join)


def shut_script(change: ShutChange, step: Step) -> str:
    """Expired on the second day of 1970, which PAM refuses for keys and passwords alike."""
    user = quote(change.user)
    shut = f"usermod --lock --expiredate 1 -- {user}\n"
    opened = f"usermod --expiredate '' -- {user}\nusermod --unlock -- {user} 2>/dev/null || :\n"
    return step.script(shut, undo=opened) if change.shut else step.script(opened, undo=shut)
