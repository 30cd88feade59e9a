import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from deploy.change import Change, FileChange, file_change, printable, unified
from deploy.people_change import UserChange
from inventory.facts.textfile import TextFile

NOW = TextFile("/etc/issue", "file", 0o644, "root", "root", "a\nb\n")


def test_a_file_that_is_as_wanted_needs_no_change() -> None:
    assert file_change(NOW, "a\nb\n") is None


def test_content_mode_and_owner_each_make_a_change() -> None:
    content = file_change(NOW, "a\nc\n")
    mode = file_change(NOW, "a\nb\n", mode=0o600)
    owner = file_change(NOW, "a\nb\n", owner="alice")
    assert content is not None
    assert mode is not None
    assert owner is not None
    assert (content.title, content.diff[-2:]) == ("change /etc/issue", ("-b", "+c"))
    assert mode.title == "set owner and mode of /etc/issue: root 0644 -> root 0600"
    assert (owner.title, owner.diff) == (
        "set owner and mode of /etc/issue: root 0644 -> alice 0644",
        (),
    )


def test_a_new_file_is_shown_whole() -> None:
    change = file_change(TextFile("/etc/issue", "absent"), "a\n")
    assert change is not None
    assert change.title == "create /etc/issue"
    assert change.diff == ("--- /dev/null", "+++ /etc/issue", "@@ -0,0 +1 @@", "+a")


@given(st.text())
def test_what_a_host_says_cannot_drive_a_terminal(text: str) -> None:
    assert all(sign == "\t" or not ord(sign) < 32 for sign in printable(text))
    assert not any(0x7F <= ord(sign) <= 0x9F for sign in printable(text))


def test_a_long_diff_is_cut_and_says_so() -> None:
    lines = [str(number) for number in range(900)]
    assert unified([], lines, "a", "b")[-1].endswith("more lines")


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (FileChange, "path", "etc/issue"),
        (FileChange, "path", "/etc/is\nsue"),
        (UserChange, "name", "-rf"),
        (UserChange, "comment", "a:b"),
    ],
)
def test_what_could_be_misread_on_a_host_is_no_change(
    kind: type[FileChange] | type[UserChange], field: str, value: str
) -> None:
    good = {"path": "/etc/issue", "content": ""} if kind is FileChange else {"name": "alice"}
    with pytest.raises(ValidationError):
        kind.model_validate({**good, field: value})


def test_a_change_survives_json() -> None:
    adapter: TypeAdapter[Change] = TypeAdapter(Change)
    change = file_change(NOW, "ü\n", validate_with=("sshd", "-t", "-f", "{}"))
    assert adapter.validate_json(adapter.dump_json(change)) == change  # type: ignore[arg-type] # it is not None
