"""The vocabulary in which alert definitions say when they hold."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inventory.model import Kind
from monitors.reading import SensorClass, State


class _Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[Kind, ...] = ()
    """The kinds of devices that are looked at; empty means all."""
    except_kinds: tuple[Kind, ...] = ()

    def concerns(self, kind: Kind) -> bool:
        """Whether devices of this kind are looked at."""
        return (not self.kinds or kind in self.kinds) and kind not in self.except_kinds


class ElementCondition(_Condition):
    """An element of the topology is down, as `monitors.elements` reads it."""

    element: Literal["device", "supply", "feed", "outlet", "port", "battery"]


class SilenceCondition(_Condition):
    """A device that should answer does not."""

    silence: Literal["silent", "refused"]
    """`silent`: nothing answers. `refused`: the device lives, and one of its protocols brings no
    readings: a wrong credential, an access list, a dead agent, a hanging BMC."""


class ComponentCondition(_Condition):
    """A component's settled state."""

    components: tuple[str, ...] = ()
    """Kinds of components; empty means all."""
    except_components: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    vanished: bool = False
    """True: holds for components that are no longer reported, whatever `states` says."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if bool(self.states) is self.vanished or State.OK in self.states:
            raise ValueError("write states other than ok, or vanished: true")
        return self


class ReadingCondition(_Condition):
    """A reading's state or value."""

    reading: SensorClass
    components: tuple[str, ...] = ()
    """Kinds of components; empty means all."""
    states: tuple[State, ...] = ()
    above: float | None = None
    """In the class's base unit."""
    below: float | None = None
    deadband: Annotated[float, Field(ge=0)] = 0.0
    """How far back past `above` or `below` the value must be before the alert clears."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.states and self.above is None and self.below is None:
            raise ValueError("write states, above or below")
        return self

    def holds(self, value: float, state: State, *, held_before: bool) -> bool:
        """Whether a reading meets it; the deadband counts only for what has met it before."""
        slack = self.deadband if held_before else 0.0
        return (
            state in self.states
            or (self.above is not None and value > self.above - slack)
            or (self.below is not None and value < self.below + slack)
        )


class MarginCondition(_Condition):
    """A function or group has lost what it was designed to survive."""

    margin: Literal["function", "group"]
    state: Literal["outage", "at-risk"]
    """`at-risk`: it works, and the next failure is an outage, which is not so by design."""


class EventCondition(_Condition):
    """An event with findings is the last one of its kind for a device, or for a network."""

    event: Literal["drift", "discovery"]


Condition = (
    ElementCondition
    | SilenceCondition
    | ComponentCondition
    | ReadingCondition
    | MarginCondition
    | EventCondition
)
