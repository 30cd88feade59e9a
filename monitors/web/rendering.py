"""Turns the page views into HTML; every value is escaped, and a missing name is an error."""

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from inventory import assets
from monitors.web.views import SILENT_AFTER_S, Page

REGIONS = ("headline", "functions", "alerts", "racks")
"""The parts of the overview that are replaced while it is open; each is a template `_<name>`."""


class Renderer:
    """The NOC templates, loaded once per process."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(assets.templates()),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def overview(self, page: Page) -> str:
        """The whole overview page."""
        return self.render(
            "overview", center_title=page.title, page=page, silent_after_s=SILENT_AFTER_S
        )

    def regions(self, page: Page) -> dict[str, str]:
        """Region id -> its HTML."""
        return {name: self.render(f"_{name}", page=page) for name in REGIONS}

    def render(self, name: str, **values: object) -> str:
        """Any other template of `templates/noc/`, by its name without folder and suffix."""
        return self._templates.get_template(f"noc/{name}.html").render(**values)
