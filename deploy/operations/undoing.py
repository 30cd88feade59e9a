"""Undoes an area of an earlier run by the journal that the host kept of it, and can redo it."""

from deploy.operations.journal import AreaJournal, Step
from deploy.undo_change import UndoChange


def script(change: UndoChange, step: Step) -> str:
    """Undoes it; this step's own undo, which a dead-man may call, does it again."""
    earlier = AreaJournal(change.run, change.area)
    return step.script(
        earlier.undo_body(step.journal, is_certain=change.is_certain), undo=earlier.redo_body()
    )
