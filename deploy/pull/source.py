"""Fetches a bundle from a file or over HTTP, within bounds."""

import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from deploy.pull.bundle import LARGEST, BundleError

_TIMEOUT_S = 20.0


def fetched(source: str) -> bytes:
    """Its content, unbelieved. Raises `BundleError`."""
    try:
        if urlsplit(source).scheme in ("http", "https"):
            # The signature vouches for it, so that neither transport nor mirror has to.
            with urllib.request.urlopen(source, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                content = answer.read(LARGEST + 1)
        else:
            with Path(source).open("rb") as file:
                content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise BundleError(f"{source}: cannot be fetched: {error}") from error
    if len(content) > LARGEST:
        raise BundleError(f"{source}: is larger than any bundle")
    assert isinstance(content, bytes)
    return content
