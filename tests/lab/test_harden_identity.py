"""Who gets in by a password, and how far: locked, refused and asked on a real host, then broken."""

import json
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator

import pytest

from deploy.account_change import AgingChange, IdleChange, LockChange, ShellChange
from deploy.change import Change
from deploy.operations.journal import AreaJournal
from deploy.operations.scripts import script
from tests.lab import Lab, LabHost
from tests.lab.site import LabSite

pytestmark = pytest.mark.lab

AREAS = ("accounts", "lockout", "pam", "passwords", "sudo", "su", "shell", "logins")
ONLY = tuple(word for area in AREAS for word in ("--area", area))
FIRST, SECOND = "Gravel-92tundra.Zoo", "Marble+37kettle.Fox"
ACCOUNTS = {
    "tech": {"sudo": "password"},
    "glass": {"sudo": "password", "break_glass": True},
}
WEAK = ("password", "Short1!", "Passwords1234567!", "aaaaBBBB11-x-Ty", "nouppercase-92-z")


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def site(
    request: pytest.FixtureRequest, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabSite]:
    """One fresh host of each Debian with a technician and an account behind glass."""
    host = lab.boot(f"who-{request.param}", suite=request.param)
    site = LabSite.create(
        tmp_path_factory.mktemp(request.param),
        [host],
        accounts=ACCOUNTS,
    )
    done = site.watchfloor("apply", "--yes", *ONLY)
    assert done.exit_code == 0, done.stderr + done.stdout
    host.run(["apt-get", "-qq", "-y", "install", "pamtester"], timeout_s=120)
    for user in ("tech", "glass"):
        new_password(host, user, FIRST)
    yield site
    lab.remove(host)


@pytest.fixture
def host(site: LabSite) -> LabHost:
    return site.hosts[0]


def new_password(host: LabHost, user: str, password: str) -> None:
    host.run(["chpasswd"], stdin=f"{user}:{password}\n")


def opens(host: LabHost, user: str, password: str, service: str = "login") -> bool:
    """Whether a password opens a login, asked of PAM by a program that has no part in this."""
    done = host.attempt(["pamtester", service, user, "authenticate"], stdin=f"{password}\n")
    return done.exit_code == 0


def fail_five_times(host: LabHost, user: str) -> None:
    """Side by side, because PAM lets each of them wait."""
    wrong = f"pamtester login {user} authenticate <<<no"
    host.run(["bash", "-c", f"for n in 1 2 3 4 5; do {wrong} & done; wait"])


def drifted(site: LabSite) -> dict[str, list[str]]:
    """What `drift` finds in these areas, by area."""
    done = site.watchfloor("drift", *ONLY, "--json")
    devices = json.loads(done.stdout)["devices"]
    return {area: lines for device in devices for area, lines in device["areas"].items()}


def test_a_right_password_opens_a_login_and_a_wrong_one_does_not(host: LabHost) -> None:
    assert opens(host, "tech", FIRST)
    assert not opens(host, "tech", SECOND)


def test_five_wrong_passwords_lock_until_an_administrator_releases(host: LabHost) -> None:
    fail_five_times(host, "tech")
    assert not opens(host, "tech", FIRST)
    assert not opens(host, "tech", FIRST, "sudo")
    # Neither a job nor root's own `su` is the password that was forgotten.
    host.run(["su", "-", "tech", "-c", "true"])
    assert not opens(host, "tech", FIRST)
    assert host.witness().file("/var/lib/faillock/tech").size > 0
    host.run(["faillock", "--user", "tech", "--reset"])
    assert opens(host, "tech", FIRST)


def test_a_restart_releases_nobody_and_nothing_locks_what_is_behind_glass(
    host: LabHost,
) -> None:
    fail_five_times(host, "tech")
    fail_five_times(host, "glass")
    host.restart()
    assert not opens(host, "tech", FIRST)
    assert opens(host, "glass", FIRST)
    assert host.run(["readlink", "/run/faillock"]) == "/var/lib/faillock\n"
    host.run(["faillock", "--user", "tech", "--reset"])


@pytest.mark.parametrize("weak", WEAK)
def test_a_weak_password_is_refused_even_from_root(host: LabHost, weak: str) -> None:
    for user in ("tech", "root"):
        done = host.attempt(["chpasswd"], stdin=f"{user}:{weak}\n")
        assert "password not changed" in done.stderr
    assert opens(host, "tech", FIRST)


def test_an_old_password_is_refused_and_a_good_one_is_kept_well(host: LabHost) -> None:
    new_password(host, "tech", SECOND)
    assert opens(host, "tech", SECOND)
    old = host.attempt(["chpasswd"], stdin=f"tech:{FIRST}\n")
    assert "password not changed" in old.stderr
    assert host.run(["getent", "shadow", "tech"]).split(":")[1].startswith("$y$")


def test_sudo_asks_for_a_password_and_logs(host: LabHost) -> None:
    as_tech = ["setpriv", "--reuid=tech", "--regid=tech", "--init-groups", "--"]
    refused = host.attempt([*as_tech, "sudo", "-n", "id"])
    assert "a password is required" in refused.stderr
    done = host.run([*as_tech, "sudo", "-S", "-k", "id", "-u"], stdin=f"{SECOND}\n")
    assert done == "0\n"
    log = host.run(["cat", "/var/log/sudo.log"])
    assert "tech" in log
    assert "COMMAND=/usr/bin/id -u" in log


def test_su_is_for_root_alone(host: LabHost) -> None:
    as_analyst = ["setpriv", "--reuid=analyst", "--regid=analyst", "--init-groups", "--"]
    done = host.attempt([*as_analyst, "su", "tech", "-c", "true"], stdin=f"{SECOND}\n")
    assert done.exit_code != 0
    assert "Permission denied" in done.stderr
    assert host.witness().group("sugroup").members == []


def typed(host: LabHost, *lines: str) -> str:
    """What a terminal shows while these lines are typed into a login over SSH."""
    master, slave = pty.openpty()
    argv = host.ssh_argv()
    with subprocess.Popen(
        [argv[0], "-tt", *argv[1:]], stdin=slave, stdout=slave, stderr=slave, close_fds=True
    ) as login:
        os.close(slave)
        os.write(master, "".join(f"{line}\n" for line in (*lines, "exit")).encode())
        shown, end = b"", time.monotonic() + 30
        while time.monotonic() < end and select.select([master], [], [], 30)[0]:
            try:
                shown += os.read(master, 4096)
            except OSError:  # the terminal is gone with its login
                break
        login.wait(10)
    os.close(master)
    return shown.decode()


def test_a_login_shell_ends_when_it_stands_idle_and_cannot_be_told_not_to(host: LabHost) -> None:
    shown = typed(host, "echo limit=$TMOUT mask=$(umask)", "TMOUT=0", "bash", "TMOUT=0", "exit")
    assert "limit=900 mask=0027" in shown
    assert shown.count("TMOUT: readonly variable") == 2


def test_pam_auth_update_agrees_with_what_was_written(site: LabSite, host: LabHost) -> None:
    before = host.run(["sh", "-c", "cat /etc/pam.d/common-*"])
    host.run(["env", "DEBIAN_FRONTEND=noninteractive", "pam-auth-update", "--package"])
    assert host.run(["sh", "-c", "cat /etc/pam.d/common-*"]) == before


def test_a_second_apply_changes_nothing(site: LabSite, host: LabHost) -> None:
    # Its technician got a password since, and with it the limits of the baseline.
    site.write(accounts={**ACCOUNTS, "later": {"keys": [f"file:{host.key}.pub"]}})
    first = site.json("apply", "--yes", *ONLY, code=0)
    assert {each["area"] for each in first["hosts"][0]["areas"]} == {"accounts", "passwords"}
    assert site.json("apply", "--yes", *ONLY, code=0)["hosts"] == []
    assert "Maximum number of days between password change\t\t: 365" in host.run(
        ["chage", "-l", "tech"]
    )
    # What has no password, or must not lose it, does not age: its keys would go with it.
    for user in (host.user, "glass", "analyst", "later"):
        assert "Password expires\t\t\t\t\t: never" in host.run(["chage", "-l", user])


BREAKS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "lockout without its module": (
        "sed -i /pam_faillock/d /etc/pam.d/common-auth",
        {
            "pam": [
                "change /etc/pam.d/common-auth",
                "prove that a right password opens a login",
            ]
        },
    ),
    "a way in without a password": (
        "sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/common-auth",
        {"pam": []},
    ),
    "a softer lockout": (
        "echo 'deny = 50' >>/etc/security/faillock.conf",
        {"lockout": ["change /etc/security/faillock.conf"]},
    ),
    "short passwords": (
        "sed -i 's/^minlen.*/minlen = 6/' /etc/security/pwquality.conf",
        {"passwords": ["change /etc/security/pwquality.conf"]},
    ),
    "passwords for ever": (
        "chage -M 99999 tech",
        {"passwords": ["let the password of tech last 1 to 365 days, and 45 more to change it"]},
    ),
    "a sudo that asks nobody": (
        "echo 'analyst ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/99-mine;"
        " echo 'Defaults !authenticate' >>/etc/sudoers.d/99-mine",
        {"sudo": ["change /etc/sudoers.d/99-mine"]},
    ),
    "a sudo that logs nothing": (
        "sed -i /logfile/d /etc/sudoers.d/zz-watchfloor",
        {"sudo": ["change /etc/sudoers.d/zz-watchfloor"]},
    ),
    "su for everybody": (
        "sed -i /pam_wheel.so.*sugroup/d /etc/pam.d/su; gpasswd -a analyst sugroup",
        {"su": ["change /etc/pam.d/su", "remove analyst from group sugroup"]},
    ),
    "shells for ever": (
        "echo 'readonly TMOUT=0' >/etc/profile.d/00-mine.sh; rm /etc/profile.d/zz-watchfloor.sh",
        {
            "shell": [
                "change /etc/profile.d/00-mine.sh",
                "create /etc/profile.d/zz-watchfloor.sh",
            ]
        },
    ),
    "a service that logs in": (
        "usermod -s /bin/bash games; passwd -d list",
        {
            "logins": [
                "give games the shell /usr/sbin/nologin (a service does not log in)",
                "lock the password of list (anybody could log in without one)",
            ]
        },
    ),
    "an account that nobody uses": (
        "touch -d '100 days ago' /home/analyst /home/analyst/.[!.]*;"
        ' python3 -c \'import os, struct, time, pwd; uid = pwd.getpwnam("analyst").pw_uid;'
        ' f = os.open("/var/log/lastlog", os.O_RDWR | os.O_CREAT);'
        ' os.pwrite(f, struct.pack("=I288s", int(time.time()) - 100 * 86400, b""), uid * 292)\'',
        {"logins": ["shut account analyst, which nobody used since"]},
    ),
}


def test_everything_broken_by_hand_is_found_and_repaired(site: LabSite, host: LabHost) -> None:
    expected: dict[str, set[str]] = {}
    for command, finding in BREAKS.values():
        host.run(["sh", "-c", command])
        for area, lines in finding.items():
            expected.setdefault(area, set()).update(lines)
    found = drifted(site)
    assert {area: {_undated(line) for line in lines} for area, lines in found.items()} == expected
    done = site.watchfloor("apply", "--yes", *ONLY)
    assert done.exit_code == 0, done.stderr + done.stdout
    assert not opens(host, "tech", "anything")
    assert opens(host, "tech", SECOND)
    assert "NOPASSWD" not in host.run(["sudo", "-n", "-l", "-U", "analyst"])


def _undated(line: str) -> str:
    return line.partition(" since ")[0] + " since" if " since " in line else line


ACCOUNT_CHANGES: tuple[Change, ...] = (
    AgingChange(user="tech", min_days=3, max_days=30, warn_days=9, inactive_days=5),
    LockChange(user="tech", reason="a test"),
    LockChange(user="nobody", reason="a test"),
    ShellChange(user="tech", shell="/usr/sbin/nologin", reason="a test"),
    IdleChange(user="tech", last_day="2026-01-01"),
)


def test_what_is_changed_of_an_account_is_put_back_as_it_was(host: LabHost) -> None:
    host.run(["passwd", "-d", "nobody"])
    journal = AreaJournal("by-hand", "logins")
    host.run(["sh", "-s"], stdin=journal.open_script(None))
    before = host.run(["cat", "/etc/passwd", "/etc/shadow"])
    for number, change in enumerate(ACCOUNT_CHANGES, start=1):
        host.run(["sh", "-s"], stdin=script(change, journal.step(number)))
        assert host.run(["cat", "/etc/passwd", "/etc/shadow"]) != before
    assert not opens(host, "tech", SECOND)
    host.run(["sh", f"{journal.folder}/restore"])
    assert host.run(["cat", "/etc/passwd", "/etc/shadow"]) == before
    host.run(["usermod", "-L", "nobody"])


REFUSING = "/usr/share/pam-configs/refusing"
PROFILE = """\
Name: Nobody
Default: no
Priority: 2000
Auth-Type: Primary
Auth:
	requisite	pam_deny.so
"""


def test_a_stack_that_lets_nobody_in_is_taken_back(site: LabSite, host: LabHost) -> None:
    before = host.run(["sh", "-c", "cat /etc/pam.d/common-*"])
    # As if a package had brought a profile that refuses everybody.
    host.run(["tee", REFUSING], stdin=PROFILE)
    memory = host.run(["cat", "/var/lib/pam/auth"])
    refusing = "Module: refusing\nrequisite pam_deny.so\n"
    host.run(["tee", "/var/lib/pam/auth"], stdin=memory + refusing)
    done = site.watchfloor("apply", "--yes", *ONLY)
    assert done.exit_code == 1
    assert "a right password no longer opens a login" in done.stdout + done.stderr
    assert host.run(["sh", "-c", "cat /etc/pam.d/common-*"]) == before
    host.run(["rm", REFUSING])
    host.run(["tee", "/var/lib/pam/auth"], stdin=memory)
