"""`watchfloor audit`: exit codes, words, the page, and the replay from the folder alone."""

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from monitors.baseline.writing import write_evidence
from tests.monitors.baseline.evidence import recorded_run, signing_key, written
from tests.monitors.baseline.recorded import HOST_CONTROLS, case
from tests.requirements import need

CENTER = """\
format: 1
center: {name: tiny, title: "Tiny <b>Center</b>", timezone: Etc/UTC}
networks: {all: {cidr: 10.9.0.0/24}}
devices:
"""
HOST = """\
  h-1: {kind: server, os: debian-12, address: 10.9.0.1, monitoring: {ssh: audit}}
credentials:
  audit: {purpose: audit, protocol: ssh, user: wf-audit, secret: "file:key"}
waivers:
  typo: {control: ssh-bannr, devices: [h-1], reason: r, approver: a, created: 2026-11-01,
    expires: 2026-12-01}
"""
SCREEN = "  d-1: {kind: display, address: 10.9.0.2}\n"


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "COLUMNS": "200", **environment}
    return subprocess.run(
        [sys.executable, "-m", "watchfloor", "audit", *words],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def site(folder: Path, devices: str) -> dict[str, str]:
    """A center's folder, and the environment that leads to it and to its own state."""
    (folder / "center.yaml").write_text(CENTER + devices)
    (folder / "key").write_text("no key at all\n")
    (folder / "key").chmod(0o600)
    return {
        "WATCHFLOOR_STATE": str(folder / "state"),
        "WATCHFLOOR_RUNTIME": str(folder / "run"),
        "WATCHFLOOR_MONITOR_URL": "http://127.0.0.1:9",
    }


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("ssh-keygen")
    return written(tmp_path_factory.mktemp("evidence"))


def test_an_unreachable_host_is_told_and_kept_as_evidence(tmp_path: Path) -> None:
    environment = site(tmp_path, HOST)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "map").mkdir()
    endpoints = tmp_path / "map/endpoints.yaml"
    endpoints.write_text(f'format: 1\nendpoints: {{"h-1/ssh": "127.0.0.1:{port}"}}\n')
    done = run(tmp_path, "run", "--endpoints", str(endpoints), **environment)
    assert done.returncode == 1, done.stderr
    assert "Tiny <b>Center</b>: ERROR" in done.stdout
    # The host's own, and what no monitor tells of its configuration.
    assert f"{len(HOST_CONTROLS) + 1} ERROR" in done.stdout
    assert "the monitor does not answer" in done.stdout
    assert "nothing listens on that port" in done.stdout
    assert "FBI CJIS Security Policy 6.0 (2024-12-27)" in done.stdout
    assert "compliant" not in done.stdout.lower()
    assert "/2] h-1: host: wf-audit@127.0.0.1" in done.stderr
    assert "warning: waiver typo matches nothing" in done.stderr
    key = tmp_path / "state/evidence-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    fingerprint = re.search(r"SHA256:\S+", done.stderr)
    assert fingerprint is not None
    (folder,) = (tmp_path / "state/evidence").iterdir()
    assert f"Evidence: {folder}" in done.stdout
    assert run(tmp_path, "replay", str(folder), "--signer", fingerprint[0]).returncode == 0
    again = run(tmp_path, "run", "--endpoints", str(endpoints), "--json", **environment)
    assert "Made the key" not in again.stderr
    assert json.loads(again.stdout)["report"]["signer"] == fingerprint[0]


def test_nothing_in_scope_is_no_success(tmp_path: Path) -> None:
    done = run(tmp_path, "run", "--out", "here", **site(tmp_path, SCREEN))
    assert done.returncode == 2, done.stderr
    assert "nothing applied, so nothing is proved" in done.stdout
    report = json.loads(run(tmp_path, "report", "here", "--json").stdout)
    assert (report["overall"], report["counts"]) == ("NOT_PROVEN", {})


def test_evidence_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    done = run(tmp_path, "run", "--out", "here", **site(tmp_path, SCREEN))
    assert (done.returncode, done.stdout) == (1, "")
    assert "here: is there already" in done.stderr


@pytest.mark.parametrize("words", [("--out", "/proc/none/here"), ()], ids=["out", "state"])
def test_a_folder_that_takes_no_evidence_is_told_before_a_device_is_asked(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    environment = site(tmp_path, HOST)
    if not words:
        environment["WATCHFLOOR_STATE"] = "/proc/none"
    done = run(tmp_path, "run", *words, **environment)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("watchfloor: /proc/none/")
    assert line.endswith("No such file or directory; name a folder that can be written by --out")


def test_a_key_s_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    words = ("run", "--out", "here", "--key", "/proc/none/key")
    done = run(tmp_path, *words, **site(tmp_path, HOST))
    assert done.returncode == 1
    assert done.stderr == (
        "watchfloor: /proc/none/key: cannot be made: No such file or directory;"
        " name a key of yours by --key\n"
    )


def test_a_folder_without_evidence_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "replay", ".")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "watchfloor: .: holds no evidence; name a folder that `watchfloor audit run` wrote\n"
    )


def test_a_limit_that_fits_nothing_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "run", "--limit", "h-2", **site(tmp_path, HOST))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("watchfloor: --limit h-2: fits no device")


def test_a_replay_needs_nothing_but_the_folder(evidence: Path, tmp_path: Path) -> None:
    shutil.copytree(evidence, tmp_path / "evidence")
    done = run(tmp_path, "replay", "evidence")
    assert done.returncode == 0, done.stderr
    assert f"all {2 * len(HOST_CONTROLS)} verdicts are the same" in done.stdout
    assert "pin it" in done.stderr
    said = json.loads(run(tmp_path, "replay", "evidence", "--json").stdout)
    assert (said["same"], said["pinned"], said["recorded_by"]) == (True, False, "1.2.3")
    assert [path.name for path in tmp_path.iterdir()] == ["evidence"]


def test_changed_evidence_names_its_record(evidence: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(evidence, tmp_path / "copy"))
    chain = (copy / "chain.jsonl").read_text()
    (copy / "chain.jsonl").write_text(chain.replace('"real":"FAIL"', '"real":"PASS"', 1))
    for command in ("replay", "report"):
        done = run(tmp_path, command, "copy")
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(
            r"watchfloor: record \d+ \(audited, [a-z-]+\): was changed after it was written\n",
            done.stderr,
        )


def test_a_wrong_signer_is_refused(evidence: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "replay", str(evidence), "--signer", "SHA256:another")
    assert done.returncode == 1
    assert "not by SHA256:another" in done.stderr


def test_a_report_in_the_terminal(evidence: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "report", str(evidence))
    assert done.returncode == 0
    assert "Lab: ERROR" in done.stdout
    assert re.search(r"ERROR +lost +host +audit@10\.0\.0\.9:22: no answer", done.stdout)
    assert re.search(r"FAIL +high +audited +host +ssh-root-login +permitrootlogin", done.stdout)
    assert re.search(r"WAIVED +medium +audited +host +ssh-banner", done.stdout)
    assert done.stdout.count("lost ") == 1


class Page(HTMLParser):
    """What a page refers to, what runs in it, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def attributes(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_stands_alone(evidence: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "report", str(evidence), "--html", "report.html")
    assert (done.returncode, done.stdout) == (0, "")
    text = (tmp_path / "report.html").read_text()
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "form"} & {t for t, _ in page.tags}
    assert all(each["href"].startswith("#") for each in page.attributes("a"))
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.attributes("meta")[1]["content"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "url(" not in style
    assert "@media print" in style
    for words in ("FBI CJIS Security Policy, version 6.0", "zero cycle", "SHA256:", "1.2.3"):
        assert words in page.words
    ids = {each["id"] for _, each in page.tags if "id" in each}
    assert {each["href"][1:] for each in page.attributes("a")} <= ids


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>\"'&"
    run_ = recorded_run(title=bad, cases=(case("fresh-debian-12"),))
    folder = tmp_path / "evidence"
    write_evidence(run_, folder, signing_key())
    assert run(tmp_path, "report", "evidence", "--html", "page.html").returncode == 0
    page = Page((tmp_path / "page.html").read_text())
    assert bad in page.words
    assert "script" not in {tag for tag, _ in page.tags}


def test_a_page_that_cannot_be_written_is_told(evidence: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "report", str(evidence), "--html", "no/such/folder.html")
    assert done.returncode == 1
    assert "no/such/folder.html: cannot be written: No such file or directory" in done.stderr
