"""What the inventory lacks of what was found, and the YAML that would add it. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from inventory.model import Center, Device, Kind
from monitors.discovery.found import Found, Sweep
from monitors.profiles.library import Library

_KIND_WORDS: tuple[tuple[str, Kind], ...] = (
    # In this order: an ATS is sold among PDUs, and a UPS has outlets.
    (r"transfer switch|\bats\b", Kind.ATS),
    (r"\bpdu|power strip|rack power", Kind.PDU),
    (r"\bups\b", Kind.UPS),
    (r"generator", Kind.GENERATOR),
    (r"firewall|fortigate|pan-os|sonicos|check point|\basa\b", Kind.FIREWALL),
    (r"\bkvm|console server", Kind.KVM),
    (r"recorder|\bnvr\b", Kind.RECORDER),
    (r"camera", Kind.CAMERA),
    (r"clock|time server|\bgps\b|\bntp\b|timing", Kind.CLOCK),
    (r"router|cellular|wan\b", Kind.ROUTER),
    (r"switch", Kind.SWITCH),
    (r"sensor|environment|climate|cooling|temperature|probe", Kind.SENSOR),
    (r"server|\bbmc\b|idrac|\bilo\b|storage|\bnas\b", Kind.SERVER),
)
_KIND_OF_PARTS = (("outlet", Kind.PDU), ("battery", Kind.UPS))
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Proposed:
    """One device that the inventory lacks, as far as it can be told from outside."""

    name: str
    found: Found
    kind: Kind
    feeds: tuple[str, ...] = ()
    uplinks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What follows from a sweep."""

    known: Mapping[str, str]
    """Address -> the device that has it in the inventory."""
    missing: tuple[Proposed, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    """One line for each cable or cord that devices tell of and the inventory does not."""


def propose(center: Center, sweep: Sweep, library: Library) -> Proposal:
    """Compares a sweep with the inventory."""
    known = _addresses(center)
    titles = {
        item.name: item.profile.title
        for item in library.profiles
        if not item.profile.recognise.always
    }
    strangers = [found for found in sweep.found if found.address not in known]
    names = _names(center, strangers)
    kinds = {found.address: _kind(found, titles) for found in strangers}
    speakers = {f.address: known.get(f.address) or names[f.address] for f in sweep.found}
    feeds, uplinks = _cords(sweep.found, speakers, center), _cables(sweep.found, speakers)
    missing = tuple(
        Proposed(
            names[found.address],
            found,
            kinds[found.address],
            tuple(feeds.get(names[found.address], ())),
            tuple(uplinks.get(names[found.address], ())),
        )
        for found in strangers
    )
    met = {found.address: known[found.address] for found in sweep.found if found.address in known}
    return Proposal(met, missing, tuple(_remarks(center, feeds, uplinks)))


def as_yaml(proposal: Proposal) -> str:
    """The missing devices as the inventory writes them. Empty when none is missing."""
    if not proposal.missing:
        return ""
    lines = ["devices:"]
    for each in proposal.missing:
        lines += _device_lines(each)
    return "\n".join(lines) + "\n"


def _addresses(center: Center) -> dict[str, str]:
    return {
        str(address): device.name
        for device in center.devices.values()
        for address in (device.address, device.bmc)
        if address is not None
    }


def _names(center: Center, strangers: Iterable[Found]) -> dict[str, str]:
    """Address -> a name that no device has yet: the one it gives itself, else its address."""
    taken = set(center.devices)
    names: dict[str, str] = {}
    for found in strangers:
        said = found.snmp.identity.name.partition(".")[0] if found.snmp else ""
        base = _slug(said) or f"found-{_slug(found.address)}"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        names[found.address] = name
    return names


def _slug(text: str) -> str:
    return _NOT_A_NAME.sub("-", text.lower()).strip("-")[:50].strip("-")


def _kind(found: Found, titles: Mapping[str, str]) -> Kind:
    if found.snmp is None:
        return Kind.DISPLAY if found.pjlink and not found.ipmi else Kind.SERVER
    title = " ".join(titles[name] for name in found.snmp.profiles if name in titles)
    for words in (title, found.snmp.identity.description):
        for pattern, kind in _KIND_WORDS:
            if re.search(pattern, words, re.IGNORECASE):
                return kind
    parts = set(found.snmp.components)
    return next((kind for part, kind in _KIND_OF_PARTS if part in parts), Kind.SERVER)


def _cords(
    found: Iterable[Found], speakers: Mapping[str, str], center: Center
) -> dict[str, list[str]]:
    """Device -> outlets that bear its name."""
    wanted = {*speakers.values(), *center.devices}
    feeds: dict[str, list[str]] = {}
    for each in found:
        for outlet in each.snmp.outlets if each.snmp else ():
            words = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", outlet.name.lower()))
            for name in sorted(words & wanted - {speakers[each.address]}):
                number = outlet.number.rpartition("-")[2]
                feeds.setdefault(name, []).append(f"{speakers[each.address]}/{number}")
    return feeds


def _cables(found: Iterable[Found], speakers: Mapping[str, str]) -> dict[str, list[str]]:
    """Device -> ports of others that see it; what both ends tell counts where it is a switch."""
    uplinks: dict[str, list[str]] = {}
    for each in found:
        for neighbour in each.snmp.neighbours if each.snmp else ():
            name = _slug(neighbour.system.partition(".")[0])
            if name != speakers[each.address]:
                uplinks.setdefault(name, []).append(f"{speakers[each.address]}/{neighbour.port}")
    return uplinks


def _remarks(
    center: Center, feeds: Mapping[str, list[str]], uplinks: Mapping[str, list[str]]
) -> Iterator[str]:
    for name, device in center.devices.items():
        declared = {str(feed) for feed in device.feeds}
        for feed in feeds.get(name, ()):
            if feed not in declared:
                yield f"{feed} is named after {name}, which the inventory does not feed from there"
        for link in uplinks.get(name, ()):
            if not _is_cabled(center, device, link):
                yield f"{link} sees {name}, which the inventory does not connect there"


def _is_cabled(center: Center, device: Device, link: str) -> bool:
    """Whether the inventory knows the cable, from whichever end it is written."""
    other, _, port = link.partition("/")
    if any(uplink.device == other and uplink.port in ("", port) for uplink in device.uplinks):
        return True
    beyond = center.devices.get(other)
    return beyond is not None and any(uplink.device == device.name for uplink in beyond.uplinks)


def _device_lines(each: Proposed) -> Iterator[str]:
    found, view = each.found, each.found.snmp
    identity = view.identity if view else None
    said = f"{identity.vendor} {identity.description}".strip() if identity else found.redfish
    yield f"  {each.name}:  # {_comment(said) or 'does not say what it is'}"
    yield f"    kind: {each.kind.value}  # a guess: look at it"
    only_bmc = not view and not found.pjlink and (found.ipmi or found.redfish)
    yield f"    {'bmc' if only_bmc else 'address'}: {_quoted(found.address)}"
    if identity and identity.model:
        yield f"    model: {_quoted(identity.model)}"
    if identity and identity.serial:
        yield f"    serial: {_quoted(identity.serial)}"
    if each.feeds:
        yield f"    feeds: [{', '.join(map(_quoted, each.feeds))}]"
    if each.uplinks:
        yield f"    uplinks: [{', '.join(map(_quoted, each.uplinks))}]"
    if view:
        yield f"    monitoring: {{snmp: {view.credential}}}"
    for protocol in found.protocols:
        if protocol != "snmp":
            yield f"    # speaks {protocol}: add `monitoring: {{{protocol}: CREDENTIAL}}`"
    if found.redfish_sha256:
        yield f"    # its certificate now, to be compared with its own page: {found.redfish_sha256}"


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes, as JSON has them; bounded, and printable."""
    plain = "".join(letter for letter in text[:128] if letter.isprintable())
    # Unescaped: JSON would write a letter beyond U+FFFF as two, and YAML would read two.
    return json.dumps(plain, ensure_ascii=False)


def _comment(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:100].strip()
