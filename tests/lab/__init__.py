"""Real Debian hosts on this machine: systemd-nspawn guests on a bridge of their own.

`open_lab` gives a `Lab`, which boots a `LabHost` by name; `python -m tests.lab up` boots some for
hands-on use. Everything a lab makes carries its number, so that any process can remove all of it.
"""

from tests.lab.errors import LabError
from tests.lab.host import LabHost
from tests.lab.lab import Lab, obstacle, open_lab

__all__ = ["Lab", "LabError", "LabHost", "obstacle", "open_lab"]
