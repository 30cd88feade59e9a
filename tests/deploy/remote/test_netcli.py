"""pyinfra finds our connector, and it does no more than a command line can."""

from importlib.metadata import entry_points

import pytest
from pyinfra.api.command import StringCommand
from pyinfra.api.config import Config
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.state import State

from deploy.remote.netcli import NetCliConnector


@pytest.fixture
def connector() -> NetCliConnector:
    known = [("@netcli/sw-1", {"netcli_address": "192.0.2.1"})]
    inventory = Inventory((known, {}))  # type: ignore[no-untyped-call] # pyinfra's own signature
    config = Config()  # type: ignore[no-untyped-call] # pyinfra's own signature
    host: Host = inventory.get_host("sw-1")
    return NetCliConnector(State(inventory, config, check_for_changes=False), host)


def test_pyinfra_finds_it_by_its_name() -> None:
    (found,) = entry_points(group="pyinfra.connectors", name="netcli")
    assert found.load() is NetCliConnector


def test_a_device_is_called_by_its_own_name(connector: NetCliConnector) -> None:
    assert connector.host.name == "sw-1"
    assert connector.data["netcli_port"] == 22


def test_without_a_login_nothing_is_said(connector: NetCliConnector) -> None:
    is_taken, output = connector.run_shell_command(StringCommand("show version"))
    assert (is_taken, output.stderr_lines) == (False, ["not logged in"])
    connector.disconnect()


def test_a_command_line_takes_and_gives_no_files(connector: NetCliConnector) -> None:
    with pytest.raises(NotImplementedError):
        connector.put_file("a", "b")
    with pytest.raises(NotImplementedError):
        connector.get_file("a", "b")
