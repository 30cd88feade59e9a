"""How a password is judged: every service's PAM stack, what it is made of, and its rules' files."""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.pamstack import PamModule, effective
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files

PROFILES = "/usr/share/pam-configs"
TEMPLATES = "/usr/share/pam"
STATE = "/var/lib/pam"
"""What pam-auth-update(8) reads its profiles and templates from, and what it remembers."""
TYPES = ("auth", "account", "password", "session", "session-noninteractive")
"""The files /etc/pam.d/common-* that pam-auth-update manages."""
TALLY = "/var/lib/faillock"
"""Where wrong passwords are counted so that a restart does not forget them."""

# Files that may be changed are read whole with mode and owner, the others line by line in one go.
SCRIPT = (
    SHOW_FILE
    + f"""\
find -L /etc/pam.d {PROFILES} {TEMPLATES} -maxdepth 1 -type f -size -32k ! -name '*~' \\
  ! -name '.*' ! -name '*.pam-*' ! -name '*.dpkg-*' \\
  -exec awk 'FNR <= 400 {{ print FILENAME "\\t" $0 }}' {{}} + |
  sed -E 's/((pass[a-z]*|pwd|secret)=)[^[:space:]]+/\\1***/g' | tag line
for file in /etc/pam.d/common-* /etc/pam.d/su {STATE}/* {PROFILES}/watchfloor-* \\
  /etc/security/faillock.conf /etc/security/pwquality.conf /etc/security/pwquality.conf.d/*.conf \\
  /etc/tmpfiles.d/watchfloor-faillock.conf; do
  case $file in *.pam-* | *.new | *.dpkg-* | *'*'*) continue ;; esac
  show_file "$file" || exit 1
done
for module in /lib/*/security/pam_pwquality.so /usr/lib/*/security/pam_pwquality.so; do
  if [ -e "$module" ]; then echo module | tag quality; break; fi
done
if [ -s /var/cache/cracklib/cracklib_dict.pwd ]; then echo words | tag quality; fi
if [ -x /usr/sbin/update-cracklib ]; then echo maker | tag quality; fi
if [ -d {TALLY} ]; then stat -c '%a %U' {TALLY} | tag tally; fi
if [ -h /run/faillock ]; then readlink /run/faillock | tag counted_in; fi
"""
)


@dataclass(frozen=True, slots=True)
class PamFacts:
    """PAM's configuration as pam-auth-update(8) and the services see it."""

    services: Mapping[str, tuple[str, ...]]
    """The lines of each file in /etc/pam.d, by its name."""
    profiles: Mapping[str, tuple[str, ...]]
    """The lines of each profile that pam-auth-update may choose, by its name."""
    templates: Mapping[str, tuple[str, ...]]
    """The lines of the templates of common-*, by type."""
    files: tuple[TextFile, ...]
    """common-*, su, pam-auth-update's memory, our profiles, and the files in /etc/security."""
    has_pwquality: bool
    """Whether the module pam_pwquality is installed."""
    has_words: bool
    """Whether cracklib's dictionary is built: without one, pam_pwquality refuses every password."""
    has_word_maker: bool
    """Whether cracklib's own program to build it is installed."""
    tally: str
    """Mode and owner of `TALLY`: `755 root`; empty when there is none."""
    counted_in: str
    """Where /run/faillock leads; empty when it is no link. faillock(8) of Debian 12 looks there,
    whatever its configuration says."""

    def stack(self, service: str, kind: str) -> tuple[PamModule, ...]:
        """What a service runs for `auth`, `account`, `password` or `session`."""
        return effective(self.services, service, kind)

    def file(self, path: str) -> TextFile:
        """The file of that path; an absent one when there is none."""
        return file_at(self.files, path)

    @property
    def chosen(self) -> frozenset[str]:
        """The profiles that the present common-* were made of."""
        memory = (self.file(f"{STATE}/{kind}").content for kind in TYPES)
        return frozenset(
            line.removeprefix("Module: ").strip()
            for text in memory
            for line in text.splitlines()
            if line.startswith("Module: ")
        )


def parse(text: str) -> PamFacts:
    """Raises `FactError` when PAM has no files."""
    parts = tagged(text, "line")
    by_folder: dict[str, dict[str, list[str]]] = {}
    for row in parts["line"]:
        path, _, line = row.partition("\t")
        folder, _, name = path.rpartition("/")
        by_folder.setdefault(folder, {}).setdefault(name, []).append(line)
    templates = _lines(by_folder, TEMPLATES)
    return PamFacts(
        services=_lines(by_folder, "/etc/pam.d"),
        profiles=_lines(by_folder, PROFILES),
        templates={
            name.removeprefix("common-"): rows
            for name, rows in templates.items()
            if name.startswith("common-")
        },
        files=text_files(parts.get("file", ())),
        has_pwquality="module" in parts.get("quality", ()),
        has_words="words" in parts.get("quality", ()),
        has_word_maker="maker" in parts.get("quality", ()),
        tally=next(iter(parts.get("tally", ())), ""),
        counted_in=next(iter(parts.get("counted_in", ())), ""),
    )


def _lines(
    folders: Mapping[str, Mapping[str, list[str]]], folder: str
) -> dict[str, tuple[str, ...]]:
    return {name: tuple(lines) for name, lines in folders.get(folder, {}).items()}
