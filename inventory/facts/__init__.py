"""How a host is read: one batched, read-only command for all areas, and one pure parser for each.

An **area** is a module of this package that has

- a docstring of one sentence,
- `SCRIPT`: POSIX sh that only reads. It runs as root with `LC_ALL=C`, no stdin and stderr thrown
  away, and has to end with status 0 when what it printed is complete. It may use `tag NAME` from
  `collect.PRELUDE` (`getent passwd | tag passwd`), so that no line of a file can pose as another
  part's. It prints no secret: a password hash is reduced to its state and algorithm on the host.
- a frozen slotted dataclass `XFacts`,
- `parse(text) -> XFacts`, pure, which raises `FactError` for a text that it does not understand.

`registry.AREAS` finds the areas by itself: adding one is adding its file and its recorded texts.
"""
