"""systemd units: enabled, started, restarted, reloaded or disabled, and seen to be so."""

from shlex import quote

from deploy.change import ServiceChange
from deploy.operations.journal import Step

_UNDO = {
    "enable": "systemctl --quiet disable {unit}\n",
    "start": "systemctl stop {unit}\n",
    "stop": "systemctl start {unit}\n",
    "disable": "systemctl --quiet enable --now {unit}\n",
    "mask": (
        'systemctl --quiet unmask {unit}\nif [ -e "$step/ran" ]; then systemctl start {unit}; fi\n'
    ),
    "unmask": "systemctl --quiet mask {unit}\n",
    # What they did is undone by `activate`, after the files are the old ones again.
    "restart": ":\n",
    "reload": ":\n",
}
_DO = {
    "enable": "systemctl --quiet enable {unit}\n",
    "start": "systemctl start {unit}\n",
    "stop": "systemctl stop {unit}\n",
    "disable": "systemctl --quiet disable --now {unit}\n",
    "mask": (
        'if systemctl --quiet is-active {unit}; then : >"$step/ran"; fi\n'
        "systemctl --quiet mask --now {unit}\n"
    ),
    "unmask": "systemctl --quiet unmask {unit}\n",
    "restart": "systemctl daemon-reload\nsystemctl restart {unit}\n",
    "reload": "systemctl reload-or-restart {unit}\n",
}
_SEEN = (
    "systemctl --quiet is-active {unit} || "
    'fail "{unit} does not run: $(systemctl show {unit} -p Result --value)"\n'
)


def script(change: ServiceChange, step: Step) -> str:
    """Changes the unit's state, and fails when it does not run that should."""
    unit = quote(change.unit)
    body = _DO[change.action]
    if change.action in ("start", "restart", "reload"):
        body += _SEEN
    activate = ""
    if change.action in ("restart", "reload"):
        activate = f"systemctl daemon-reload; systemctl reload-or-restart {unit}"
    return step.script(
        body.format(unit=unit), undo=_UNDO[change.action].format(unit=unit), activate=activate
    )
