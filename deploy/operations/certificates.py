"""A host's certificate: a key made on the host, and the file that the worker's signature makes."""

import posixpath
from shlex import quote

from deploy.certificates import signed
from deploy.change import CertificateChange, FileChange
from deploy.operations.journal import main_script

CURVE = "P-256"


def key_script(change: CertificateChange) -> str:
    """Makes the key where there is none, and prints its public half in PEM.

    A key that is there is left as it is: its mode is another change's, which can be undone.
    """
    key = quote(posixpath.join(change.folder, "host.key"))
    mode = "0600" if change.group == "root" else "0640"
    return main_script(
        f"install -d -m 0755 {quote(change.folder)}\n"
        f"if ! [ -s {key} ]; then\n"
        f"  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{CURVE} -out {key}.new"
        " 2>/dev/null || fail 'openssl makes no key'\n"
        f"  chown root:{quote(change.group)} {key}.new\n  chmod {mode} {key}.new\n"
        f"  mv -f {key}.new {key}\nfi\n"
        f"openssl pkey -in {key} -pubout\n"
    )


def certificate_file(change: CertificateChange, public_key: str, authority_key: str) -> FileChange:
    """The certificate as a file for the host. Raises `CertificateError`."""
    return FileChange(
        path=posixpath.join(change.folder, "host.pem"),
        content=signed(public_key, change.name, change.days, change.authority, authority_key),
    )
