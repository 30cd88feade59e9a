"""`watchfloor release`: what is wrong is said before anything is fetched."""

from pathlib import Path

from click.testing import CliRunner

from deploy.releases.manifest import ReleaseError
from watchfloor.cli.release import release


def test_a_folder_that_is_no_checkout_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out.tar"
    result = CliRunner().invoke(release, ["--source", str(tmp_path), "--out", str(out)])
    assert isinstance(result.exception, ReleaseError)
    assert str(result.exception) == (
        f"{tmp_path}: is no checkout of Watchfloor; name one with --source"
    )
    assert not out.exists()


def test_what_is_no_python_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(release, ["--python", "3.11; rm", "--source", str(tmp_path)])
    assert result.exit_code == 2
    assert "3.11; rm is no version of Python such as 3.11" in result.output
