"""What a person reads before and after login."""

from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.permissions import Status, status_line
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files

SCRIPT = (
    SHOW_FILE
    + """\
for path in /etc/issue /etc/issue.net /etc/motd /etc/dpkg/dpkg.cfg.d/watchfloor-greetings; do
  show_file "$path" || exit 1
done
for path in /etc/update-motd.d/*; do
  [ ! -f "$path" ] || [ ! -x "$path" ] || stat -c 'status	%a %U %G %n' -- "$path"
done
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class BannerFacts:
    """The texts that getty, sshd and login show."""

    files: tuple[TextFile, ...]
    programs: tuple[Status, ...]
    """Those of /etc/update-motd.d that run at each login."""

    @property
    def console(self) -> TextFile:
        """/etc/issue, which getty shows before the login prompt."""
        return file_at(self.files, "/etc/issue")

    @property
    def network(self) -> TextFile:
        """/etc/issue.net, which sshd shows when its Banner names it."""
        return file_at(self.files, "/etc/issue.net")

    @property
    def kept_out(self) -> TextFile:
        """What dpkg(1) is told not to unpack."""
        return file_at(self.files, "/etc/dpkg/dpkg.cfg.d/watchfloor-greetings")

    @property
    def greeting(self) -> TextFile:
        """/etc/motd, which is shown after login."""
        return file_at(self.files, "/etc/motd")


def parse(text: str) -> BannerFacts:
    """Raises `FactError` for a line that is no file."""
    parts = tagged(text, "file")
    programs = tuple(status_line(line) for line in parts.get("status", ()))
    return BannerFacts(text_files(parts["file"]), programs)
