"""What the tests of evidence share: one run's evidence, and copies that may be changed."""

import shutil
from pathlib import Path

import pytest

from tests.monitors.baseline.evidence import written
from tests.requirements import need


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence that tests read and do not change."""
    need("ssh-keygen")
    return written(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def copy(evidence: Path, tmp_path: Path) -> Path:
    """Evidence to tamper with."""
    return Path(shutil.copytree(evidence, tmp_path / "copy"))
