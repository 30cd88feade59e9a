"""Profiles that are wrong are refused with file, place and reason; the shipped ones are right."""

from pathlib import Path

import pytest

from monitors.profiles.errors import ProfileError
from monitors.profiles.library import DATA, Library, shipped
from monitors.profiles.loader import load_profile

WRONG = sorted((Path(__file__).parent / "wrong").glob("*.yaml"))


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_profile_is_refused_with_its_place(path: Path) -> None:
    expected = path.read_text().splitlines()[0].removeprefix("# expect: ")
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert expected in str(caught.value)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text("format: 1\nprofile: two\ntitle: ''\nrecognise: {always: true}\n")
    with pytest.raises(ProfileError, match=r"two\.yaml: title: .*; two\.yaml: source: "):
        load_profile(path)


def test_on_and_off_are_words_not_booleans(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(
        "format: 1\nprofile: words\ntitle: off\nsource: yes\nrecognise: {always: true}\n"
        "states: {outlet: {ok: {1: on}, unknown: {2: off}}}\n"
    )
    profile = load_profile(path)
    assert profile.states["outlet"].ok == {1: "on"}
    assert profile.title == "off"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_profile_loads_and_names_its_mib(path: Path) -> None:
    profile = load_profile(path)
    assert "MIB" in profile.source


def test_the_library_refuses_to_replace_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(
        "format: 1\nprofile: one\ntitle: One\nsource: A-MIB\n"
        "recognise: {always: true}\nreplaces: [nothing]\n"
    )
    with pytest.raises(ProfileError, match=r"one\.yaml: replaces: there is no profile nothing"):
        Library.load(tmp_path)


def test_an_empty_folder_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="no profiles"):
        Library.load(tmp_path)


def test_families_come_before_standards() -> None:
    ranks = [profile.profile.recognise.always for profile in shipped().profiles]
    assert ranks == sorted(ranks)
