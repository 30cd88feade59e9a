"""What a person gets to work with a kept lab: endpoints, keys, variables and SSH settings."""

import re
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from inventory.endpoints import EndpointMap
from inventory.loader import load
from inventory.model import Center, Purpose
from tests.lab.command import run
from tests.lab.host import LabHost

ENDPOINTS = "endpoints.yaml"
ENVIRONMENT = "environment"
FINGERPRINTS = "fingerprints"
SSH_CONFIG = "ssh_config"


def write_handover(folder: Path, center: Path, hosts: Sequence[LabHost]) -> None:
    """Writes all of it into `folder`, which only its owner may read."""
    withdraw_handover(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    endpoints(hosts).save(folder / ENDPOINTS)
    copy = _seat_administrators(center, folder / center.name, hosts[0].network.lab.subnet)
    variables = {
        "WATCHFLOOR_CENTER": str(copy),
        "WATCHFLOOR_ENDPOINTS": str(folder / ENDPOINTS),
        "WATCHFLOOR_STATE": str(folder / "watchfloor"),
        "WATCHFLOOR_RUNTIME": str(folder / "watchfloor/run"),
        **_make_keys(load(copy), folder / "keys", hosts[0].key),
        **_make_authority(load(copy), folder / "keys"),
    }
    (folder / ENVIRONMENT).write_text(_exports(variables))
    (folder / FINGERPRINTS).write_text("".join(_fingerprint_lines(host) for host in hosts))
    (folder / "known_hosts").write_text(
        "".join(f"{line}\n" for host in hosts for line in host.known_host_lines())
    )
    (folder / SSH_CONFIG).write_text("\n".join(_ssh_block(folder, host) for host in hosts))


def withdraw_handover(folder: Path) -> None:
    """Removes the folder: without its hosts, nothing in it has a meaning."""
    shutil.rmtree(folder, ignore_errors=True)


def endpoints(hosts: Sequence[LabHost]) -> EndpointMap:
    """Where each host's SSH answers, in place of its device's own address."""
    return EndpointMap({f"{host.name}/ssh": (host.address, host.port) for host in hosts})


def _seat_administrators(center: Path, copy: Path, subnet: str) -> Path:
    """A copy of the center in which administrators sit where the lab's hosts see this machine.

    Without it the hardened firewall would rightly not let this machine in.
    """
    shutil.copytree(center, copy)
    theirs = str(load(copy).networks["admin"].cidr)
    for file in copy.glob("*.yaml"):
        # Both are /24: its routers' and gateways' addresses move along.
        text = file.read_text().replace(theirs, subnet)
        file.write_text(_NO_BMC.sub("", text.replace(_prefix(theirs), _prefix(subnet))))
    return copy


_NO_BMC = re.compile(r"^ +bmc(?:_uplink)?: .*\n|\bipmi: [\w-]+, ", re.MULTILINE)
"""The lab's hosts have no BMC that could be planned for."""


def _prefix(network: str) -> str:
    """`10.20.8.` of `10.20.8.0/24`."""
    return network.partition("/")[0].rpartition(".")[0] + "."


def _make_keys(center: Center, folder: Path, admin_key: Path) -> dict[str, str]:
    """A key pair for each account that logs in by SSH; the lab's own for the deploying one.

    Returns the variables that the center's references name: public keys, paths of private ones.
    """
    folder.mkdir(mode=0o700)
    variables: dict[str, str] = {}
    for credential in center.credentials.values():
        if credential.protocol != "ssh":
            continue
        key = folder / credential.user
        if credential.purpose is Purpose.DEPLOY:
            _copy_pair(admin_key, key)
        else:
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", credential.user, "-f", key])
        public = key.with_suffix(".pub").read_text().strip()
        variables |= _variables((credential.secret,), str(key))
        variables |= _variables(center.accounts[credential.user].keys, public)
    return variables


def _make_authority(center: Center, folder: Path) -> dict[str, str]:
    """The authority that the center names, by the command of docs/deploy.md."""
    if center.authority is None:
        return {}
    key, certificate = folder / "ca.key", folder / "ca.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384")
    subject = ("-noenc", "-days", "30", "-subj", "/CN=Lab internal authority")
    run(["openssl", "req", "-x509", *curve, *subject, "-keyout", key, "-out", certificate])
    key.chmod(0o600)
    secret = center.credentials[center.authority.credential].secret
    return {
        **_variables((center.authority.certificate,), certificate.read_text()),
        **_variables((secret,), key.read_text()),
    }


def _copy_pair(key: Path, copy: Path) -> None:
    shutil.copy(key, copy)
    shutil.copy(key.with_suffix(".pub"), copy.with_suffix(".pub"))


def _variables(references: Iterable[str], value: str) -> dict[str, str]:
    names = (text.removeprefix("env:") for text in references if text.startswith("env:"))
    return dict.fromkeys(names, value)


def _exports(variables: Mapping[str, str]) -> str:
    return "".join(f"export {name}={shlex.quote(text)}\n" for name, text in variables.items())


def _fingerprint_lines(host: LabHost) -> str:
    return "".join(f"{host.name} {line}\n" for line in host.console_host_keys())


def _ssh_block(folder: Path, host: LabHost) -> str:
    settings = {
        "HostName": host.address,
        "Port": host.port,
        "User": host.user,
        "IdentityFile": folder / "keys" / host.user,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": folder / "known_hosts",
        "StrictHostKeyChecking": "yes",
    }
    return f"Host {host.name}\n" + "".join(f"    {k} {v}\n" for k, v in settings.items())
