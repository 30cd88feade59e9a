"""Text that a terminal can show without being told to do something by it."""

from typing import Annotated

from pydantic import AfterValidator


def plain(text: str) -> str:
    """The text on one line; what is not printable is written as an escape."""
    words = " ".join(text.split())
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in words)


def _checked(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds signs that cannot be printed")
    return text


Plain = Annotated[str, AfterValidator(_checked)]
"""Stored text that is shown: whoever wrote `plain` text reads it back, other text is refused."""
