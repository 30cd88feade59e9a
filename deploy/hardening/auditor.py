"""The reader script: the one command of the audit account, which only reads."""

from deploy.area import Difference, Vantage, everywhere
from deploy.change import file_change
from inventory.facts import reader
from inventory.facts.collect import HostFacts, reader_script
from inventory.facts.reader import ReaderFacts
from inventory.facts.registry import AREAS
from inventory.model import Center, Device, Purpose

FACTS = ("reader",)
AFTER: tuple[str, ...] = ()
RISKY = False
ADMIN_FIRST = False
applies = everywhere


def desired(center: Center) -> str:
    """The script's text; empty for a center without an audit account."""
    audited = any(account.purpose is Purpose.AUDIT for account in center.accounts.values())
    return reader_script(AREAS) if audited else ""


def diff(wanted: str, facts: ReaderFacts) -> Difference:
    """One file, which only root may change."""
    if not wanted:
        return Difference()
    change = file_change(facts.file, wanted, mode=0o755, validate_with=("sh", "-n", "{}"))
    return Difference((change,) if change is not None else ())


def difference(center: Center, _device: Device, facts: HostFacts, _vantage: Vantage) -> Difference:
    """See `deploy.area.HostArea`."""
    return diff(desired(center), facts.read(reader))
