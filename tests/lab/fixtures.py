"""pytest's view of the lab: one per worker, made when first asked for by a test marked `lab`."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.lab.host import LabHost
from tests.lab.lab import Lab, open_lab

_fresh_names = (f"fresh-{number}" for number in count(1))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """An open lab. `lab.host(name)` boots a shared host once; change only hosts of your own."""
    with open_lab() as opened:
        yield opened


@pytest.fixture
def fresh_host(lab: Lab) -> Iterator[LabHost]:
    """A host nobody has touched, for one test to harden, break or switch off."""
    host = lab.boot(next(_fresh_names))
    yield host
    lab.remove(host)
