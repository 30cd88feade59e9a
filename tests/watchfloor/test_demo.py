"""The demo as its users meet it: it starts, something fails, and the page shows what and why."""

import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.process import Child, child
from tests.requirements import need
from tests.wait import until

INTERVAL_S = 3.0
START_S = 60.0
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]


@dataclass(frozen=True)
class Demo:
    """A running demo and how to speak to it."""

    process: Child
    page: str
    environment: dict[str, str]

    def tell(self, *arguments: str) -> str:
        """What `watchfloor demo ARGUMENTS` prints in a second terminal."""
        return self.type("demo", *arguments)

    def type(self, *arguments: str) -> str:
        """What `watchfloor ARGUMENTS` prints in a second terminal."""
        with child(
            [sys.executable, "-m", "watchfloor", *arguments], env=self.environment
        ) as second:
            assert second.process.wait(20) == 0, second.output
            return second.output


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    environment = {"WATCHFLOOR_RUNTIME": str(folder), "WATCHFLOOR_STATE": str(folder / "state")}
    listen = f"127.0.0.1:{free_port()}"
    words = ["demo", "--listen", listen, "--interval", str(INTERVAL_S)]
    with child([sys.executable, "-m", "watchfloor", *words], env=environment) as process:
        process.wait_for_output("Ctrl-C ends everything.", START_S)
        yield Demo(process, f"http://{listen}/", environment)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=need("chromium"), args=CHROMIUM_FLAGS, env=dict(os.environ)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The overview, open; fails the test if the browser complains about anything."""
    complaints: list[str] = []
    page = browser.new_page()
    # A connection that a test cuts is no fault of the page.
    page.on(
        "console",
        lambda message: None if "net::" in message.text else complaints.append(message.text),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(demo.page)
    expect(page.locator("#feed")).to_have_text("live")
    yield page
    page.close()
    assert complaints == []


def test_a_fault_is_seen_within_two_intervals_with_cause_impact_and_runbook(
    demo: Demo, page: Page
) -> None:
    expect(page.locator(".headline")).to_contain_text("All functions work")
    demo.tell("--fault", "ups-a:on-battery")
    since = monotonic()
    row = page.locator("#alerts tbody tr")
    expect(row).to_contain_text("UPS on battery", timeout=2 * INTERVAL_S * 1000)
    assert monotonic() - since <= 2 * INTERVAL_S
    expect(row).to_contain_text("feed of ups-a from ats-a")
    expect(row).to_contain_text("Video wall")
    expect(page.locator(".headline")).to_contain_text("the next failure is an outage")
    expect(page.locator("#function-video-wall")).to_contain_text("AT RISK")

    row.get_by_role("link", name="UPS on battery").click()
    runbook = page.locator("#runbook")
    expect(runbook).to_contain_text("ups-a")
    expect(runbook).to_contain_text("reads now: battery ✓ as expected")
    expect(runbook).not_to_contain_text("no reading")

    page.get_by_label("Your name").fill("Technician on call")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("main")).to_contain_text("acked by Technician on call")

    demo.tell("--clear", "ups-a")
    page.goto(demo.page)
    # The alert's off-delay has to pass before it clears; the functions are well at once.
    expect(page.locator("#function-video-wall")).to_contain_text("OK", timeout=20_000)


def test_a_silent_switch_stands_for_what_is_behind_it(demo: Demo, page: Page) -> None:
    demo.tell("--fault", "sw-acc-1:down")
    alerts = page.locator("#alerts")
    expect(alerts).to_contain_text("Switch down", timeout=60_000)
    expect(alerts).not_to_contain_text("con-01 does not answer")
    assert "in force: no fault" in demo.tell("--clear", "all")


def test_the_commands_of_the_second_terminal_find_the_demo_by_themselves(demo: Demo) -> None:
    assert "asking the running demo" in demo.type("alerts")
    assert "readings in" in demo.type("poll", "ups-b")
    runbook = demo.type("runbook", "show", "ups-on-battery", "ups-b")
    assert "UPS on battery: ups-b" in runbook
    assert "no live facts" not in runbook
    assert "ats-a, ats-b" in demo.tell("--faults")


@pytest.mark.parametrize("module", ["monitors.engine_process", "monitors.web"])
def test_a_page_whose_monitor_hangs_says_so(demo: Demo, page: Page, module: str) -> None:
    hung = next(pid for pid in descendants(demo.process.pid) if module in command_line(pid))
    os.kill(hung, signal.SIGSTOP)
    try:
        expect(page.locator("#stopped")).to_be_visible(timeout=20_000)
        expect(page.locator("#feed")).to_have_text("not updating")
    finally:
        os.kill(hung, signal.SIGCONT)
    expect(page.locator("#stopped")).to_be_hidden(timeout=20_000)


def test_the_second_terminal_is_told_what_is_wrong_with_its_fault(demo: Demo) -> None:
    words = [sys.executable, "-m", "watchfloor", "demo", "--fault", "ups-a:on-batery"]
    with child(words, env=demo.environment) as second:
        assert second.process.wait(20) == 1
        assert 'did you mean "on-battery"?' in second.output
        assert len(second.output.splitlines()) == 1


def test_ctrl_c_ends_everything_that_it_started(tmp_path: Path) -> None:
    need("ps")
    environment = {"WATCHFLOOR_RUNTIME": str(tmp_path), "WATCHFLOOR_STATE": str(tmp_path / "s")}
    words = ["demo", "--listen", f"127.0.0.1:{free_port()}", "--json"]
    with child([sys.executable, "-m", "watchfloor", *words], env=environment) as process:
        printed = process.wait_for_output("\n}", START_S)
        document = json.loads(re.findall(r"^\{.*?^\}", printed, re.DOTALL | re.MULTILINE)[0])
        assert re.match(r"http://127\.0\.0\.1:\d+/$", document["page"])
        started = descendants(process.pid)
        assert len(started) >= 2
        assert process.interrupt(20) == 0, process.output
        until(lambda: not any(alive(pid) for pid in started), 10, "its children to end")
        assert "Traceback" not in process.output


def descendants(parent: int) -> set[int]:
    """The process ids below a process."""
    found: set[int] = set()
    for task in Path(f"/proc/{parent}/task").iterdir():
        for word in (task / "children").read_text().split():
            found |= {int(word), *descendants(int(word))}
    return found


def command_line(pid: int) -> str:
    """What a process was started as."""
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def alive(pid: int) -> bool:
    """Whether the process runs; a dead one that nobody has reaped does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
