"""Reads a center's folder: every mistake at once, or a `Center` that is resolved and checked."""

from collections.abc import Iterable
from collections.abc import Mapping as Named
from pathlib import Path
from zoneinfo import ZoneInfo

from inventory.baseline import Baseline
from inventory.checks import CHECKS
from inventory.checks.redundancy import pair_name
from inventory.document import MOST_CHARACTERS, Entry, Mapping, Node, Scalar, merge, parse
from inventory.draft import Draft
from inventory.model import Center, Device, Group, Kind
from inventory.nearest import hint
from inventory.problems import InventoryError, Mark, Problem, Problems
from inventory.sections import NAMED, Sections, check_format, gather, walk
from inventory.validation import build, build_all

__all__ = ["MOST_FILES", "InventoryError", "Problem", "load"]

MOST_FILES = 500
MOST_BYTES = 4 * MOST_CHARACTERS + 4
"""One more than the largest document in UTF-8: what is longer is refused by `parse`."""


def load(folder: Path) -> Center:
    """The center that the `*.yaml` files of a folder (not of its subfolders) describe.

    Raises `InventoryError`, and nothing else, with every mistake in it.
    """
    problems = Problems()
    documents = _documents(folder, problems)
    if not documents:
        problems.add(Mark(str(folder)), "holds no inventory: run `watchfloor init` to start one")
    readable = not problems
    check_format(documents, problems, complete=readable)
    if readable:
        problems.raise_if_any()
    sections = gather(documents, problems)
    center = _assemble(sections, Mark(str(folder)), problems, complete=readable)
    problems.raise_if_any()
    assert center is not None
    return center


def baseline_lines(folder: Path, device: str | None = None) -> Named[str, Mark]:
    """Where each parameter of the center's baseline is written, or of the device's; the others
    come from the profile. For a folder that `load` has accepted. Raises `InventoryError`.
    """
    problems = Problems()
    sections = gather(_documents(folder, problems), problems)
    problems.raise_if_any()
    own = sections.named["devices"].get(device or "")
    override = own.value.get("baseline") if own and isinstance(own.value, Mapping) else None
    return {
        name: entry.mark
        for place in (sections.baseline, override)
        if isinstance(place, Mapping)
        for name, entry in place.entries.items()
    }


def _documents(folder: Path, problems: Problems) -> list[Node]:
    return [
        document
        for path in _files(folder, problems)
        if (document := _read(path, folder, problems)) is not None
    ]


def _files(folder: Path, problems: Problems) -> list[Path]:
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        problems.add(Mark(str(folder)), f"cannot be read: {error.strerror}; name a center's folder")
        return []
    for path in inside:
        if path.suffix == ".yml":
            problems.add(Mark(str(path)), f"would not be read: rename it to {path.stem}.yaml")
    found = [path for path in inside if path.suffix == ".yaml" and not path.is_dir()]
    if len(found) > MOST_FILES:
        problems.add(Mark(str(folder)), f"more than {MOST_FILES} files: join some")
    return found[:MOST_FILES]


def _read(path: Path, folder: Path, problems: Problems) -> Node | None:
    """The tree of one file. A link that leads out of the folder is refused, not followed."""
    try:
        if not path.is_file():
            problems.add(Mark(str(path)), "is not a file, or a link to nowhere: remove it")
            return None
        if not path.resolve().is_relative_to(folder.resolve()):
            problems.add(Mark(str(path)), "is a link out of the folder: copy the file instead")
            return None
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.add(Mark(str(path), line, 1), "not UTF-8: save the file in that encoding")
        return None
    except OSError as error:
        problems.add(Mark(str(path)), f"cannot be read: {error.strerror}")
        return None
    return parse(text, str(path), problems)


def _assemble(
    sections: Sections, folder: Mark, problems: Problems, *, complete: bool
) -> Center | None:
    """The center, or None. What one part says of another is checked when every file was read:
    otherwise each name of an unreadable file would be reported as unknown."""
    if complete and sections.center is None:
        problems.add(folder, "no `center:` section: give the center a name, title and timezone")
    head = _head(sections, problems)
    context = {"timezone": ZoneInfo(head.timezone)} if head else {}
    _check_defaults(sections, problems)
    _complete_devices(sections)
    built = build_all(NAMED, sections.named, problems, context)
    if complete:
        draft = Draft(sections, built, problems)
        for check in CHECKS:
            check(draft)
    if head is None or problems:
        return None
    devices = _paired(built["devices"])
    groups = built["groups"] | {g.name: g for g in _pair_groups(devices.values())}
    return head.model_copy(update=built | {"devices": devices, "groups": groups})


def _head(sections: Sections, problems: Problems) -> Center | None:
    """The `center:` and `baseline:` sections alone."""
    extra = {}
    if sections.baseline is not None:
        entry = Entry(sections.baseline.mark, sections.baseline)
        baseline = build(Baseline, entry, problems)
        extra = {"baseline": baseline or Baseline()}
    if sections.center is None:
        return None
    written = dict(sections.center.entries)
    for key in (*NAMED, "baseline"):
        if key in written:
            problems.add(written.pop(key).mark, f"`{key}` is a section of its own: move it left")
    name = written.pop("name", None)
    node = Mapping(sections.center.mark, written)
    if name is None:
        problems.add(node.mark, "`name` is missing")
        return None
    mark = walk(name.value, ()).mark
    text = getattr(name.value, "text", "")
    return build(Center, Entry(mark, node), problems, name=text, extra=extra)


def _check_defaults(sections: Sections, problems: Problems) -> None:
    """Defaults of a kind that does not exist would be silently unused."""
    for name, entry in sections.kinds.items():
        if name not in list(Kind):
            problems.add(entry.mark, f'"{name}" is not a kind: {hint(name, Kind)}')


def _complete_devices(sections: Sections) -> None:
    """Gives every device an id, and its overrides of the baseline the center's other values."""
    for name, entry in sections.named["devices"].items():
        if not isinstance(entry.value, Mapping):
            continue
        node = Mapping(entry.value.mark, dict(entry.value.entries))
        baseline = node.entries.get("baseline")
        if baseline and isinstance(baseline.value, Mapping) and sections.baseline is not None:
            merged = merge(sections.baseline, baseline.value)
            node.entries["baseline"] = Entry(baseline.mark, merged)
        node.entries.setdefault("id", Entry(entry.mark, Scalar(entry.mark, name, name)))
        sections.named["devices"][name] = Entry(entry.mark, node)


def _paired(devices: Named[str, Device]) -> dict[str, Device]:
    """The devices, with a pair that only one half declares written on both."""
    partners = {device.pair: device.name for device in devices.values() if device.pair}
    return {
        name: device if device.pair else device.model_copy(update={"pair": partners.get(name)})
        for name, device in devices.items()
    }


def _pair_groups(devices: Iterable[Device]) -> Iterable[Group]:
    for device in devices:
        if device.pair is not None:
            name = pair_name(device.name, device.pair)
            members = tuple(sorted((device.name, device.pair)))
            title = f"{members[0]} and {members[1]}"
            yield Group(name=name, title=title, needs=1, of=members, derived=True)
