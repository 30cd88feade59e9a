"""Watchfloor installed from its release: in a folder of its own, without any network."""

import posixpath
from shlex import quote

from deploy.operations.journal import Step
from deploy.operations.shipments import checked
from deploy.releases.manifest import FILES, requirements_name
from deploy.shipped_change import STAMP, ReleaseChange

_PIP = (
    '"$folder/bin/python" -m pip --disable-pip-version-check --no-cache-dir install --no-index'
    " --no-deps"
)
# The journal's scripts have a umask that would leave all of this for root alone; /tmp may be small.
_SETTING = """\
umask 022
folder={folder}
TMPDIR=$folder/.tmp; export TMPDIR
quietly() {{
  said=$("$@" 2>&1) || fail "$1 fails: $(printf %s "$said" | tail -c 300 | tr '\\n' ' ')"
}}
"""


def script(change: ReleaseChange, step: Step) -> str:
    """Installs it, or its own files once more; nothing happens where all of it is there."""
    setting = _SETTING.format(folder=quote(change.folder))
    if change.repairs:
        body = setting + checked(change.sha256) + _REPAIR
        return step.script(body, undo=_UNDO_REPAIR.format(folder=quote(change.folder)))
    needed = quote(requirements_name(change.python))
    body = (
        setting
        + f'if [ -e "$folder/{STAMP}" ]; then return 0; fi\n'
        + checked(change.sha256)
        + _INSTALL.format(
            pip=_PIP,
            requirements=needed,
            python=change.python,
            stamp=STAMP,
            version=quote(change.version),
            sha256=change.sha256,
        )
    )
    return step.script(body, undo=_UNDO.format(folder=quote(change.folder)))


_INSTALL = """\
has=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$has" = {python} ] || fail "its python3 is $has, and not {python}"
rm -rf -- "$folder"
mkdir -p -- "$folder/.tmp"
: >"$step/made"
tar -x --no-same-owner --no-same-permissions -C "$folder" -f "$tar"
quietly python3 -m venv "$folder"
quietly {pip} --require-hashes --find-links "$folder/wheels" -r "$folder"/{requirements}
quietly "$folder/bin/python" -m pip --disable-pip-version-check check
rm -rf -- "$folder/wheels" "$folder/.tmp"
printf '%s %s\\n' {version} {sha256} >"$folder/{stamp}.new"
mv -f -- "$folder/{stamp}.new" "$folder/{stamp}"
"""
_UNDO = """\
folder={folder}
if [ -e "$step/made" ]; then rm -rf -- "$folder"; rm -f -- "$step/made"; fi
"""
# What was changed by hand is kept: somebody may want to know what it was.
_REPAIR = f"""\
mkdir -p -- "$folder/.tmp" "$step/release"
site=$(echo "$folder"/lib/python3.*/site-packages)
tar -x -C "$step/release" -f "$tar"
cp -- "$step/release/{FILES}" "$folder/{FILES}"
(cd "$site" && sha256sum --check --quiet -- "$folder/{FILES}" 2>/dev/null || :) |
  sed -n 's/: FAILED.*//p' >"$step/changed"
(cd "$site" && while read -r name; do
  [ ! -f "$name" ] || printf '%s\\n' "$name"; done <"$step/changed") >"$step/kept"
tar -c -C "$site" -f "$step/saved.tar" -T "$step/kept"
quietly {_PIP} --force-reinstall "$step/release/wheels/"watchfloor-*.whl
rm -rf -- "$step/release" "$folder/.tmp"
"""
_UNDO_REPAIR = """\
folder={folder}
if [ -e "$step/saved.tar" ] && [ -d "$folder" ]; then
  tar -x -C "$(echo "$folder"/lib/python3.*/site-packages)" -f "$step/saved.tar"
fi
"""


def switch(to: str) -> tuple[str, ...]:
    """The command that makes a release the current one; a link is replaced, never gone."""
    top = posixpath.dirname(to)
    words = f"ln -sfn -- {quote(posixpath.basename(to))} {top}/.current.new"
    return ("sh", "-c", f"{words} && mv -fT -- {top}/.current.new {top}/current")
