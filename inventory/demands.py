"""Who demands what of a baseline parameter, and which of it the baseline in force does not follow.

Sources contradict each other: CIS lets a locked account go after 15 minutes, CJIS wants an
administrator to do it. A profile decides, and what it does not follow is shown, not hidden. The
words are ours; a benchmark's own text is under its maker's copyright.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from inventory.baseline import Baseline

Source = Literal["CJIS v6.0", "CIS Debian 12", "CIS Debian 12 level 2", "STIG Ubuntu 24.04"]
OF_PROFILE: Mapping[str, Source] = MappingProxyType(
    {"cjis-6.0": "CJIS v6.0", "cis-1": "CIS Debian 12", "stig": "STIG Ubuntu 24.04"}
)
"""The source that a profile stands for."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One source's demand on one parameter."""

    parameter: str
    source: Source
    id: str
    """The control's id in the source."""
    text: str
    """What is demanded, for people: `at most 5`."""
    holds: Callable[[object], bool]
    """Whether a value satisfies it."""

    def __str__(self) -> str:
        return f"{self.source} {self.id}: {self.text}"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A demand that the baseline in force does not follow."""

    demand: Demand
    value: object
    """What the parameter is instead."""
    is_own: bool
    """Whether the profile's own source demands it: then the center deviates from its profile."""

    def __str__(self) -> str:
        why = "deviates from its own profile" if self.is_own else "the profile decides"
        return f"{self.demand.parameter} is {shown(self.value)}; {self.demand} ({why})"


def conflicts(
    baseline: Baseline, parameters: Collection[str] | None = None
) -> tuple[Conflict, ...]:
    """What the baseline does not follow, in the table's order; of these parameters, if any."""
    own = OF_PROFILE[baseline.profile]
    return tuple(
        Conflict(demand, value, demand.source == own)
        for demand in DEMANDS
        if parameters is None or demand.parameter in parameters
        if not demand.holds(value := getattr(baseline, demand.parameter))
    )


def demands_on(parameter: str) -> tuple[Demand, ...]:
    """Everybody's demands on a parameter."""
    return tuple(demand for demand in DEMANDS if demand.parameter == parameter)


def shown(value: object) -> str:
    """A value in one line, as the inventory would have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    text = str(value)
    return text if "\n" not in text else f"{text.splitlines()[0]} ..."


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return value


def _at_most(most: int) -> tuple[str, Callable[[object], bool]]:
    return f"at most {most}", lambda value: _number(value) <= most


def _at_least(least: int) -> tuple[str, Callable[[object], bool]]:
    return f"at least {least}", lambda value: _number(value) >= least


def _one_of(*values: object) -> tuple[str, Callable[[object], bool]]:
    return " or ".join(map(shown, values)), lambda value: value in values


def _masking(mask: str) -> tuple[str, Callable[[object], bool]]:
    bits = int(mask, 8)
    return f"{mask} or stricter", lambda value: int(str(value), 8) & bits == bits


def _zero_or_at_least(least: int) -> tuple[str, Callable[[object], bool]]:
    return f"0 (never) or at least {least}", lambda value: value == 0 or _number(value) >= least


def _says(what: str, words: Iterable[str]) -> tuple[str, Callable[[object], bool]]:
    wanted = tuple(words)
    return what, lambda value: all(word in str(value).lower() for word in wanted)


def _demands(
    parameter: str, *rows: tuple[Source, str, tuple[str, Callable[[object], bool]]]
) -> tuple[Demand, ...]:
    return tuple(Demand(parameter, source, number, *rule) for source, number, rule in rows)


_CJIS: Source = "CJIS v6.0"
_CIS: Source = "CIS Debian 12"
_CIS_2: Source = "CIS Debian 12 level 2"
_STIG: Source = "STIG Ubuntu 24.04"
_STATEMENTS = ("restricted", "monitored", "unauthorized", "consent")

DEMANDS: tuple[Demand, ...] = (
    *_demands(
        "banner",
        (_CJIS, "AC-8", _says("the four statements", _STATEMENTS)),
        (_STIG, "UBTU-24-200640", _says("the DOD's own text", ("u.s. government",))),
    ),
    *_demands("ssh_max_auth_tries", (_CIS, "5.1.16", _at_most(4))),
    *_demands("ssh_login_grace_s", (_CIS, "5.1.13", _at_most(60))),
    *_demands(
        "ssh_idle_s",
        (_CJIS, "SC-10", _at_most(3600)),
        (_STIG, "UBTU-24-600010", _at_most(600)),
    ),
    *_demands(
        "console_lock_s",
        (_CJIS, "AC-11", _at_most(1800)),
        (_CIS, "1.7.4", _at_most(900)),
        (_STIG, "UBTU-24-200020", _at_most(600)),
    ),
    *_demands(
        "lockout_attempts",
        (_CJIS, "AC-7", _at_most(5)),
        (_CIS, "5.3.3.1.1", _at_most(5)),
        (_STIG, "UBTU-24-200610", _at_most(3)),
    ),
    *_demands(
        "lockout_window_s",
        (_CJIS, "AC-7", _at_least(900)),
        (_STIG, "UBTU-24-200610", _at_least(900)),
    ),
    *_demands(
        "lockout_release_s",
        (_CJIS, "AC-7", _one_of(0)),
        (_CIS, "5.3.3.1.2", _zero_or_at_least(900)),
        (_STIG, "UBTU-24-200610", _one_of(0)),
    ),
    *_demands("lockout_root", (_CIS_2, "5.3.3.1.3", _one_of(True))),
    *_demands("lockout_root_release_s", (_CIS_2, "5.3.3.1.3", _at_least(60))),
    *_demands("login_delay_s", (_STIG, "UBTU-24-300017", _at_least(4))),
    *_demands(
        "password_min_length",
        (_CJIS, "IA-5(1)", _at_least(8)),
        (_CIS, "5.3.3.2.2", _at_least(14)),
        (_STIG, "UBTU-24-400320", _at_least(15)),
    ),
    *_demands(
        "password_digits",
        (_CIS, "5.3.3.2.3", _at_least(1)),
        (_STIG, "UBTU-24-400280", _at_least(1)),
    ),
    *_demands(
        "password_uppercase",
        (_CIS, "5.3.3.2.3", _at_least(1)),
        (_STIG, "UBTU-24-400260", _at_least(1)),
    ),
    *_demands(
        "password_lowercase",
        (_CIS, "5.3.3.2.3", _at_least(1)),
        (_STIG, "UBTU-24-400270", _at_least(1)),
    ),
    *_demands(
        "password_other",
        (_CIS, "5.3.3.2.3", _at_least(1)),
        (_STIG, "UBTU-24-400330", _at_least(1)),
    ),
    *_demands("password_classes", (_CIS, "5.3.3.2.3", _at_least(4))),
    *_demands(
        "password_new_characters",
        (_CIS, "5.3.3.2.1", _at_least(2)),
        (_STIG, "UBTU-24-400290", _at_least(8)),
    ),
    *_demands("password_max_repeat", (_CIS, "5.3.3.2.4", _at_most(3))),
    *_demands("password_max_sequence", (_CIS, "5.3.3.2.5", _at_most(3))),
    *_demands(
        "password_hash",
        (_CIS, "5.4.1.4", _one_of("yescrypt", "sha512")),
        (_STIG, "UBTU-24-400400", _one_of("sha512")),
    ),
    *_demands("password_hash_rounds", (_STIG, "UBTU-24-400220", _at_least(100_000))),
    *_demands("password_history", (_CIS, "5.3.3.3.1", _at_least(24))),
    *_demands(
        "password_max_days",
        (_CJIS, "IA-5(1)", _at_most(365)),
        (_CIS, "5.4.1.1", _at_most(365)),
        (_STIG, "UBTU-24-400310", _at_most(60)),
    ),
    *_demands(
        "password_min_days",
        (_CIS_2, "5.4.1.2", _at_least(1)),
        (_STIG, "UBTU-24-400300", _at_least(1)),
    ),
    *_demands("password_warn_days", (_CIS, "5.4.1.3", _at_least(7))),
    *_demands(
        "inactive_days",
        (_CJIS, "AC-2(3)", _at_most(90)),
        (_CIS, "5.4.1.5", _at_most(45)),
        (_STIG, "UBTU-24-200260", _at_most(35)),
    ),
    *_demands("root_password", (_STIG, "UBTU-24-400110", _one_of("locked"))),
    *_demands(
        "sudo_reauthenticate_min",
        (_CJIS, "IA-11", _at_most(720)),
        (_CIS, "5.2.6", _at_most(15)),
    ),
    *_demands(
        "shell_timeout_s",
        (_CIS, "5.4.3.2", _at_most(900)),
        (_STIG, "UBTU-24-200060", _at_most(600)),
    ),
    *_demands(
        "umask",
        (_CIS, "5.4.3.3", _masking("0027")),
        (_STIG, "UBTU-24-300030", _masking("0077")),
    ),
    *_demands("audit_full", (_CIS_2, "6.2.2.3", _one_of("single", "halt"))),
    *_demands("log_retention_days", (_CJIS, "AU-11", _at_least(365))),
    *_demands("updates_max_age_days", (_CJIS, "RA-5", _at_most(30))),
)
"""In the order of the baseline's parameters."""
