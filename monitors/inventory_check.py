"""Reads the inventory for the supervisor: `python -P -m monitors.inventory_check CONFIG`.

In a process that ends at once, so that what reading it takes is given back.
"""

import json
import sys

from inventory.errors import WatchfloorError
from monitors.config import MonitorConfig
from monitors.environment import names_for_snmp
from monitors.orders import EX_CONFIG


def main() -> int:
    """Prints, as JSON, what of the environment the receiver may get; one line on a mistake."""
    try:
        center = MonitorConfig.model_validate_json(sys.argv[1]).load_center()
    except WatchfloorError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the supervisor reads it
        return EX_CONFIG
    print(json.dumps(sorted(names_for_snmp(center))))  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
