"""The command line: one module per command, imported only when that command is called."""

from watchfloor.cli.root import main

__all__ = ["main"]
