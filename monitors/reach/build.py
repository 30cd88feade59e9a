"""Makes a device's askers from what the inventory wants checked."""

from collections.abc import Callable
from pathlib import Path

from inventory.endpoints import Endpoint, join_endpoint
from inventory.model import Device
from inventory.reach import (
    Certified,
    Check,
    HttpCheck,
    Locator,
    NtpCheck,
    PingCheck,
    RtspCheck,
    TcpCheck,
    TlsCheck,
    locate,
)
from monitors.net.trust import Trust
from monitors.reach import ntp
from monitors.reach.asker import Asker, Place
from monitors.reach.clock import ClockAsker
from monitors.reach.part import part_of
from monitors.reach.ping import PingAsker
from monitors.reach.rtsp import Login, RtspAsker
from monitors.reach.tcp import TcpAsker
from monitors.reach.tls import TlsAsker
from monitors.reach.web import WebAsker

Resolve = Callable[[str, str, int], Endpoint]
"""From an endpoint's name (`rtsp-554`), address and port to where it is really asked."""
FindLogin = Callable[[str], Login]
"""From a credential's name to what it holds."""


class AskerMaker:
    """Makes the askers of one device."""

    def __init__(
        self, device: Device, folder: Path, resolve: Resolve, find_login: FindLogin
    ) -> None:
        """`folder` is the center's: relative paths of authorities start there."""
        self._device = device
        self._folder = folder
        self._resolve = resolve
        self._find_login = find_login

    def make(self, check: Check) -> Asker:
        """Raises what `find_login` raises."""
        part, own = part_of(check), str(self._device.address)
        match check:
            case PingCheck():
                host = own if check.icmp is True else str(check.icmp)
                place = self._place("icmp", host, 0)
                return PingAsker(part, place, check, over_udp=bool(place.port))
            case NtpCheck():
                return ClockAsker(part, self._place("ntp", own, ntp.PORT), check)
            case TcpCheck():
                return TcpAsker(part, self._place(f"tcp-{check.tcp}", own, check.tcp), check)
            case TlsCheck():
                place = self._place(f"tls-{check.tls}", own, check.tls)
                return TlsAsker(part, place, check, self._trust(check, own))
            case HttpCheck():
                return self._web(check)
            case RtspCheck():
                return self._stream(check)

    def _web(self, check: HttpCheck) -> WebAsker:
        locator = locate(check.http, "http")
        host = locator.host or str(self._device.address)
        place = self._place(f"http-{locator.port}", host, locator.port)
        trust = self._trust(check, host) if locator.scheme == "https" else None
        return WebAsker(part_of(check), place, check, locator, trust)

    def _stream(self, check: RtspCheck) -> RtspAsker:
        locator = locate(check.rtsp, "rtsp")
        host = locator.host or str(self._device.address)
        place = self._place(f"rtsp-{locator.port}", host, locator.port)
        login = self._find_login(check.credential) if check.credential else None
        return RtspAsker(part_of(check), place, check, _url(locator, host), login)

    def _place(self, endpoint: str, host: str, port: int) -> Place:
        real_host, real_port = self._resolve(endpoint, host, port)
        return Place(real_host, real_port, join_endpoint(host, port) if port else host)

    def _trust(self, check: Certified, host: str) -> Trust:
        trust = Trust.of(check, self._folder, required=False)
        # Mapped to elsewhere or not, the certificate is for the host that the inventory names.
        return Trust(trust.ca, trust.sha256, trust.name or host, required=False)


def _url(locator: Locator, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    port = "" if locator.port == 554 else f":{locator.port}"
    return f"rtsp://{shown}{port}{locator.target}"
