"""Finds what is shipped beside the code: templates, runbooks and the example center.

In a checkout these are the top-level folders; in a wheel they are packed into `inventory/_data`.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def templates() -> Path:
    """The folder of every text that is rendered."""
    return _folder("templates")


def runbooks() -> Path:
    """The folder of the runbooks, one Markdown file per alert."""
    return _folder("runbooks")


def example_center() -> Path:
    """The example center, Riverside."""
    return _PACKAGE / "riverside"
