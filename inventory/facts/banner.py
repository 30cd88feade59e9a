"""What a person reads before and after login."""

from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files

SCRIPT = (
    SHOW_FILE
    + """\
for path in /etc/issue /etc/issue.net /etc/motd; do show_file "$path" || exit 1; done
"""
)


@dataclass(frozen=True, slots=True)
class BannerFacts:
    """The texts that getty, sshd and login show."""

    files: tuple[TextFile, ...]

    @property
    def console(self) -> TextFile:
        """/etc/issue, which getty shows before the login prompt."""
        return file_at(self.files, "/etc/issue")

    @property
    def network(self) -> TextFile:
        """/etc/issue.net, which sshd shows when its Banner names it."""
        return file_at(self.files, "/etc/issue.net")


def parse(text: str) -> BannerFacts:
    """Raises `FactError` for a line that is no file."""
    return BannerFacts(text_files(tagged(text, "file")["file"]))
