"""A tile's page: a browser without anything around it, and whether its page is alive.

The page is asked over the browser's debugging pipe, which no other process can reach: only one that
answers keeps its heartbeat. A page that could not be loaded is loaded again.
"""

import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LONGEST_MESSAGE = 1_048_576
RELOAD_S = 5.0
_OPTIONS = (
    "--ozone-platform=wayland",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--disable-session-crashed-bubble",
    "--disable-infobars",
    "--disable-pinch",
    "--disable-component-update",
    "--disable-background-networking",
    "--password-store=basic",
    "--autoplay-policy=no-user-gesture-required",
    "--hide-scrollbars",
)


class Browser:
    """One browser with one page."""

    def __init__(self, profile: Path, url: str) -> None:
        self._url = url
        self._number = 0
        self._session = ""
        self._rest = b""
        self._tried_at = time.monotonic()
        asked, self._ask = os.pipe()
        self._answers, answered = os.pipe()
        os.set_blocking(self._answers, False)
        os.set_blocking(self._ask, False)
        self.process = subprocess.Popen(
            ["chromium", *_OPTIONS, f"--user-data-dir={profile}", f"--app={url}"],
            preexec_fn=lambda: _as_3_and_4(asked, answered),  # noqa: PLW1509 - it has no threads
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(asked)
        os.close(answered)

    def is_alive(self) -> bool:
        """Looks at what the page has said since the last look, and asks it again."""
        alive = False
        for said in self._messages():
            alive = self._take(said) or alive
        if self._session:
            self._send("Runtime.evaluate", {"expression": "location.href"}, self._session)
        else:
            self._send("Target.getTargets", {})
        return alive

    def _take(self, said: Mapping[str, Any]) -> bool:
        """Whether this is the answer of a page that shows what it should."""
        result = said.get("result")
        if said.get("method") in ("Target.detachedFromTarget", "Inspector.targetCrashed"):
            self._session = ""
        if not isinstance(result, dict):
            self._session = "" if "error" in said else self._session
            return False
        for target in result.get("targetInfos", ()):
            if target.get("type") == "page" and not self._session:
                wish = {"targetId": target["targetId"], "flatten": True}
                self._send("Target.attachToTarget", wish)
        if "sessionId" in result:
            self._session = str(result["sessionId"])
        inner = result.get("result")
        place = str(inner.get("value", "")) if isinstance(inner, dict) else ""
        if place.startswith("chrome-error:"):
            self._try_again()
        return place.startswith(("http:", "https:"))

    def _try_again(self) -> None:
        if time.monotonic() - self._tried_at > RELOAD_S:
            self._tried_at = time.monotonic()
            self._send("Page.navigate", {"url": self._url}, self._session)

    def _send(self, method: str, params: Mapping[str, Any], session: str = "") -> None:
        self._number += 1
        said: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            said["sessionId"] = session
        try:
            os.write(self._ask, json.dumps(said).encode() + b"\0")
        except OSError:
            return  # it hangs or is gone: its silence tells

    def _messages(self) -> Iterator[Mapping[str, Any]]:
        while select.select([self._answers], [], [], 0)[0]:
            try:
                more = os.read(self._answers, 65_536)
            except OSError:
                return
            if not more or len(self._rest) > LONGEST_MESSAGE:
                return
            *whole, self._rest = (self._rest + more).split(b"\0")
            for text in whole:
                said = json.loads(text)
                if isinstance(said, dict):
                    yield said


def _as_3_and_4(asked: int, answered: int) -> None:
    """In the child: where `--remote-debugging-pipe` reads and writes."""
    spare = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (asked, answered)]
    os.dup2(spare[0], 3)
    os.dup2(spare[1], 4)
