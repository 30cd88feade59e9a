"""Commands that make what runs follow from its files, and run again when old files are back."""

import shlex

from deploy.change import CommandChange
from deploy.operations.journal import Step


def script(change: CommandChange, step: Step) -> str:
    """Runs the command; its own words are the complaint when it fails."""
    command = f"timeout {change.timeout_s} {shlex.join(change.command)}"
    name = shlex.quote(change.command[0])
    complaint = f'{name}" failed: $(printf %s "$said" | tail -c 400)"'
    body = f"if ! said=$({command} 2>&1); then fail {complaint}; fi\n"
    undo = f"{shlex.join(change.undo_with)}\n" if change.undo_with else ":\n"
    return step.script(body, undo=undo, activate=command if change.again_on_undo else "")
