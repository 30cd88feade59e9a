"""Reachability checks: each has somebody to ask, a credential that fits, and stands there once."""

from collections.abc import Iterator

from inventory.draft import Draft
from inventory.model import Device, Purpose
from inventory.reach import Certified, Check, HttpCheck, PingCheck, RtspCheck, locate


def check_reach(draft: Draft) -> None:
    """The entries of every device's `monitoring.reach`."""
    for device in draft.devices.values():
        seen: dict[str, int] = {}
        for number, check in enumerate(device.monitoring.reach):
            for key, mistake in _mistakes(draft, device, check):
                path = ("monitoring", "reach", number, key)
                draft.report("devices", device.name, path, mistake)
            same = seen.setdefault(asked(check), number)
            if same != number:
                draft.report(
                    "devices",
                    device.name,
                    ("monitoring", "reach", number, check.word),
                    f"asks the same as entry {same + 1}: remove one",
                )


def asked(check: Check) -> str:
    """What a check asks, as it is written: equal for two checks that are the same."""
    return f"{check.word} {getattr(check, check.word)}"


def _mistakes(draft: Draft, device: Device, check: Check) -> Iterator[tuple[str, str]]:
    if device.address is None and _needs_address(check):
        yield (
            check.word,
            f"{device.name} has no `address`: add it, or write here which address is asked",
        )
    if isinstance(check, Certified) and check.ca.startswith(("env:", "vault:", "age:", "file:")):
        yield "ca", "a CA is no secret: write the path of its PEM file, or system"
    if isinstance(check, RtspCheck) and check.credential is not None:
        credential = draft.credentials.get(check.credential)
        if credential is not None and credential.protocol != "rtsp":
            yield (
                "credential",
                f'"{credential.name}" is for {credential.protocol}: name one for rtsp',
            )
        elif credential is not None and credential.purpose is not Purpose.MONITOR:
            yield (
                "credential",
                f'"{credential.name}" is for the purpose {credential.purpose}: '
                f"streams are asked with one for {Purpose.MONITOR}",
            )


def _needs_address(check: Check) -> bool:
    match check:
        case PingCheck():
            return check.icmp is True
        case HttpCheck():
            return not locate(check.http, "http").host
        case RtspCheck():
            return not locate(check.rtsp, "rtsp").host
    return True
