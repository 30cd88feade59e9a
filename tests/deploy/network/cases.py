"""The golden cases: a center's file in which the device under test is called `dut`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.network.intended import gear_intent
from deploy.network.intent import GearIntent
from inventory.loader import load
from inventory.model import Center

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*/*.yaml"))


def name_of(case: Path) -> str:
    """`iosxe/access-switch`."""
    return f"{case.parent.name}/{case.stem}"


def center_of(case: Path) -> Center:
    """The center that a case describes."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "center.yaml").write_text(case.read_text())
        return load(Path(folder))


def intent_of(case: Path) -> GearIntent:
    """What the case's `dut` should be."""
    center = center_of(case)
    return gear_intent(center, center.devices["dut"])
