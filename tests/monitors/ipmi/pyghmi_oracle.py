"""Prints what pyghmi reads from a BMC, as JSON: run in a process of its own, because it blocks."""

import json
import sys

from pyghmi.ipmi import command


def main() -> None:
    """Arguments: port, user, password."""
    port, user, password = sys.argv[1:]
    command.select_simplesession()
    bmc = command.Command("127.0.0.1", user, password, port=int(port), privlevel=2)
    found = [
        {
            "name": reading.name,
            "value": reading.value,
            "units": reading.units,
            "health": reading.health,
            "unavailable": reading.unavailable,
        }
        for reading in bmc.get_sensor_data()
    ]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
