"""What areas share that keep kernel modules out: modprobe's rules, and what is loaded already."""

from collections.abc import Iterator, Sequence

from deploy.area import Difference
from deploy.change import Change, CommandChange, file_change
from deploy.rendering import render
from inventory.facts.modules import ModulesFacts, plain
from inventory.facts.textfile import file_at


def blocked(names: Sequence[str], facts: ModulesFacts, path: str) -> Difference:
    """No program loads these modules any more, and those that nothing uses are unloaded."""
    changes: list[Change] = []
    file = file_change(file_at(facts.files, path), render("modprobe.conf.j2", modules=names))
    if file is not None:
        changes.append(file)
    changes += _unloading(names, facts)
    if not facts.is_container:
        return Difference(tuple(changes), unmet=tuple(_findings(names, facts)))
    note = "not proven: modules are loaded by another machine's kernel; modprobe refuses them here"
    return Difference(tuple(changes), notes=(note,))


def _unloading(names: Sequence[str], facts: ModulesFacts) -> Iterator[Change]:
    if facts.is_container:
        return
    for name in map(plain, names):
        if name in facts.loaded - facts.busy:
            yield CommandChange(
                title=f"unload the module {name}",
                command=("modprobe", "--remove", name),
                undo_with=("modprobe", "--ignore-install", name),
                again_on_undo=False,
            )


def _findings(names: Sequence[str], facts: ModulesFacts) -> Iterator[str]:
    for name in map(plain, names):
        if name in facts.builtin:
            yield f"{name} is built into this kernel and cannot be kept out"
        elif name in facts.otherwise:
            yield f"another file of modprobe.d says what is done in the place of {name}"
        elif name in facts.loaded & facts.busy:
            yield f"the module {name} is in use; it is gone after the next restart"
