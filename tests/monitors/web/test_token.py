"""The API's token is made once, and its file is for its owner only."""

import stat
from pathlib import Path

import pytest

from monitors.web.token import TokenError, api_token


def test_it_is_made_once(tmp_path: Path) -> None:
    state = tmp_path / "state"
    token = api_token(state)
    assert len(token) >= 40
    assert api_token(state) == token
    assert stat.S_IMODE((state / "api-token").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    api_token(tmp_path)
    (tmp_path / "api-token").chmod(0o644)
    with pytest.raises(TokenError, match="chmod 600"):
        api_token(tmp_path)


@pytest.mark.parametrize("content", ["", "short\n"])
def test_an_empty_file_is_no_token(tmp_path: Path, content: str) -> None:
    path = tmp_path / "api-token"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(TokenError, match="holds no token"):
        api_token(tmp_path)
