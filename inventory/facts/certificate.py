"""The certificate by which a host proves its name to the center's others; its key stays there."""

from dataclasses import dataclass

from inventory.facts.area import parsed, tagged
from inventory.facts.textfile import SHOW_FILE, TextFile, file_at, text_files
from inventory.facts.unit import SHOW_UNIT, Unit, unit_named, units

FOLDER = "/etc/ssl/watchfloor"
AUTHORITY = f"{FOLDER}/authority.pem"
CERTIFICATE = f"{FOLDER}/host.pem"
KEY = f"{FOLDER}/host.key"
NO_RSYSLOG = Unit("rsyslog.service", "not-found", "", "")

# The private key is never printed: its mode, and the public half that openssl finds in it.
SCRIPT = (
    SHOW_FILE
    + SHOW_UNIT
    + f"""\
if command -v openssl >/dev/null; then echo yes; else echo no; fi | tag openssl
show_file {AUTHORITY} || exit 1
show_file {CERTIFICATE} || exit 1
if [ -f {KEY} ]; then
  stat -c '%a %U %G' {KEY} | tag key
  openssl pkey -in {KEY} -pubout </dev/null | tag public
fi
show_unit rsyslog.service
sed -n 's/^[$]PrivDropToGroup[[:space:]]*//p' /etc/rsyslog.conf | tag group
exit 0
"""
)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What is in the certificate's folder."""

    has_openssl: bool
    files: tuple[TextFile, ...]
    key_mode: int
    """Permission bits of the private key; 0 when there is none."""
    key_owner: str
    """`root:root`; empty when there is no key."""
    public_key: str
    """The private key's public half, in PEM; empty when there is none."""
    reader: str
    """The group that rsyslogd runs as, where it gives up being root."""
    rsyslog: Unit = NO_RSYSLOG
    """What has read the certificate when it was started."""

    @property
    def authority(self) -> TextFile:
        return file_at(self.files, AUTHORITY)

    @property
    def certificate(self) -> TextFile:
        return file_at(self.files, CERTIFICATE)


def parse(text: str) -> CertificateFacts:
    """Raises `FactError` for a text that is not as the script prints it."""
    parts = tagged(text, "openssl")
    mode, _, owners = next(iter(parts.get("key", ())), "0 ").partition(" ")
    public = "".join(f"{line}\n" for line in parts.get("public", ()) if line)
    groups = [line.strip() for line in parts.get("group", ()) if line.strip()]
    return CertificateFacts(
        has_openssl=parts["openssl"] == ("yes",),
        files=text_files(parts.get("file", ())),
        key_mode=parsed("the key's mode", lambda word: int(word, 8), mode),
        key_owner=owners.replace(" ", ":"),
        public_key=public,
        reader=groups[-1] if groups else "root",
        rsyslog=unit_named(units(parts.get("unit", ())), NO_RSYSLOG.name),
    )
