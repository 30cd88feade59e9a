"""Readings of what seldom changes: drives, volumes, controllers, memory, processors. Pure."""

from monitors.reading import SensorClass, State
from monitors.redfish.document import Document
from monitors.redfish.harvest import Harvest
from monitors.redfish.parts import slug
from monitors.redfish.status import Condition, condition_of

_KINDS = {
    "Drive": "disk",
    "Volume": "volume",
    "StorageController": "storage_controller",
    "Memory": "memory_module",
    "Processor": "cpu",
}
"""By the type in `@odata.type`."""


def read_inside(resource: Document, harvest: Harvest) -> None:
    """One resource of these types; others bring nothing, but for the controllers in a Storage."""
    kind = type_of(resource)
    if kind == "Storage":
        for controller in resource.parts("StorageControllers"):
            _read(controller, "storage_controller", harvest)
    elif kind in _KINDS:
        _read(resource, _KINDS[kind], harvest)


def type_of(resource: Document) -> str:
    """`Drive` of `#Drive.v1_15_0.Drive`."""
    return resource.text("@odata.type").lstrip("#").partition(".")[0]


def _read(resource: Document, kind: str, harvest: Harvest) -> None:
    identity = resource.text("Id") or resource.text("MemberId") or resource.text("Name")
    component = f"{kind}:{slug(identity)}"
    name = resource.text("Name") or identity
    condition = harvest.part(component, name, resource)
    if condition is None or kind != "disk":
        return
    if resource.flag("FailurePredicted"):
        bad = Condition(State.WARNING, "failure predicted")
        harvest.stated(component, f"{name} prediction", bad, resource.path)
    life = resource.number("PredictedMediaLifeLeftPercent")
    if life is not None and not condition_of(resource).absent:
        left = max(0.0, min(life, 100.0)) / 100
        state = State.WARNING if left <= 0.1 else State.OK
        full = f"{name} life left"
        harvest.measured(SensorClass.PERCENT, component, full, left, resource.path, state=state)
