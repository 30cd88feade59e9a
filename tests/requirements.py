"""What a test needs from the machine: absent means skipped, or failed where CI asks for all."""

import os
import shutil

import pytest

REQUIRE = os.environ.get("WATCHFLOOR_REQUIRE_LAB") == "1"


def unavailable(reason: str) -> None:
    """Skips the test with the reason, or fails it when nothing may be skipped."""
    if REQUIRE:
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)


def need(binary: str) -> str:
    """The path of a program from Debian's packages; skips or fails when it is absent."""
    path = shutil.which(binary, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        unavailable(f"{binary} is not installed")
    assert path is not None
    return path


def need_root() -> None:
    """Skips or fails when the test does not run as root."""
    if os.geteuid() != 0:
        unavailable("needs root")
