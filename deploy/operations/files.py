"""Files: written beside their place, judged by the program that reads them, then renamed."""

import base64
import posixpath
import shlex
from shlex import quote
from textwrap import wrap

from deploy.change import FileChange
from deploy.operations.journal import Step, here_document


def script(change: FileChange, step: Step) -> str:
    """Replaces the file. A candidate that is refused leaves everything as it was."""
    return step.script(_body(change), undo=_UNDO.format(target=quote(change.path)))


# $step/absent or $step/saved tells what was there; neither means that nothing was changed yet.
_UNDO = """\
target={target}
if [ -e "$step/absent" ]; then rm -f -- "$target"
elif [ -e "$step/saved" ] || [ -h "$step/saved" ]; then
  cp -a -- "$step/saved" "$target.watchfloor-old"
  mv -fT -- "$target.watchfloor-old" "$target"
fi
"""


def _body(change: FileChange) -> str:
    folder, name = posixpath.split(change.path)
    # The leading dot and the suffix keep every include directive's hands off the candidate.
    candidate = posixpath.join(folder, f".{name}.watchfloor-new")
    return (
        f"target={quote(change.path)}\nnew={quote(candidate)}\n"
        + _folder(change, folder)
        + "trap 'rm -f -- \"$new\"' EXIT\n"
        + _content(change, candidate)
        + _ownership(change)
        + _validation(change, candidate)
        + 'if [ -e "$target" ] || [ -h "$target" ]; then cp -a -- "$target" "$step/saved"\n'
        + 'else : >"$step/absent"; fi\n'
        + 'mv -fT -- "$new" "$target"\n'
        + _check(change)
    )


def _folder(change: FileChange, folder: str) -> str:
    path, owner = quote(folder), quote(change.owner)
    return (
        f"if [ ! -d {path} ]; then\n"
        f'  install -d -m {change.folder_mode:04o} -o {owner} -g "$(id -gn {owner})" -- {path}\n'
        "fi\n"
    )


def _content(change: FileChange, candidate: str) -> str:
    encoded = "\n".join(wrap(base64.b64encode(change.content.encode()).decode(), 76))
    return here_document("base64 -d", candidate, encoded)


def _ownership(change: FileChange) -> str:
    owner = quote(change.owner)
    group = quote(change.group) if change.group else f'"$(id -gn {owner})"'
    return f'chown -- {owner}:{group} "$new"\nchmod {change.mode:04o} -- "$new"\n'


def _validation(change: FileChange, candidate: str) -> str:
    if not change.validate_with:
        return ""
    words = (candidate if word == "{}" else word for word in change.validate_with)
    return (
        f"if ! said=$({shlex.join(words)} 2>&1); then\n"
        f'  fail "{change.validate_with[0]} refuses the new $target: $said"\n'
        "fi\n"
    )


def _check(change: FileChange) -> str:
    if not change.check_with:
        return ""
    return (
        f"if ! said=$({shlex.join(change.check_with)} 2>&1); then\n"
        '  sh -eu "$step/undo"\n'
        f'  fail "{change.check_with[0]} refuses its configuration with the new $target: $said"\n'
        "fi\n"
    )
