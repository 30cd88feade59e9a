"""Managed policies of the browsers on consoles and walls: what may be opened, and nothing else.

Chromium's are those of https://chromeenterprise.google/policies/, Firefox's those of
https://mozilla.github.io/policy-templates/. Each key here stands in both Debian 12's and 13's.
"""

import json
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from inventory.desks import Desk

CHROMIUM_POLICY = "/etc/chromium/policies/managed/watchfloor.json"
FIREFOX_POLICY = "/etc/firefox/policies/policies.json"

_LOCKED: dict[str, object] = {
    "AutofillAddressEnabled": False,
    "AutofillCreditCardEnabled": False,
    "BackgroundModeEnabled": False,
    "BrowserAddPersonEnabled": False,
    "BrowserGuestModeEnabled": False,
    "BrowserSignin": 0,
    "DefaultGeolocationSetting": 2,
    "DefaultNotificationsSetting": 2,
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

_FIREFOX_LOCKED: dict[str, object] = {
    "BlockAboutAddons": True,
    "BlockAboutConfig": True,
    "BlockAboutProfiles": True,
    "BlockAboutSupport": True,
    "DisableAppUpdate": True,
    "DisableDeveloperTools": True,
    "DisableFirefoxAccounts": True,
    "DisableFirefoxStudies": True,
    "DisableFormHistory": True,
    "DisablePrivateBrowsing": True,
    "DisableProfileImport": True,
    "DisableTelemetry": True,
    "DontCheckDefaultBrowser": True,
    "ExtensionSettings": {"*": {"installation_mode": "blocked"}},
    "InstallAddonsPermission": {"Default": False},
    "OfferToSaveLogins": False,
    "OverrideFirstRunPage": "",
    "OverridePostUpdatePage": "",
    "PasswordManagerEnabled": False,
    "PrintingEnabled": False,
    "PromptForDownloadLocation": False,
}


def kiosk_policy(pages: Iterable[str]) -> str:
    """A wall's: its own pages, no downloads, nothing to ask anybody, since nobody sits there.

    The developer tools' policy is not set: it would close the pipe over which a page is asked
    whether it is alive, and nobody has a keyboard to open them with.
    """
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


def console_chromium(desk: Desk) -> str:
    """A console's: it opens its start pages, and reaches its sites alone where it has some."""
    said: dict[str, object] = {
        **_LOCKED,
        "BookmarkBarEnabled": False,
        "DeveloperToolsAvailability": 2,
        "DownloadRestrictions": 3 if desk.downloads == "blocked" else 1,
        "RestoreOnStartup": 4 if desk.start_pages else 5,
        "RestoreOnStartupURLs": list(desk.start_pages),
        "ShowHomeButton": bool(desk.start_pages),
    }
    if desk.start_pages:
        said |= {"HomepageIsNewTabPage": False, "HomepageLocation": desk.start_pages[0]}
    if reached := _reached(desk):
        said |= {"URLAllowlist": list(reached), "URLBlocklist": ["*"]}
    else:
        said |= {"URLBlocklist": ["chrome://*", "file://*", "javascript://*"]}
    return _text(said)


def console_firefox(desk: Desk) -> str:
    """The same for Firefox. It has no policy against downloads: they go where nobody may write."""
    said: dict[str, object] = {
        **_FIREFOX_LOCKED,
        "DownloadDirectory": "/nonexistent" if desk.downloads == "blocked" else "${home}/Downloads",
    }
    if desk.start_pages:
        said["Homepage"] = {
            "Additional": list(desk.start_pages[1:]),
            "Locked": True,
            "StartPage": "homepage-locked",
            "URL": desk.start_pages[0],
        }
    if reached := _reached(desk):
        exceptions = sorted({_pattern(site) for site in reached})
        said["WebsiteFilter"] = {"Block": ["<all_urls>"], "Exceptions": exceptions}
    return _text({"policies": said})


def _pattern(site: str) -> str:
    """Firefox's match pattern, which knows no ports."""
    rest = site.partition("://")[2] or site
    server, _, path = rest.partition("/")
    return f"*://{re.sub(r':[0-9]+$', '', server)}/{path}*"


def _reached(desk: Desk) -> tuple[str, ...]:
    """The only servers; empty for all."""
    return tuple(sorted({*desk.sites, *map(_origin, desk.start_pages)})) if desk.sites else ()


def _origin(page: str) -> str:
    """What URLAllowlist calls a server: its scheme, host and port, and all of its paths."""
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}"


def _text(policy: dict[str, object]) -> str:
    return json.dumps(policy, indent=2, sort_keys=True) + "\n"
