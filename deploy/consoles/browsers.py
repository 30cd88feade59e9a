"""What a console's browsers may do: managed policies for Chromium and Firefox, and start pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.area import Difference, Vantage
from deploy.browsers import CHROMIUM_POLICY, FIREFOX_POLICY, console_chromium, console_firefox
from deploy.change import Change, RemovalChange, file_change
from deploy.consoles.desktop_settings import applies as is_console
from deploy.rendering import render
from inventory.desks import Desk
from inventory.facts import console as facts_of_console
from inventory.facts.collect import HostFacts
from inventory.facts.console import ConsoleFacts
from inventory.facts.textfile import file_at
from inventory.model import Center, Device

FACTS = ("console",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = is_console

AUTOSTART = "/etc/xdg/autostart/watchfloor-pages.desktop"


@dataclass(frozen=True, slots=True)
class BrowsersDesired:
    """Path -> text; an empty one is not to be there."""

    files: Mapping[str, str]


def desired(_center: Center, device: Device) -> BrowsersDesired:
    """From the desk."""
    desk = device.desk or Desk()
    return BrowsersDesired(
        {
            CHROMIUM_POLICY: console_chromium(desk),
            FIREFOX_POLICY: console_firefox(desk),
            AUTOSTART: render("console-pages.desktop.j2") if desk.start_pages else "",
        }
    )


def diff(wanted: BrowsersDesired, facts: ConsoleFacts) -> Difference:
    """Each file; a browser reads them when it starts, and Chromium also while it runs."""
    return Difference(tuple(_changes(wanted, facts)))


def difference(center: Center, device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center, device), facts.read(facts_of_console))


def _changes(wanted: BrowsersDesired, facts: ConsoleFacts) -> Iterator[Change]:
    for path, text in wanted.files.items():
        file = file_at(facts.files, path)
        if not text and file.exists:
            yield RemovalChange(path=path, reason="the desk has no start pages")
        change = file_change(file, text) if text else None
        if change is not None:
            yield change
