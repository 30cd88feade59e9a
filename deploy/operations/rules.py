"""The packet filter's rules, loaded in one transaction; the old table is kept as nft lists it."""

from shlex import quote

from deploy.change import RulesetChange
from deploy.operations.journal import Step

_UNDO = """\
if [ -e "$step/table" ]; then
  nft -f "$step/table"
elif [ -e "$step/absent" ]; then
  printf 'table {family} {table}\\ndelete table {family} {table}\\n' | nft -f -
fi
"""


def script(change: RulesetChange, step: Step) -> str:
    """Loads the file. nft's transaction leaves the old rules when one of the new is refused."""
    table = f"{change.family} {change.table}"
    return step.script(
        f'if nft list table {table} >"$step/listing" 2>/dev/null; then\n'
        f"  printf 'table {table}\\ndelete table {table}\\n' >\"$step/table.new\"\n"
        '  cat "$step/listing" >>"$step/table.new"\n'
        '  mv "$step/table.new" "$step/table"\n'
        'else : >"$step/absent"; fi\n'
        f"nft -f {quote(change.path)}\n"
        f"nft list table {table} >/dev/null || fail 'the kernel has no table {table}'\n",
        undo=_UNDO.format(family=change.family, table=change.table),
    )
