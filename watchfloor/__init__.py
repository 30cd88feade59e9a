"""The front door: the command line, the demo and its simulators."""

__version__ = "0.1.0"
