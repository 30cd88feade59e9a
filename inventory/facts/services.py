"""Services and packages that rarely have business on a host, those that are there."""

from dataclasses import dataclass

from inventory.facts.area import tagged
from inventory.facts.unit import Unit, units

UNITS = (
    "apache2.service",
    "apport-autoreport.path",
    "apport-autoreport.timer",
    "apport.service",
    "autofs.service",
    "avahi-daemon.service",
    "avahi-daemon.socket",
    "bluetooth.service",
    "ctrl-alt-del.target",
    "cups-browsed.service",
    "cups.path",
    "cups.service",
    "cups.socket",
    "debug-shell.service",
    "dnsmasq.service",
    "dovecot.service",
    "gdm3.service",
    "inetd.service",
    "isc-dhcp-server.service",
    "isc-dhcp-server6.service",
    "kea-dhcp4-server.service",
    "lightdm.service",
    "ModemManager.service",
    "named.service",
    "nfs-server.service",
    "nginx.service",
    "nis.service",
    "nmbd.service",
    "proftpd.service",
    "rpcbind.service",
    "rpcbind.socket",
    "rsync.service",
    "sddm.service",
    "slapd.service",
    "smbd.service",
    "snmpd.service",
    "squid.service",
    "tftpd-hpa.service",
    "vsftpd.service",
    "whoopsie.path",
    "whoopsie.service",
    "xdm.service",
    "xinetd.service",
    "ypserv.service",
)

SCRIPT = f"""\
names="{" ".join(UNITS)}"
# An alias shows the unit that it stands for, so names are counted.
systemctl show --property=Id,LoadState,ActiveState,UnitFileState $names |
  awk -v names="$names" 'BEGIN {{ split(names, name, " "); n = 1 }}
    /^[LAU]/ {{ said = said " " $0 }}
    /^$/ {{ print "unit\t" name[n++] said; said = "" }}
    END {{ if (said) print "unit\t" name[n] said }}'
dpkg-query -W -f '${{db:Status-Status}} ${{Package}}\\n' | sed -n 's/^installed //p' | tag package
sed -n 's/^PARTICIPATE=//p' /etc/popularity-contest.conf 2>/dev/null | tag popcon
exit 0
"""


@dataclass(frozen=True, slots=True)
class ServicesFacts:
    """The units of `UNITS` as systemd has them, and the packages."""

    units: tuple[Unit, ...]
    packages: frozenset[str]
    reports_packages: bool
    """Whether popularity-contest tells Debian what is installed."""


def parse(text: str) -> ServicesFacts:
    """Raises `FactError` when systemd or dpkg said nothing."""
    parts = tagged(text, "unit", "package")
    said = "".join(parts.get("popcon", ())).strip("\"' \t")
    return ServicesFacts(
        units=units(parts["unit"]),
        packages=frozenset(parts["package"]),
        reports_packages=said.lower() == "yes",
    )
