"""The batch is run by a real shell here: what it prints must come apart exactly as it went in."""

import subprocess
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.facts import collect
from inventory.facts.area import FactError, tagged
from inventory.facts.registry import AREAS


def read(monkeypatch: pytest.MonkeyPatch, script: str) -> collect.Section:
    """The section of an area with this script."""
    area = SimpleNamespace(__name__="inventory.facts.files", SCRIPT=script, parse=str)
    monkeypatch.setattr(collect, "find_area", lambda name: area)
    return collect.split(run(collect.batch(["files"])))["files"]


def run(script: str) -> str:
    return subprocess.run(
        ["sh", "-s"], input=script.encode(), capture_output=True, check=True
    ).stdout.decode(errors="backslashreplace")


def test_every_area_is_read_and_parsed_on_this_machine() -> None:
    sections = collect.split(run(collect.batch(AREAS)))
    assert list(sections) == list(AREAS)


def test_each_area_says_what_it_is_in_one_sentence() -> None:
    for name, area in AREAS.items():
        doc = (area.__doc__ or "").strip()
        assert doc.endswith("."), name
        assert "\n\n" not in doc, name


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("echo one; echo two", "one\ntwo\n"),
        ("printf 'no newline at the end'", "no newline at the end"),
        ("true", ""),
        ("echo it\\'s '$quoted' \"too\"", "it's $quoted too\n"),
        ("echo noise >&2; cat", ""),
        ("printf 'a\\nb' | tag x; printf 'c' | tag y", "x\ta\nx\tb\ny\tc\n"),
        ("echo 'watchfloor-facts 1 00000000000000000000000000000000'; echo '0 done'", None),
    ],
)
def test_text_arrives_as_printed(
    monkeypatch: pytest.MonkeyPatch, script: str, text: str | None
) -> None:
    section = read(monkeypatch, script)
    assert section.exit_code == 0
    assert section.complaint == ""
    if text is not None:
        assert section.text == text


def test_a_script_that_fails_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    section = read(monkeypatch, "echo half; exit 3")
    assert section == collect.Section("half\n", 3)
    facts = collect.HostFacts({"files": section})
    with pytest.raises(FactError, match="files: reading it ended with status 3"):
        facts.read(AREAS["files"])


def test_a_script_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "SECTION_TIMEOUT_S", 1)
    assert "longer than 1 s" in read(monkeypatch, "echo begun; exec sleep 60").complaint


def test_a_script_that_floods_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    section = read(monkeypatch, "yes")
    assert "more than" in section.complaint
    assert len(section.text) == collect.SECTION_LIMIT + 1


def test_an_area_that_was_not_read_is_an_error() -> None:
    with pytest.raises(FactError, match="files: was not read"):
        collect.HostFacts({}).read(AREAS["files"])


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ("", "did not answer with facts"),
        ("Last login: today\n", "did not answer with facts"),
        (f"watchfloor-facts 99 {'0' * 32}\n", "format 99"),
        (f"watchfloor-facts 1 {'0' * 32}\n", "in the middle"),
        (f"watchfloor-facts 1 {'0' * 32}\n{'0' * 32} begin files\n644 root", "in the middle"),
    ],
)
def test_what_is_not_whole_is_refused(output: str, complaint: str) -> None:
    with pytest.raises(FactError, match=complaint):
        collect.split(output)


def test_a_login_message_before_the_facts_is_no_harm() -> None:
    output = "Welcome!\n" + run(collect.batch(["files"]))
    assert list(collect.split(output)) == ["files"]


@given(st.text(alphabet=st.sampled_from("ab \n0\r\x0b\u2028"), max_size=200), st.integers(0, 255))
def test_any_text_survives_framing(text: str, code: int) -> None:
    token = "f" * 32
    output = (
        f"watchfloor-facts 1 {token}\n{token} begin files\n{text}\n{token} end files {code}\n"
        f"{token} done\n"
    )
    assert collect.split(output) == {"files": collect.Section(text, code)}


def test_tagged_lines_come_apart_by_part() -> None:
    assert tagged("a\tone\nb\t\na\ttwo\tthree\n") == {"a": ("one", "two\tthree"), "b": ("",)}


@pytest.mark.parametrize("text", ["", "a\tone\nno tag\n", "b\tother\n"])
def test_a_missing_part_or_tag_is_an_error(text: str) -> None:
    with pytest.raises(FactError):
        tagged(text, "a")
