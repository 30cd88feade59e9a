"""Units of systemd, as systemd reads them."""

from pathlib import Path

import pytest

from deploy.systemd_units import UnitsError, command_line, quoted, write_units


def test_words_are_what_systemd_reads_them_as() -> None:
    assert quoted('a "b" 50% $HOME\\') == '"a \\"b\\" 50%% $HOME\\\\"'


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.service").mkdir()
    with pytest.raises(UnitsError, match="cannot be written: Is a directory"):
        write_units(tmp_path, {"a.service": ""})


def test_nothing_of_a_command_is_expanded() -> None:
    assert command_line("echo", "$HOME") == ['"echo"', '"$$HOME"']
