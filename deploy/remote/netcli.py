"""pyinfra's connector `@netcli`: logs in to a network device's command line, through netmiko.

Host keys are verified against a file, passwords are given, and nothing else is tried: no agent, no
keys that lie about, no ssh_config, no log of the session.
"""

from collections.abc import Iterator
from io import IOBase
from socket import socket
from typing import TYPE_CHECKING, Any, TypedDict

from paramiko import Channel, SSHException
from pydantic import SecretStr
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import ConnectError
from pyinfra.connectors.base import BaseConnector, DataMeta
from pyinfra.connectors.util import CommandOutput, OutputLine

from deploy.failure import HostFailure
from deploy.network.reads import REFUSED
from deploy.remote.command_line import CommandLine

if TYPE_CHECKING:
    from netmiko import BaseConnection

COMMAND_S = 60
LOGIN_S = 20


class NetCliData(TypedDict):
    """What a host's data tells it."""

    netcli_address: str
    netcli_port: int
    netcli_device_type: str
    netcli_user: str
    netcli_password: SecretStr
    netcli_known_hosts: str
    netcli_connect_s: float


_META = {
    "netcli_address": DataMeta("Its address"),
    "netcli_port": DataMeta("The port of its SSH server", 22),
    "netcli_device_type": DataMeta("netmiko's name of its platform"),
    "netcli_user": DataMeta("Who logs in"),
    "netcli_password": DataMeta("With what"),
    "netcli_known_hosts": DataMeta("The file of host keys"),
    "netcli_connect_s": DataMeta("Patience in seconds", 10.0),
}


class NetCliConnector(BaseConnector):
    """One login. `line` is the conversation with it while it is open."""

    handles_execution = True
    data_cls = NetCliData
    data_meta = _META
    data: NetCliData
    line: CommandLine | None = None
    client = ""
    """Our own address, as the device sees it where nothing translates."""
    _open: "BaseConnection | None" = None

    @staticmethod
    def make_names_data(name: str) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        """`@netcli/sw-1` is called `sw-1` everywhere."""
        yield name, {}, []

    def connect(self) -> None:
        """Raises `ConnectError`, whose cause is netmiko's, paramiko's or the socket's own."""
        # netmiko knows hundreds of devices and takes its time to load: not for Linux hosts alone.
        from netmiko import ConnectHandler  # noqa: PLC0415
        from netmiko.exceptions import NetmikoBaseException  # noqa: PLC0415

        data = self.data
        try:
            self._open = ConnectHandler(
                device_type=data["netcli_device_type"],
                host=data["netcli_address"],
                port=data["netcli_port"],
                username=data["netcli_user"],
                password=data["netcli_password"].get_secret_value(),
                use_keys=False,
                allow_agent=False,
                ssh_strict=True,
                system_host_keys=False,
                alt_host_keys=True,
                alt_key_file=data["netcli_known_hosts"],
                conn_timeout=data["netcli_connect_s"],
                auth_timeout=LOGIN_S,
                banner_timeout=LOGIN_S,
            )
        except (NetmikoBaseException, SSHException, OSError, EOFError, ValueError) as error:
            raise ConnectError("no login") from error
        channel = self._open.remote_conn
        assert isinstance(channel, Channel)
        # netmiko's own reading has no bound on the size of an answer.
        self.line = CommandLine(channel, self._open.base_prompt[:16])
        self.client = _own_address(channel)

    def disconnect(self) -> None:
        """Safe to call twice."""
        if self.line is not None and self._open is not None:
            self.line.close()
            # Its own farewell would talk to a device that may no longer answer.
            self._open.paramiko_cleanup()
        self.line = self._open = None

    def run_shell_command(
        self,
        command: StringCommand,
        print_output: bool = False,  # noqa: ARG002 - pyinfra's signature
        print_input: bool = False,  # noqa: ARG002
        **arguments: Any,
    ) -> tuple[bool, CommandOutput]:
        """One command of the device's. It succeeds when the answer is no refusal."""
        if self.line is None:
            return False, CommandOutput([OutputLine("stderr", "not logged in")])
        try:
            answer = self.line.ask(command.get_raw_value(), arguments.get("_timeout") or COMMAND_S)
        except HostFailure as failure:
            return False, CommandOutput([OutputLine("stderr", str(failure))])
        lines = answer.splitlines()
        is_taken = not any(REFUSED.match(line) for line in lines)
        stream = "stdout" if is_taken else "stderr"
        return is_taken, CommandOutput([OutputLine(stream, line) for line in lines])

    def put_file(
        self,
        filename_or_io: str | IOBase,
        remote_filename: str,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        """A command line takes no files."""
        raise NotImplementedError("a network device's command line takes no files")

    def get_file(
        self,
        remote_filename: str,
        filename_or_io: str | IOBase,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        """A command line gives no files."""
        raise NotImplementedError("a network device's command line gives no files")


def _own_address(channel: Channel) -> str:
    sock = channel.get_transport().sock
    return str(sock.getsockname()[0]) if isinstance(sock, socket) else ""
