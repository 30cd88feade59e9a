"""Hosts that converge themselves: they can, and the center says from where and by whose leave."""

from inventory.document import Mapping
from inventory.draft import Draft
from inventory.model import Purpose

_PROTOCOL = "token"


def check_pull(draft: Draft) -> None:
    """Devices with `pull: true`, and the credential of the center's `pull`."""
    for device in draft.devices.values():
        if not device.pull:
            continue
        if not device.is_deployable or device.address is None:
            draft.report(
                "devices",
                device.name,
                ("pull",),
                f"{device.name}: is no Linux host with an address",
            )
        elif _center_says(draft, "pull") is None:
            draft.report(
                "devices",
                device.name,
                ("pull",),
                f"{device.name}: the center does not say how: write `pull:` under `center:`",
            )
    _check_token(draft)


def _check_token(draft: Draft) -> None:
    written = _center_says(draft, "pull")
    token = written.entries.get("token") if isinstance(written, Mapping) else None
    name = str(getattr(token.value, "text", "")) if token is not None else ""
    if token is None or name not in draft.credentials:
        if token is not None and name not in draft.names("credentials"):
            draft.problems.add(token.mark, f"there is no credential {name}")
        return
    credential = draft.credentials[name]
    if (credential.purpose, credential.protocol) != (Purpose.DEPLOY, _PROTOCOL):
        draft.problems.add(
            token.mark, f"{name}: write `purpose: deploy` and `protocol: {_PROTOCOL}` there"
        )


def _center_says(draft: Draft, key: str) -> object:
    center = draft.sections.center
    entry = center.entries.get(key) if center is not None else None
    return entry.value if entry is not None else None
