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


BASE = """format: 1
profile: base
title: Base
source: BASE-MIB
recognise: {object_id: [1.3.6.1.4.1.99999.1]}
identity: {vendor: Base, model: 1.3.6.1.4.1.99999.2.0}
scalars:
  - {oid: 1.3.6.1.4.1.99999.3.0, class: voltage, name: Input}
  - {oid: 1.3.6.1.4.1.999991.3.0, class: voltage, name: Another enterprise's}
"""
SOLD = """format: 1
profile: sold
title: Sold
source: SOLD-MIB
identity: {vendor: Sold}
same_as: {profile: base, root: 1.3.6.1.4.1.99999, here: 1.3.6.1.4.1.88888}
"""


def test_a_rebranded_device_is_read_as_the_original_with_its_own_numbers(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "sold.yaml").write_text(SOLD)
    profile = load_profile(tmp_path / "sold.yaml")
    assert (profile.title, profile.identity.vendor) == ("Sold", "Sold")
    assert profile.recognise.object_id == ["1.3.6.1.4.1.88888.1"]
    assert profile.identity.model == ["1.3.6.1.4.1.88888.2.0"]
    assert [sensor.oid for sensor in profile.scalars] == [
        ["1.3.6.1.4.1.88888.3.0"],
        ["1.3.6.1.4.1.999991.3.0"],
    ]


@pytest.mark.parametrize(
    ("same_as", "said"),
    [
        ("{profile: nothing, root: 1.3.6, here: 1.3.6}", "No such file"),
        ("{profile: base}", "give profile, root and here"),
        ("{profile: sold, root: 1.3.6, here: 1.3.6}", "itself the same as another"),
    ],
)
def test_the_original_must_be_there_and_an_original(
    tmp_path: Path, same_as: str, said: str
) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "sold.yaml").write_text(SOLD)
    (tmp_path / "third.yaml").write_text(
        f"format: 1\nprofile: third\ntitle: T\nsource: T-MIB\nsame_as: {same_as}\n"
    )
    with pytest.raises(ProfileError, match=said):
        load_profile(tmp_path / "third.yaml")
