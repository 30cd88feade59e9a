"""Renders the templates of files that are put on hosts: strict about every name, and never HTML."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from inventory.assets import templates


@cache
def _environment() -> Environment:
    # Configuration files are no HTML; what goes into them is typed and checked by the inventory.
    return Environment(
        loader=FileSystemLoader(templates() / "host"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - see above
    )


def render(template: str, **values: object) -> str:
    """The text of `templates/host/<template>` with these values."""
    return _environment().get_template(template).render(**values)
