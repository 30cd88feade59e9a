"""Where a host keeps what was shipped to it, and what a step does with that first."""

FOLDER = "/var/lib/watchfloor/shipments"
"""For root alone: `<sha256>.tar`, and `<sha256>.part` for what has not come wholly yet."""
KEPT_DAYS = 90
"""As long as the journal that may need it again."""


def place(sha256: str) -> str:
    """The file's path on the host."""
    return f"{FOLDER}/{sha256}.tar"


def checked(sha256: str) -> str:
    """Sets `$tar`, and fails unless the file is there and whole."""
    return (
        f"tar={place(sha256)}\n"
        f'[ "$(sha256sum <"$tar" | cut -c1-64)" = {sha256} ] ||\n'
        "  fail 'what was shipped is not there, or not what was sent; apply again'\n"
    )
