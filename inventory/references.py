"""The short forms that a center is written in: `pdu-r3-a/5`, `sw-core-a/Gi1/0/12`, `any: [...]`."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator


class _Reference(BaseModel):
    """`device` or `device/part`, written as one string."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    part: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            device, _, part = value.partition("/")
            if not device or ("/" in value and not part):
                raise ValueError("write a device, or device/part such as pdu-r3-a/5")
            return {"device": device, "part": part}
        if not isinstance(value, dict | cls):
            raise ValueError("write a device, or device/part such as pdu-r3-a/5")
        return value

    @model_serializer
    def _to_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.device}/{self.part}" if self.part else self.device


class FeedRef(_Reference):
    """A power path: the device that gives the power, and the outlet's number if it has several."""

    @property
    def outlet(self) -> str:
        """The outlet, `5`; empty when the source is fed from as a whole."""
        return self.part


class UplinkRef(_Reference):
    """A network path: the device above, and its port."""

    @property
    def port(self) -> str:
        """The port as the gear names it, `Gi1/0/12`; empty when it is not known."""
        return self.part


class Need(BaseModel):
    """A boolean over groups and devices: a name, or `needs` of several needs.

    In YAML: `core-switches`, `{all: [...]}`, `{any: [...]}` or `{needs: 2, of: [...]}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    """A device's or group's name; empty when `of` is set."""
    needs: Annotated[int, Field(ge=0)] = 0
    of: tuple["Need", ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and len(value) == 1:
            for word, count in (("all", len), ("any", lambda _: 1)):
                if word not in value:
                    continue
                members = value[word]
                if not isinstance(members, list | tuple):
                    raise ValueError(f"{word} takes a list of groups and devices")
                return {"needs": count(members), "of": members}
        return value

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.name) == bool(self.of):
            raise ValueError("write a name, or needs with of, or all, or any")
        if self.of and not 1 <= self.needs <= len(self.of):
            raise ValueError(f"needs must lie between 1 and {len(self.of)}")
        return self
