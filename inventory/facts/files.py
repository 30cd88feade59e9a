"""Owner, group and mode of the files whose permissions guard a host."""

from dataclasses import dataclass

from inventory.facts.area import FactError, lines, parsed

SCRIPT = """\
for path in /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/ssh/sshd_config \\
  /etc/ssh/sshd_config.d/*.conf /etc/crontab /etc/sudoers /etc/ssh/ssh_host_*_key; do
  if [ -e "$path" ]; then stat -c '%a %U %G %F %n' -- "$path" || exit 1; fi
done
"""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file, links not followed."""

    path: str
    mode: int
    """Permission bits, `0o640`."""
    owner: str
    group: str


@dataclass(frozen=True, slots=True)
class FilesFacts:
    """The guarded files that exist."""

    files: tuple[FileFacts, ...]


def parse(text: str) -> FilesFacts:
    """Raises `FactError` for a line that is not `mode owner group kind path`."""
    return FilesFacts(tuple(_file(line) for line in lines(text)))


def _file(line: str) -> FileFacts:
    head, slash, path = line.partition(" /")
    words = head.split(" ", 3)
    if not slash or len(words) != 4:
        raise FactError(f"not the status of a file: {line[:80]!r}")
    mode = parsed("a file's mode", lambda word: int(word, 8), words[0])
    return FileFacts(path="/" + path, mode=mode, owner=words[1], group=words[2])
