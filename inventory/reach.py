"""How reachability and services of a device are checked: the entries of `monitoring.reach`."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)
from pydantic.networks import IPvAnyAddress

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(ge=0, le=86400)]
_DEFAULT_PORTS = {"http": 80, "https": 443, "rtsp": 554}
_PRINTABLE = re.compile(r"[!-~]{1,1000}")


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a URL or a path leads."""

    scheme: str
    host: str
    """Empty: the device's own address."""
    port: int
    target: str
    """Path and query, beginning with a slash."""


def locate(text: str, scheme: str) -> Locator:
    """Reads a checked URL, or a path at the device's own address, which has the given scheme."""
    if text.startswith("/"):
        return Locator(scheme, "", _DEFAULT_PORTS[scheme], text)
    url = urlsplit(text)
    port = url.port or _DEFAULT_PORTS[url.scheme]
    query = f"?{url.query}" if url.query else ""
    return Locator(url.scheme, url.hostname or "", port, (url.path or "/") + query)


def url_of(*schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        example = f"{schemes[-1]}://10.20.9.5/path"
        if not _PRINTABLE.fullmatch(text):
            raise ValueError(f"write a URL such as {example}, or a path such as /path")
        if text.startswith("/"):
            return text
        url = _split(text)
        if url is None or url.scheme not in schemes or not url.hostname:
            raise ValueError(f"write a URL such as {example}, or a path such as /path")
        if url.username is not None or url.password is not None:
            raise ValueError("a URL holds no user and password here: name a `credential`")
        return text

    return AfterValidator(check)


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        return url if url.port != 0 else None  # the port is only looked at when it is asked for
    except ValueError:
        return None


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if plain and not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise ValueError("a SHA-256 fingerprint has 64 hexadecimal digits")
    return plain


class Part(BaseModel):
    """Frozen and strict about unknown keys, as every part of the inventory."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Limits(Part):
    """From which value on a reading is a warning, and from which it is critical."""

    warning: float | None = None
    critical: float | None = None


class Certified(Part):
    """What vouches for a certificate. Without `ca` and `sha256` nothing does."""

    ca: str = ""
    """A PEM file of certificate authorities, relative to the center's folder, or `system`."""
    sha256: Annotated[str, AfterValidator(_fingerprint)] = ""
    """The SHA-256 fingerprint of the certificate itself; it alone counts where it is given."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*.:-]{0,253}$")] = ""
    """The name that the certificate must have; the address when empty."""


class _Check(Part):
    word: ClassVar[str]
    title: Annotated[str, Field(max_length=60)] = ""
    """What people call it."""
    vital: bool | None = None
    """Whether the device does not do its work while this fails. When null, it is so for a
    camera's streams, a clock's NTP and a link's echoes, and for nothing else."""
    timeout_s: Annotated[float, Field(ge=0.1, le=30)] = 3.0


def _echo_target(value: object) -> object:
    if value is True or isinstance(value, str):
        return value
    raise ValueError("write icmp: true, or the address to be asked")


def _only_true(value: object) -> object:
    if value is True:
        return value
    raise ValueError("write ntp: true, or leave the entry out")


class PingCheck(_Check):
    """Echo requests (ICMP): loss, round trip and jitter."""

    word: ClassVar[str] = "icmp"
    icmp: Annotated[Literal[True] | IPvAnyAddress, BeforeValidator(_echo_target)]
    """`true`, or another address than the device's own, such as the far end of a circuit."""
    requests: Annotated[int, Field(ge=1, le=50)] = 3
    """Sent in each poll."""
    window: Annotated[int, Field(ge=1, le=1000)] = 30
    """How many of the latest requests loss and jitter are counted over."""
    loss: Limits = Limits(warning=0.1, critical=0.5)
    """As ratios."""
    rtt_s: Limits = Limits()
    jitter_s: Limits = Limits()


class TcpCheck(_Check):
    """Whether a TCP port accepts connections."""

    word: ClassVar[str] = "tcp"
    tcp: Port


class TlsCheck(_Check, Certified):
    """A TLS service: protocol version, and its certificate's chain, name and days left."""

    word: ClassVar[str] = "tls"
    tls: Port
    days: Limits = Limits(warning=30, critical=7)
    """Days that the certificate still holds."""
    oldest: Literal["1.2", "1.3"] = "1.2"
    """The oldest protocol version that is good enough."""


class HttpCheck(_Check, Certified):
    """A web service: the status of an answer."""

    word: ClassVar[str] = "http"
    http: Annotated[str, url_of("http", "https")]
    """A URL, or a path at the device's own address (over http)."""
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    """The status that is right; null: any from 200 to 399."""


class RtspCheck(_Check):
    """A video stream that can be asked for."""

    word: ClassVar[str] = "rtsp"
    rtsp: Annotated[str, url_of("rtsp")]
    """A URL, or a path at the device's own address."""
    method: Literal["describe", "options"] = "describe"
    """`options` asks whether the server speaks RTSP, `describe` for the stream itself."""
    credential: str | None = None


class NtpCheck(_Check):
    """A clock: its offset from the monitor's own, its stratum and its root dispersion."""

    word: ClassVar[str] = "ntp"
    ntp: Annotated[Literal[True], BeforeValidator(_only_true)]
    offset_s: Limits = Limits(warning=0.1, critical=1.0)
    stratum: Limits = Limits(warning=5, critical=16)
    dispersion_s: Limits = Limits(warning=0.5, critical=1.5)


_CHECKS: tuple[type[_Check], ...] = (
    PingCheck,
    TcpCheck,
    TlsCheck,
    HttpCheck,
    RtspCheck,
    NtpCheck,
)
TAGS: dict[str, type[BaseModel]] = {f"{each.word} check": each for each in _CHECKS}
"""pydantic names the kind of an entry by these in the places of mistakes."""


def _tag(value: Any) -> str | None:
    if isinstance(value, _Check):
        return f"{value.word} check"
    words = [each.word for each in _CHECKS if isinstance(value, dict) and each.word in value]
    return f"{words[0]} check" if len(words) == 1 else None


Check = Annotated[
    Annotated[PingCheck, Tag("icmp check")]
    | Annotated[TcpCheck, Tag("tcp check")]
    | Annotated[TlsCheck, Tag("tls check")]
    | Annotated[HttpCheck, Tag("http check")]
    | Annotated[RtspCheck, Tag("rtsp check")]
    | Annotated[NtpCheck, Tag("ntp check")],
    Discriminator(
        _tag,
        custom_error_type="no_check",
        custom_error_message="write one of icmp, tcp, tls, http, rtsp and ntp,"
        " such as {tcp: 22}, and its settings beside it",
    ),
]
"""One entry of `monitoring.reach`: the word that says what is checked, and its settings."""
