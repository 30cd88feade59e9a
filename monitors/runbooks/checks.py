"""The questions that a runbook's steps may ask, and the actions that they may name.

A check is a function of the context that only reads. An action is a command of ours, given as an
argument list: no runbook holds shell text.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from monitors.quantity import quantity
from monitors.reading import SensorClass, State, worst
from monitors.runbooks.context import Context

UNANSWERED = "no reading"
"""The answer of a check that has nothing to look at; it never equals what a step expects."""

CheckFunction = Callable[..., str]


def device_state(context: Context) -> str:
    """The device's state: ok, warning, critical or unknown."""
    return context.view.state.value if context.view else UNANSWERED


def device_power(context: Context) -> str:
    """How it is fed: full, reduced, battery or lost."""
    return context.view.power.value if context.view else UNANSWERED


def in_service(context: Context) -> str:
    """Whether it is up, powered and connected: yes or no."""
    if context.view is None:
        return UNANSWERED
    return "yes" if context.view.in_service else "no"


def answers(context: Context) -> str:
    """Whether its last polls all went well: yes or no."""
    if context.view is None or not context.view.polls:
        return UNANSWERED
    return "no" if any(poll.problem for poll in context.view.polls) else "yes"


def component_state(context: Context, kind: str) -> str:
    """The worst state of its parts of the kind {kind}."""
    parts = context.view.components if context.view else ()
    states = [part.state for part in parts if part.kind == kind]
    return worst(*states).value if states else UNANSWERED


def state_word(context: Context, component: str) -> str:
    """What the device itself says of its {component}."""
    found = context.readings(SensorClass.STATE, component)
    found.sort(key=lambda r: r.state is State.OK)
    return next((r.text or str(r.value) for r in found), UNANSWERED)


def battery_lasts(context: Context, seconds: float) -> str:
    """Whether the weakest battery would carry its load for {seconds} s: yes or no."""
    found = context.time_remaining
    if not found:
        return UNANSWERED
    lowest = min(found, key=lambda r: r.value)
    answer = "yes" if lowest.value >= seconds else "no"
    return f"{answer}, {quantity(lowest.value, lowest.unit)}"


def alert_active(context: Context) -> str:
    """Whether the alert still stands: yes or no."""
    return "yes" if context.alert else "no"


CHECKS: Mapping[str, CheckFunction] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            device_state,
            device_power,
            in_service,
            answers,
            component_state,
            state_word,
            battery_lasts,
            alert_active,
        )
    }
)


@dataclass(frozen=True, slots=True)
class Action:
    """A command of ours that a step may name; `{device}` stands for the device."""

    arguments: tuple[str, ...]
    says: str

    def command(self, device: str) -> str:
        """The command line to type; a device's name holds no character that a shell minds."""
        return " ".join(argument.format(device=device) for argument in self.arguments)


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "poll": Action(("watchfloor", "poll", "{device}"), "reads the device once, now"),
        "discover": Action(
            ("watchfloor", "discover", "NETWORK", "--report"),
            "asks every address of the network that the alert names, and tells the monitor",
        ),
        "plan": Action(
            ("watchfloor", "plan", "--limit", "{device}"),
            "shows what would change; changes nothing",
        ),
        "apply": Action(
            ("watchfloor", "apply", "--limit", "{device}"), "makes the host as the inventory says"
        ),
    }
)


def accepts(check: CheckFunction, arguments: Mapping[str, object]) -> bool:
    """Whether a check can be called with these arguments."""
    try:
        inspect.signature(check).bind(None, **arguments)
    except TypeError:
        return False
    return True


def says(name: str, arguments: Mapping[str, object]) -> str:
    """What a check asks, in words: its docstring's first line, with these arguments in it."""
    line = (CHECKS[name].__doc__ or name).splitlines()[0].rstrip(".")
    words = {key: str(value).replace("_", " ") for key, value in arguments.items()}
    return line.format_map(words)


def holds(answer: str, expected: str) -> bool | None:
    """Whether an answer is the expected one; None when there is no answer."""
    if answer == UNANSWERED:
        return None
    return answer.partition(",")[0].strip().casefold() == expected.strip().casefold()
