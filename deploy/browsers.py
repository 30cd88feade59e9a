"""Managed policies of the browsers on consoles and walls: what may be opened, and nothing else.

Chromium's are those of https://chromeenterprise.google/policies/, Firefox's those of
https://mozilla.github.io/policy-templates/. Each key here stands in both Debian 12's and 13's.
"""

import json
from collections.abc import Iterable
from urllib.parse import urlsplit

CHROMIUM_POLICY = "/etc/chromium/policies/managed/watchfloor.json"

_LOCKED: dict[str, object] = {
    "AutofillAddressEnabled": False,
    "AutofillCreditCardEnabled": False,
    "BackgroundModeEnabled": False,
    "BrowserAddPersonEnabled": False,
    "BrowserGuestModeEnabled": False,
    "BrowserSignin": 0,
    "DefaultGeolocationSetting": 2,
    "DefaultNotificationsSetting": 2,
    "DeveloperToolsAvailability": 2,
    "ExtensionInstallBlocklist": ["*"],
    "IncognitoModeAvailability": 1,
    "MetricsReportingEnabled": False,
    "PasswordManagerEnabled": False,
    "PrintingEnabled": False,
    "PromotionsEnabled": False,
    "SyncDisabled": True,
    "TranslateEnabled": False,
}
"""The same for a console and a wall."""


def kiosk_policy(pages: Iterable[str]) -> str:
    """A wall's: its own pages, no downloads, nothing to ask anybody, since nobody sits there."""
    said: dict[str, object] = {
        **_LOCKED,
        "AudioCaptureAllowed": False,
        "DefaultPopupsSetting": 2,
        "DownloadRestrictions": 3,
        "URLAllowlist": sorted({_origin(page) for page in pages}),
        "URLBlocklist": ["*"],
        "VideoCaptureAllowed": False,
    }
    return _text(said)


def _origin(page: str) -> str:
    """What URLAllowlist calls a server: its scheme, host and port, and all of its paths."""
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}"


def _text(policy: dict[str, object]) -> str:
    return json.dumps(policy, indent=2, sort_keys=True) + "\n"
