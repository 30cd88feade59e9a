"""Kernel settings, written where sysctl(8) writes them; what the kernel refuses is remembered."""

from collections.abc import Iterable
from shlex import quote

from deploy.live_change import SysctlChange
from deploy.operations.journal import Step
from inventory.facts.sysctl import REFUSED

TOP = "/proc/sys"

_SET = """\
set_key() { (printf '%s\\n' "$2" >"{top}/$1") 2>/dev/null; }
"""


def script(change: SysctlChange, step: Step) -> str:
    """Writes one after the other: a refused one must not keep the others from being set."""
    folder = quote(REFUSED.rpartition("/")[0])
    functions = _SET.replace("{top}", TOP)
    refused = (
        f'refused() {{ mkdir -p -m 0700 {folder}; printf \'%s %s\\n\' "$1" "$2" >>{REFUSED}; }}\n'
    )
    lines = _lines((one.key, one.value, " || refused {key} {value}") for one in change.settings)
    # In the same order, not in reverse: `all` and `ip_forward` reset those that stand behind them.
    back = _lines((one.key, one.before, " || :") for one in change.settings)
    return step.script(functions + refused + lines, undo=functions + back)


def _lines(settings: Iterable[tuple[str, str, str]]) -> str:
    return "".join(
        f"set_key {quote(key)} {quote(value)}"
        + otherwise.format(key=quote(key), value=quote(value))
        + "\n"
        for key, value, otherwise in settings
    )
