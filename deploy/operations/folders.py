"""A folder's files from a shipped tar file, each renamed into its place; root's, for one group."""

from shlex import quote

from deploy.operations.journal import Step
from deploy.operations.shipments import checked
from deploy.shipped_change import FolderChange

_SETTING = """\
target={target}
each() {{ while read -r name; do "$@" || return 1; done <"$step/names"; }}
"""
_BODY = """\
umask 027
new=$(dirname "$target")/.$(basename "$target").watchfloor-new
keep() {{
  if [ -e "$target/$name" ] || [ -h "$target/$name" ]; then
    mkdir -p -- "$(dirname "$step/saved/$name")" &&
      cp -a -- "$target/$name" "$step/saved/$name"
  fi
}}
put() {{
  if [ -f "$new/$name" ]; then
    mkdir -p -- "$(dirname "$target/$name")" && mv -fT -- "$new/$name" "$target/$name"
  else rm -f -- "$target/$name"; fi
}}
rm -rf -- "$step/saved"
[ -d "$(dirname "$target")" ] || (umask 022; mkdir -p -- "$(dirname "$target")")
[ -d "$target" ] || {{ mkdir -- "$target"; : >"$step/made"; }}
each keep
rm -rf -- "$new"
mkdir -m 0700 -- "$new"
tar -x -m --no-same-owner --no-same-permissions -C "$new" -f "$tar"
find "$new" -type f -exec chmod 0640 {{}} +
chgrp -R -- {group} "$new"
each put
find "$target" -type d -exec chgrp -- {group} {{}} + -exec chmod 0750 {{}} +
rm -rf -- "$new"
"""
_UNDO = """\
back() {
  if [ -e "$step/saved/$name" ] || [ -h "$step/saved/$name" ]; then
    cp -aT -- "$step/saved/$name" "$target/$name"
  else rm -f -- "$target/$name"; fi
}
if [ -e "$step/names" ] && [ -d "$target" ]; then
  each back
  [ ! -e "$step/made" ] || find "$target" -depth -type d -empty -delete
fi
"""


def script(change: FolderChange, step: Step) -> str:
    """Only the files that the change names are touched."""
    setting = _SETTING.format(target=quote(change.path))
    names = (*change.create, *change.change, *change.remove)
    listed = " ".join(quote(name) for name in names)
    body = (
        setting
        + checked(change.sha256)
        + f"printf '%s\\n' {listed} >\"$step/names\"\n"
        + _BODY.format(group=quote(change.group))
    )
    return step.script(body, undo=setting + _UNDO)
