"""Whether a second terminal finds the running demo, and only a running one."""

import socket
from pathlib import Path

import pytest

from watchfloor.demo.session import FILE, SOCKET, Session, demo_folder, find_session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    folder = demo_folder(tmp_path)
    folder.mkdir()
    session = Session(
        center=tmp_path / "center",
        runtime=folder / "run",
        endpoints=folder / "endpoints.yaml",
        secrets={"COMMUNITY": "made-up"},
    )
    session.save(folder)
    return session


def test_a_demo_that_listens_is_found(tmp_path: Path, session: Session) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(demo_folder(tmp_path) / SOCKET))
        server.listen()
        assert find_session(tmp_path) == session


def test_a_demo_that_was_killed_is_not_found(tmp_path: Path, session: Session) -> None:
    assert session.version == 1
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(demo_folder(tmp_path) / SOCKET))
    assert find_session(tmp_path) is None


def test_no_demo_is_no_error(tmp_path: Path) -> None:
    assert find_session(tmp_path) is None


@pytest.mark.usefixtures("session")
def test_only_its_user_may_read_what_it_made_up(tmp_path: Path) -> None:
    assert (demo_folder(tmp_path) / FILE).stat().st_mode & 0o077 == 0
