"""`watchfloor monitor`: watches a center, as a service in the foreground."""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import click

import watchfloor
from deploy.monitor_unit import UNIT, USER, MonitorUnit
from inventory.endpoints import join_endpoint, split_endpoint
from inventory.settings import Settings
from monitors.config import MonitorConfig
from watchfloor.cli.center import Site, center_option
from watchfloor.cli.listening import listen_address, receiving_address
from watchfloor.cli.output import print_json

REMOTE_REMEDY = "put a proxy with a login in front of 127.0.0.1, or add --allow-remote"


@click.command()
@center_option
@click.option("--listen", metavar="HOST:PORT", help="Where pages, API and /metrics are served.")
@click.option(
    "--allow-remote", is_flag=True, help="Let --listen be an address that others can reach."
)
@click.option(
    "--name", "names", multiple=True, help="A host name under which the pages are opened."
)
@click.option("--traps", metavar="ADDRESS:PORT", help="Receive SNMP traps and informs here.")
@click.option("--syslog", metavar="ADDRESS:PORT", help="Receive syslog here, over UDP and TCP.")
@click.option("--notices", metavar="ADDRESS:PORT", help="Receive PJLink status notices here.")
@click.option(
    "--endpoints",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The endpoint map, when devices do not answer at their own addresses.",
)
@click.option(
    "--state-dir", type=click.Path(file_okay=False, path_type=Path), help="Where alerts are kept."
)
@click.option(
    "--runtime-dir", type=click.Path(file_okay=False, path_type=Path), help="Where the socket is."
)
@click.option(
    "--interval", type=click.FloatRange(0.2, 3600), help="Seconds between polls of every device."
)
@click.option(
    "--on-delay",
    type=click.FloatRange(0, 3600),
    help="The longest time in seconds for which a state must be bad before it is an alert.",
)
@click.option("--observer", help="The device that this monitor is, or stands beside.")
@click.option(
    "--units",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Only write a systemd service there that runs it with the other options given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as JSON.")
def monitor(
    *,
    site: Site,
    listen: str | None,
    allow_remote: bool,
    names: tuple[str, ...],
    traps: str | None,
    syslog: str | None,
    notices: str | None,
    endpoints: Path | None,
    state_dir: Path | None,
    runtime_dir: Path | None,
    interval: float | None,
    on_delay: float | None,
    observer: str | None,
    units: Path | None,
    as_json: bool,
) -> None:
    """Poll every device, show the NOC page, raise alerts. Ends with Ctrl-C or SIGTERM.

    SIGHUP reads the inventory again.
    """
    settings = Settings.from_environment()
    if observer is not None and observer not in site.center.devices:
        raise click.BadParameter(f"{observer} is not in this center", param_hint="--observer")
    if units is not None:
        _write_unit(site, units, _options(click.get_current_context()), as_json=as_json)
        return
    host, port = listen_address(
        listen, settings, remote_remedy="" if allow_remote else REMOTE_REMEDY
    )
    config = MonitorConfig(
        version=watchfloor.__version__,
        center=site.folder.resolve(),
        state=(state_dir or settings.state).resolve(),
        runtime=(runtime_dir or (state_dir / "run" if state_dir else settings.runtime)).resolve(),
        endpoints=endpoints.resolve() if endpoints else settings.endpoints_file,
        host=host,
        port=port,
        names=names,
        traps=receiving_address(traps, settings.traps, "--traps"),
        syslog=receiving_address(syslog, settings.syslog, "--syslog"),
        notices=receiving_address(notices, settings.notices, "--notices"),
        interval_s=interval,
        on_delay_s=on_delay,
        observer=observer,
    )
    _announce(config, as_json=as_json)
    sys.stdout.flush()
    # What the command line has loaded would stay for as long as the monitor runs.
    supervisor = [sys.executable, "-P", "-m", "monitors.supervisor", config.model_dump_json()]
    os.execv(sys.executable, supervisor)  # noqa: S606 - our own program, and no shell


_NOT_OF_A_SERVICE = frozenset({"site", "units", "as_json", "state_dir", "runtime_dir"})
"""The unit names the folders by itself."""


def _options(ctx: click.Context) -> list[str]:
    """The options as they were given, for the service."""
    words: list[str] = []
    for parameter in ctx.command.params:
        value = ctx.params.get(parameter.name or "")
        if parameter.name in _NOT_OF_A_SERVICE or value in (None, False, ()):
            continue
        for one in value if isinstance(value, tuple) else (value,):
            text = str(one.resolve() if isinstance(one, Path) else one)
            words += [parameter.opts[0]] if one is True else [parameter.opts[0], text]
    return words


def _port(option: str, endpoint: str) -> int:
    try:
        return split_endpoint(endpoint)[1]
    except ValueError as error:
        raise click.BadParameter(f"{error}; write 127.0.0.1:8720", param_hint=option) from error


def _write_unit(site: Site, folder: Path, options: list[str], *, as_json: bool) -> None:
    ports = [
        _port(option, value)
        for option, value in pairwise(options)
        if option in ("--listen", "--traps", "--syslog", "--notices")
    ]
    made = MonitorUnit(Path(sys.executable), site.folder.resolve(), options, ports)
    path = made.write(folder)
    if as_json:
        print_json({"format": 1, "written": [str(path)]})
        return
    click.echo(f"{path} is written; its account is {USER}. As root:")
    click.echo(f"install -m 644 {path} /etc/systemd/system/")
    click.echo(f"systemctl daemon-reload && systemctl enable --now {UNIT}")


def _announce(config: MonitorConfig, *, as_json: bool) -> None:
    url = f"http://{join_endpoint(config.host, config.port)}"
    ports = {"traps": config.traps, "syslog": config.syslog, "notices": config.notices}
    received = {name: join_endpoint(*where) for name, where in ports.items() if where is not None}
    if as_json:
        click.echo(json.dumps({"page": f"{url}/", "metrics": f"{url}/metrics", **received}))
        return
    click.echo(f"NOC page   {url}/\nmetrics    {url}/metrics\nhealth     {url}/healthz")
    for name, where in received.items():
        click.echo(f"{name:<10} received at {where}")
    click.echo(f"state      {config.state}\nEnds with Ctrl-C.")
