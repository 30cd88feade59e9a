"""Files: written beside their place, judged by the program that reads them, then renamed.

What lies in a folder of somebody's own is written as that person: root following a link that they
planted there would hand them the machine.
"""

import base64
import posixpath
import shlex
from collections.abc import Mapping
from shlex import quote
from textwrap import wrap

from pydantic import SecretStr

from deploy.change import FileChange, RemovalChange
from deploy.operations import ledger
from deploy.operations.journal import Step
from deploy.secret_text import cards, filled


def removal_script(change: RemovalChange, step: Step) -> str:
    """Takes the file away; a configuration that does without it worse gets it back."""
    setting = (
        ledger.functions(change.path)
        + ledger.writing("", "", "")
        + f'target={quote(change.path)}\nif [ -e "$target" ] || [ -h "$target" ]; then\n'
        '  cp -a -- "$target" "$step/saved"; rm -f -- "$target"\nfi\n'
    )
    undo = (
        ledger.functions(change.path) + f"target={quote(change.path)}\n"
        'if [ -e "$step/saved" ] || [ -h "$step/saved" ]; then\n'
        '  cp -aT -- "$step/saved" "$target"\nfi\nput_ledger_back\n'
    )
    return step.script(setting + _check(change), undo=undo)


def script(change: FileChange, step: Step, secrets: Mapping[str, SecretStr], salt: str) -> str:
    """Replaces the file. A candidate that is refused leaves everything as it was."""
    setting = _setting(change) + ledger.functions(change.path)
    content, kept = change.content, ""
    if change.secrets:
        content = filled(change.content, secrets)
        kept = cards(change.content, secrets, salt)
    entry = ledger.writing(change.content, content, kept)
    return step.script(setting + _body(change, content, entry), undo=setting + _UNDO)


# `absent` or `saved` tells what was there; neither means that nothing was changed yet.
_UNDO = """\
if [ -e "$step/absent" ]; then as_owner 'rm -f -- "$target"'
elif [ -h "$step/saved" ]; then
  link=$(readlink -- "$step/saved"); export link
  as_owner 'ln -sfT -- "$link" "$target"'
elif [ -e "$step/saved" ]; then
  mode=$(stat -c %a -- "$step/saved"); export mode
  as_owner '
    rm -f -- "$new" && set -C && cat >"$new" && chmod "$mode" -- "$new" &&
      mv -fT -- "$new" "$target"
  ' <"$step/saved"
  case $(stat -c %U:%G -- "$step/saved") in "$(stat -c %U:%G -- "$target")") ;;
    *) chown -h --reference="$step/saved" -- "$target" ;; esac
fi
put_ledger_back
"""
_KEEP = """\
rm -f -- "$step/saved" "$step/absent"
if [ -e "$target" ] || [ -h "$target" ]; then cp -a -- "$target" "$step/saved"
else : >"$step/absent"; fi
"""


def _setting(change: FileChange) -> str:
    """The names that the script and its undo share."""
    folder, name = posixpath.split(change.path)
    # The leading dot and the suffix keep every include directive's hands off the candidate.
    candidate = posixpath.join(folder, f".{name}.watchfloor-new")
    # Words are chained by &&: -e does not hold in a part of a condition, which this may be.
    run_as = '(eval "$1")'
    if change.owner != "root":
        ids = '--reuid="$(id -u "$owner")" --regid="$(id -g "$owner")" --init-groups'
        run_as = f'setpriv {ids} -- sh -euc "$1"'
    return (
        f"target={quote(change.path)}; new={quote(candidate)}; folder={quote(folder)}\n"
        f"owner={quote(change.owner)}; export target new folder\n"
        f"as_owner() {{ {run_as}; }}\n"
    )


def _body(change: FileChange, content: str, ledger_entry: str) -> str:
    encoded = "\n".join(wrap(base64.b64encode(content.encode()).decode(), 76))
    return (
        # By umask, not by -m, which would leave the folders above for root alone.
        f'as_owner \'[ -d "$folder" ] || (umask {0o777 & ~change.folder_mode:04o};'
        ' mkdir -p -- "$folder")\'\n'
        # noclobber opens with O_EXCL, which follows no link.
        f"base64 -d <<'WATCHFLOOR' | as_owner 'rm -f -- \"$new\" && set -C &&"
        f' cat >"$new" && chmod {change.mode:04o} -- "$new"\' || {{\n'
        f"{encoded}\nWATCHFLOOR\n"
        "  as_owner 'rm -f -- \"$new\"'; exit 1\n}\n"
        + _validation(change)
        + _KEEP
        + (f'chgrp -- {quote(change.group)} "$new"\n' if change.group else "")
        + ledger_entry
        + 'as_owner \'mv -fT -- "$new" "$target"\'\n'
        + _check(change)
    )


def _validation(change: FileChange) -> str:
    if not change.validate_with:
        return ""
    words = ('"$new"' if word == "{}" else quote(word) for word in change.validate_with)
    return (
        f"if ! said=$({' '.join(words)} 2>&1); then\n"
        '  rm -f -- "$new"\n'
        f'  fail "{change.validate_with[0]} refuses the new $target: {_said(change)}"\n'
        "fi\n"
    )


def _check(change: FileChange | RemovalChange) -> str:
    if not change.check_with:
        return ""
    return (
        f"if ! said=$({shlex.join(change.check_with)} 2>&1); then\n"
        '  sh -eu "$step/undo"\n'
        f'  fail "{change.check_with[0]} refuses its configuration with the new $target:'
        f' {_said(change)}"\n'
        "fi\n"
    )


def _said(change: FileChange | RemovalChange) -> str:
    """What a program says of a file may quote it."""
    return "what it says may hold a secret" if change.secrets else "$said"
