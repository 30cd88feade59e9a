"""Checks of the SSH daemon, by what `sshd -T` says and whether the running one has read it."""

from collections.abc import Callable

from inventory.facts import banner, files, sshd
from inventory.facts.sshd import SshdFacts
from monitors.baseline.checks.notice import missing_statements, shows
from monitors.baseline.subject import Host
from monitors.baseline.verdict import Outcome, Verdict, failed, met, not_applicable, not_proven

SSHD_CONFIG = "/etc/ssh/sshd_config"

Test = Callable[[SshdFacts], Outcome]


def root_login(host: Host) -> Outcome:
    """Root does not log in, by no method."""
    return _setting(host, "permitrootlogin", lambda value: value == "no", "no")


def empty_passwords(host: Host) -> Outcome:
    """An empty password is no password."""
    return _setting(host, "permitemptypasswords", lambda value: value == "no", "no")


def log_level(host: Host) -> Outcome:
    """Logins leave a trace, and nothing as loud as DEBUG does."""
    return _setting(host, "loglevel", lambda value: value in ("INFO", "VERBOSE"), "INFO or VERBOSE")


def forwarding(host: Host) -> Outcome:
    """Only a bastion hands connections on."""
    if "bastion" in host.scope.roles:
        return not_applicable("the inventory makes this host a bastion")
    return _setting(host, "disableforwarding", lambda value: value == "yes", "yes")


def auth_tries(host: Host) -> Outcome:
    """At most what the baseline allows (CIS: 4)."""
    most = host.baseline.ssh_max_auth_tries
    return _setting(host, "maxauthtries", lambda value: 0 < int(value) <= most, f"at most {most}")


def ciphers(host: Host) -> Outcome:
    """FIPS 197 ciphers only, where the baseline follows CJIS (SC-13)."""
    return _among(host, "ciphers", host.baseline.ssh_ciphers)


def macs(host: Host) -> Outcome:
    """SHA-2 message authentication only."""
    return _among(host, "macs", host.baseline.ssh_macs)


def key_exchange(host: Host) -> Outcome:
    """No SHA-1, no small groups."""
    return _among(host, "kexalgorithms", host.baseline.ssh_kex)


def idle_timeout(host: Host) -> Outcome:
    """ClientAliveInterval times ClientAliveCountMax; CJIS SC-10 asks for at most an hour."""
    most = host.baseline.ssh_idle_s

    def test(facts: SshdFacts) -> Outcome:
        interval = int(facts.value("clientaliveinterval"))
        count = int(facts.value("clientalivecountmax"))
        cited = (_quote("clientaliveinterval", facts), _quote("clientalivecountmax", facts))
        seconds = interval * count
        if seconds == 0:
            return failed("a session whose client is gone never ends", *cited)
        return met(
            seconds <= most,
            f"a dead session ends after {seconds} s",
            f"a dead session ends after {seconds} s; at most {most} s are allowed",
            *cited,
        )

    return _judged(host, test, "clientaliveinterval", "clientalivecountmax")


def allow_list(host: Host) -> Outcome:
    """AllowGroups or AllowUsers names who may log in."""

    def test(facts: SshdFacts) -> Outcome:
        named = facts.value("allowgroups") or facts.value("allowusers")
        return met(
            bool(named),
            f"only {named} may log in",
            "every account with a shell may log in",
            _quote("allowgroups", facts),
            _quote("allowusers", facts),
        )

    return _judged(host, test)


def shows_banner(host: Host) -> Outcome:
    """The use notification comes before the login (CJIS AC-8)."""
    texts = {file.path: file.content for file in host.facts.read(banner).files}

    def test(facts: SshdFacts) -> Outcome:
        path = facts.value("banner")
        cited = _quote("banner", facts)
        if path in ("", "none"):
            return failed("sshd shows no text before the login", cited)
        if path not in texts:
            return not_proven(f"sshd shows {path}, which the facts do not hold", cited)
        if not shows(texts[path], host.baseline.banner):
            return failed(f"{path} does not hold the center's use notification", cited)
        return _covers(host, f"sshd shows the center's use notification from {path}", cited)

    return _judged(host, test)


def host_key_files(host: Host) -> Outcome:
    """Private host keys belong to root alone."""
    keys = [
        file for file in host.facts.read(files).files if file.path.startswith("/etc/ssh/ssh_host_")
    ]
    cited = [f"files: {file.mode:04o} {file.owner} {file.path}" for file in keys]
    if not keys:
        return not_proven("no private host key was found in /etc/ssh")
    bad = [file.path for file in keys if file.owner != "root" or file.mode & 0o077]
    return met(
        not bad,
        f"root alone can read the {len(keys)} private host keys",
        f"others than root can get at {', '.join(bad)}",
        *cited,
    )


def config_files(host: Host) -> Outcome:
    """sshd_config is root's alone; drop-ins can be changed by root alone."""
    if not host.facts.read(sshd).installed:
        return not_applicable("there is no SSH daemon")
    found = [
        file
        for file in host.facts.read(files).files
        if file.path.startswith("/etc/ssh/sshd_config")
    ]
    if SSHD_CONFIG not in {file.path for file in found}:
        return not_proven(f"{SSHD_CONFIG} was not found")
    bad = [
        file.path
        for file in found
        if file.owner != "root" or file.mode & (0o177 if file.path == SSHD_CONFIG else 0o022)
    ]
    return met(
        not bad,
        "root alone can change how sshd works",
        f"too open: {', '.join(bad)}",
        *(f"files: {file.mode:04o} {file.owner} {file.path}" for file in found),
    )


def _covers(host: Host, good: str, *cited: str) -> Outcome:
    missing = missing_statements(host.baseline.banner)
    if host.baseline.profile == "cjis-6.0" and missing:
        return failed(f"the use notification does not say {'; nor '.join(missing)}", *cited)
    return met(True, good, "", *cited)


def _setting(host: Host, keyword: str, accepts: Callable[[str], bool], wanted: str) -> Outcome:
    def test(facts: SshdFacts) -> Outcome:
        value = facts.value(keyword)
        return met(
            accepts(value),
            f"{keyword} is {value}",
            f"{keyword} is {value or 'not set'}; it has to be {wanted}",
            _quote(keyword, facts),
        )

    return _judged(host, test, keyword)


def _among(host: Host, keyword: str, allowed: tuple[str, ...]) -> Outcome:
    def test(facts: SshdFacts) -> Outcome:
        offered = [word for word in facts.value(keyword).split(",") if word]
        extra = [word for word in offered if word not in allowed]
        if not offered:
            return not_proven(f"sshd does not say its {keyword}")
        return met(
            not extra,
            f"the {len(offered)} {keyword} are approved ones",
            f"{keyword} that are not approved: {', '.join(extra)}",
            _quote(keyword, facts),
        )

    return _judged(host, test, keyword)


def _judged(host: Host, test: Test, *keywords: str) -> Outcome:
    """`test` on the effective settings, and PASS only if they are what the daemon has read."""
    facts = host.facts.read(sshd)
    if not facts.installed:
        return not_applicable("there is no SSH daemon")
    if facts.invalid:
        return failed(f"sshd does not accept its configuration: {facts.invalid[:200]}")
    try:
        outcome = test(facts)
    except ValueError:
        return not_proven(f"sshd -T does not say a number for {' and '.join(keywords)}")
    if outcome.verdict is not Verdict.PASS:
        return outcome
    if facts.is_stale:
        return not_proven("the files are right, but were changed after sshd last read them")
    if set_again := _set_in_match(facts, keywords):
        return not_proven(f"a Match block sets {set_again} for some connections")
    return outcome


def _set_in_match(facts: SshdFacts, keywords: tuple[str, ...]) -> str:
    for file in facts.files:
        inside = False
        for line in file.content.splitlines():
            words = line.replace("=", " ", 1).split()
            keyword = words[0].lower() if words else ""
            inside = inside or keyword == "match"
            if inside and keyword in keywords:
                return keyword
    return ""


def _quote(keyword: str, facts: SshdFacts) -> str:
    return f"sshd: {keyword} {facts.value(keyword)}".rstrip()[:400]
