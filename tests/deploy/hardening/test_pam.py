"""The stack itself: as Debian's own tool makes it, with our profiles in it; each line counts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.change import CommandChange, FileChange, PackageChange
from deploy.hardening import pam
from deploy.hardening.pam_profiles import common_file, in_order, memory_file, profile
from inventory.baseline import Baseline
from inventory.facts.pam import STATE, TYPES, PamFacts
from inventory.facts.pamstack import effective
from inventory.facts.textfile import TextFile
from tests.deploy.hardening.identity_hosts import FRESH, HARDENED, pam_of, staffed

CENTER = staffed()
DEVICE = CENTER.devices["web-1"]
WANTED = pam.desired(CENTER, DEVICE)


def written(facts: PamFacts, **changes: object) -> dict[str, str]:
    """Path -> text of the files that would change."""
    wanted = pam.desired(staffed(**changes), DEVICE) if changes else WANTED
    found = pam.diff(wanted, facts).changes
    return {change.path: change.content for change in found if isinstance(change, FileChange)}


def changed(facts: PamFacts, path: str, find: str, put: str) -> PamFacts:
    """The host with something else in one of its files, and in the service of that name."""
    files = []
    services = dict(facts.services)
    for file in facts.files:
        if file.path == path:
            assert find in file.content
            file = replace(file, content=file.content.replace(find, put))  # noqa: PLW2901 - the other
            services[path.rpartition("/")[2]] = tuple(file.content.splitlines())
        files.append(file)
    return replace(facts, files=tuple(files), services=services)


@pytest.mark.parametrize("host", FRESH)
@pytest.mark.parametrize("kind", TYPES)
def test_debians_own_profiles_give_debians_own_files(host: str, kind: str) -> None:
    facts = pam_of(host)
    chosen = facts.chosen & facts.profiles.keys()
    profiles = in_order(profile(name, facts.profiles[name]) for name in chosen)
    made = common_file(kind, facts.templates[kind], profiles)
    assert made == facts.file(f"/etc/pam.d/common-{kind}").content
    assert memory_file(kind, profiles) == facts.file(f"{STATE}/{kind}").content


@pytest.mark.parametrize("host", HARDENED)
def test_a_hardened_host_is_clean(host: str) -> None:
    assert pam.diff(WANTED, pam_of(host)).is_clean


@pytest.mark.parametrize("host", HARDENED)
@pytest.mark.parametrize("service", ["login", "sudo", "sshd", "su"])
def test_the_stack_that_services_get_counts_locks_and_judges(host: str, service: str) -> None:
    facts = pam_of(host)
    auth = [(rule.name, rule.arguments[:1]) for rule in facts.stack(service, "auth")]
    before = auth.index(("pam_faillock.so", ("preauth",)))
    asked = next(n for n, (name, _) in enumerate(auth) if name == "pam_unix.so")
    after = auth.index(("pam_faillock.so", ("authfail",)))
    assert before < asked < after
    assert "nullok" not in [
        word for rule in facts.stack(service, "auth") for word in rule.arguments
    ]
    assert "pam_faillock.so" in [rule.name for rule in facts.stack(service, "account")]


@pytest.mark.parametrize("host", HARDENED)
def test_a_new_password_is_judged_and_compared_before_it_is_kept(host: str) -> None:
    stack = pam_of(host).stack("passwd", "password")
    assert [rule.name for rule in stack][:3] == [
        "pam_pwquality.so",
        "pam_pwhistory.so",
        "pam_unix.so",
    ]
    history = stack[1].arguments
    assert {"remember=24", "enforce_for_root", "use_authtok"} <= set(history)
    assert "yescrypt" in stack[2].arguments


@pytest.mark.parametrize("host", FRESH)
def test_a_fresh_host_gets_package_files_and_proof_in_this_order(host: str) -> None:
    changes = pam.diff(WANTED, pam_of(host)).changes
    assert isinstance(changes[0], PackageChange)
    assert changes[0].names == ("libpam-pwquality", "cracklib-runtime")
    assert isinstance(changes[-1], CommandChange)
    paths = [change.path for change in changes if isinstance(change, FileChange)]
    assert paths[-1] == "/etc/pam.d/common-auth"


def test_without_its_dictionary_every_password_would_be_refused() -> None:
    facts = replace(pam_of(HARDENED[0]), has_words=False)
    titles = [change.title for change in pam.diff(WANTED, facts).changes]
    assert titles[0] == "build the dictionary of words that make no password"


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ("auth\trequisite\tpam_faillock.so preauth\n", ""),
        ("pam_unix.so try_first_pass", "pam_unix.so nullok try_first_pass"),
        ("auth\t[default=die]\tpam_faillock.so authfail\n", ""),
        ("# here are the per-package", "auth sufficient pam_permit.so\n# here are the per-package"),
    ],
    ids=["not asked whether locked", "empty passwords", "not counted", "a way past"],
)
def test_each_line_of_the_stack_counts(find: str, put: str) -> None:
    whole = pam_of(HARDENED[0])
    path = "/etc/pam.d/common-auth"
    assert written(changed(whole, path, find, put)) == {path: whole.file(path).content}


def test_a_packages_own_profile_stays_where_it_is() -> None:
    whole = pam_of(HARDENED[0])
    sss = (
        *("Name: SSS", "Default: yes", "Priority: 128", "Auth-Type: Primary", "Auth:"),
        "\t[success=end default=ignore]\tpam_sss.so use_first_pass",
    )
    facts = replace(whole, profiles={**whole.profiles, "sss": sss})
    assert written(facts) == {}, "nobody chose it"
    chosen = changed(
        facts, f"{STATE}/auth", "Module: watchfloor-unix", "Module: sss\nModule: watchfloor-unix"
    )
    text = written(chosen)["/etc/pam.d/common-auth"]
    assert text.index("pam_unix.so") < text.index("pam_sss.so") < text.index("authfail")
    assert "[success=4 default=ignore]\tpam_unix.so" in text


def test_ubuntus_additional_modules_stay_behind_the_password() -> None:
    """Ubuntu chooses `capability` by default, whose rule is in the second block."""
    whole = pam_of(HARDENED[1])
    capability = (
        *("Name: Inheritable Capabilities Management", "Default: yes", "Priority: 0"),
        *("Auth-Type: Additional", "Auth:", "\toptional\tpam_cap.so"),
    )
    facts = replace(whole, profiles={**whole.profiles, "capability": capability})
    chosen = changed(
        facts,
        f"{STATE}/auth",
        "Module: watchfloor-unix",
        "Module: capability\nModule: watchfloor-unix",
    )
    lines = written(chosen)["/etc/pam.d/common-auth"].splitlines()
    assert lines.index("auth\toptional\tpam_cap.so ") > lines.index(
        next(line for line in lines if "pam_permit.so" in line)
    )


def test_what_is_behind_glass_is_neither_asked_nor_counted() -> None:
    text = WANTED.profiles["watchfloor-lockout"] + WANTED.profiles["watchfloor-lockout-count"]
    assert text.count("pam_succeed_if.so quiet user in glass\n") == 2


def test_the_profile_decides_delay_and_hash_and_says_what_it_does_not_follow() -> None:
    stig = pam.desired(staffed(baseline=Baseline.model_validate({"profile": "stig"})), DEVICE)
    assert "delay=4000000" in stig.profiles["watchfloor-lockout"]
    assert "sha512 rounds=100000" in stig.profiles["watchfloor-unix"]
    notes = pam.diff(WANTED, pam_of(FRESH[0])).notes
    assert any("UBTU-24-400400" in note for note in notes)
    assert not any("UBTU" in note for note in pam.diff(WANTED, pam_of(HARDENED[0])).notes)


def test_a_service_with_rules_of_its_own_is_named() -> None:
    whole = pam_of(HARDENED[0])
    facts = replace(whole, services={**whole.services, "vsftpd": ("auth required pam_unix.so",)})
    assert pam.diff(WANTED, facts).notes == (
        "/etc/pam.d/vsftpd judges passwords without common-auth: wrong ones lock nobody",
    )


def test_a_template_without_its_marks_is_unmet_and_changes_nothing() -> None:
    whole = pam_of(HARDENED[0])
    found = pam.diff(WANTED, replace(whole, templates={}))
    assert found.changes == ()
    assert "reinstall PAM" in found.unmet[0]


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.text(max_size=30), max_size=6)))
def test_files_that_include_each_other_come_to_an_end(services: dict[str, list[str]]) -> None:
    looping = {name: (*lines, "@include a", "auth include b") for name, lines in services.items()}
    assert len(effective(looping, "a", "auth")) <= 200


def test_a_missing_file_is_created() -> None:
    whole = pam_of(HARDENED[0])
    path = "/usr/share/pam-configs/watchfloor-unix"
    files = tuple(TextFile(path, "absent") if file.path == path else file for file in whole.files)
    assert list(written(replace(whole, files=files))) == [path]
