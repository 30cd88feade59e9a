"""Who works at a console, told from what logind says."""

import pytest

from deploy.staffing import staffed
from inventory.facts.sessions import parse

SEATED = "session\t2 Name=analyst Seat=seat0 Class=user Active=yes Remote=no State=active Type=tty"
GREETER = "session\tc1 Name=lightdm Seat=seat0 Class=greeter Active=yes Remote=no State=active"
OVER_SSH = "session\t7 Name=wf-deploy Seat= Class=user Active=yes Remote=yes State=active Type=tty"
SWITCHED_AWAY = SEATED.replace("Active=yes", "Active=no")


def framed(text: str) -> str:
    token = "0" * 32
    return (
        f"watchfloor-facts 1 {token}\n{token} begin sessions\n{text}\n{token} end sessions 0\n"
        f"{token} done\n"
    )


@pytest.mark.parametrize(
    ("sessions", "told"),
    [
        ((), ""),
        ((GREETER, OVER_SSH, SWITCHED_AWAY), ""),
        ((OVER_SSH, SEATED), "analyst works there (session 2 on seat0)"),
    ],
)
def test_only_a_person_in_front_of_the_screens_counts(sessions: tuple[str, ...], told: str) -> None:
    assert staffed(framed("\n".join(["logind\tyes", *sessions]))) == told


def test_an_answer_that_is_cut_off_is_no_empty_room() -> None:
    assert "could not be read" in staffed("watchfloor-facts 1 ")


def test_without_logind_nobody_can_have_logged_in() -> None:
    assert not parse("logind\tno").is_known
