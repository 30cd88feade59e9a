"""What makes a host a console: its areas, in the order in which they are done."""

from types import ModuleType

from deploy.consoles import browsers, desktop, desktop_settings

AREAS: tuple[ModuleType, ...] = (desktop_settings, browsers, desktop)
