"""What a login shell and an interactive one start with: their time limit and their umask."""

from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files

DROP_IN = "/etc/profile.d/zz-watchfloor.sh"
BASHRC = "/etc/bash.bashrc"
PROFILE = "/etc/profile"

# A shell is started as an account that may do nothing, and asked; it reads what anybody's would.
# Other files are read only where they speak of it: people keep tokens in them.
SCRIPT = (
    SHOW_FILE
    + f"""\
show_file {PROFILE} && show_file {BASHRC} && show_file {DROP_IN} || exit 1
grep -lE '^[^#]*(TMOUT|umask)' /etc/profile.d/*.sh | while read -r file; do
  case $file in {DROP_IN}) ;; *) show_file "$file" || exit 1 ;; esac
done
ask='umask; echo "${{TMOUT-none}}"
  if (TMOUT=1) 2>/dev/null; then echo free; else echo readonly; fi'
for kind in l i; do
  setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME=/nonexistent TERM=dumb \\
    PATH="$PATH" timeout 5 bash "-${{kind}}c" "$ask" </dev/null | tail -n 3 | tag "$kind"
done
"""
)


@dataclass(frozen=True, slots=True)
class Started:
    """What a shell started with."""

    umask: str
    """Four octal digits."""
    timeout_s: str
    """TMOUT; `none` where it is not set."""
    is_fixed: bool
    """Whether TMOUT cannot be changed any more."""


@dataclass(frozen=True, slots=True)
class ShellFacts:
    """The shells' files, and two shells asked; None for one that did not answer."""

    files: tuple[TextFile, ...]
    login: Started | None
    """`bash -l`, as at the console and over SSH."""
    interactive: Started | None
    """`bash -i`, as in a terminal's window."""

    def file(self, path: str) -> TextFile:
        """The file of that path."""
        return file_at(self.files, path)


def parse(text: str) -> ShellFacts:
    """Raises `FactError` when there are no files."""
    parts = tagged(text, "file")
    return ShellFacts(
        files=text_files(parts["file"]),
        login=_started(parts.get("l", ())),
        interactive=_started(parts.get("i", ())),
    )


def _started(answer: tuple[str, ...]) -> Started | None:
    if len(answer) != 3 or answer[2] not in ("free", "readonly"):
        return None
    return Started(answer[0].zfill(4)[-4:], answer[1], answer[2] == "readonly")
