import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.lease import LeaseError, lease

HOLD = """
import sys
from pathlib import Path
from deploy.lease import lease
with lease(Path(sys.argv[1]), "tiny", "bob@noc-2", "r9"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_administrator_is_told_who_is_first_and_a_dead_one_is_no_obstacle(
    tmp_path: Path,
) -> None:
    process = holder(tmp_path)
    try:
        with pytest.raises(LeaseError, match=r"tiny: bob@noc-2 \(pid \d+, run r9\) since"):
            lease(tmp_path, "tiny", "me@here", "r1").__enter__()
        with lease(tmp_path, "other", "me@here", "r1"):
            pass
    finally:
        process.kill()
        process.communicate()
    with lease(tmp_path, "tiny", "me@here", "r1"):
        card = json.loads((tmp_path / "tiny.lease").read_text())
        assert card["owner"] == "me@here"


def test_a_lease_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), lease(tmp_path, "tiny", "me", "r1"):
        raise KeyError
    with lease(tmp_path, "tiny", "me", "r2"):
        pass


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(LeaseError, match="cannot be taken"),
        lease(tmp_path / "file", "t", "m", "r"),
    ):
        pass
