"""Owner, group and mode of what exists; what was before is in the change itself."""

from shlex import quote

from deploy.live_change import Mode, ModeChange
from deploy.operations.journal import Step

_SET = """\
set_mode() {
  if [ -h "$1" ] || [ ! -e "$1" ]; then return 0; fi
  chown -h -- "$2" "$1"; chmod -- "$3" "$1"
}
"""


def script(change: ModeChange, step: Step) -> str:
    """The owner first: changing it takes away set-user-ID bits."""
    set_ = "".join(map(_forward, change.entries))
    back = "".join(map(_backward, reversed(change.entries)))
    return step.script(_SET + set_, undo=_SET + back)


def _forward(entry: Mode) -> str:
    return f"set_mode {quote(entry.path)} {entry.owner}:{entry.group} {entry.mode:04o}\n"


def _backward(entry: Mode) -> str:
    owners = f"{entry.before_owner}:{entry.before_group}"
    return f"set_mode {quote(entry.path)} {owners} {entry.before_mode:04o}\n"
