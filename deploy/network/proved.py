"""On which platforms a push, its proof and its taking back were seen to work, and on what."""

from collections.abc import Mapping

from inventory.gear import Platform

PROVED: Mapping[Platform, str] = {Platform.FRR: "FRR 8.4 on Debian 12, behind OpenSSH"}
"""Platform -> what it was proved on. What is not here was rendered and compared, nothing more."""

RENDERED = "rendered, not proved"


def proof(platform: Platform) -> str:
    """Empty when it was proved, else `rendered, not proved`."""
    return "" if platform in PROVED else RENDERED
