"""What a lab takes over from the machine's apt, and what it leaves."""

import pytest

from tests.lab.apt import Archive, freshness_settings, source_lines, upstream_proxy


def test_sources_are_the_machines_archives_for_the_wanted_suite() -> None:
    archives = (
        Archive("http://mirror.example/debian/", "bookworm", "main"),
        Archive("http://mirror.example/debian-security/", "bookworm-security", "main"),
    )
    lines = source_lines(archives, "trixie").splitlines()
    assert [line.partition("] ")[2] for line in lines] == [
        "http://mirror.example/debian/ trixie main",
        "http://mirror.example/debian-security/ trixie-security main",
    ]
    assert archives[0].host == "mirror.example"


@pytest.mark.parametrize(
    ("settings", "environment", "proxy"),
    [
        ("", "", None),
        ('Acquire::http::Proxy "http://cache.example:3142";\n', "", "cache.example:3142"),
        ('Acquire::http::Proxy "http://me:word@cache.example";', "", "me:word@cache.example:80"),
        ('Acquire::http::Proxy "DIRECT";\n', "http://cache.example:1", None),
        ("", "http://cache.example:8080/", "cache.example:8080"),
        ('Acquire::http::Proxy::one.example "http://other:1";\n', "", None),
    ],
)
def test_the_proxy_goes_through_the_machines_own(
    settings: str, environment: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", environment)
    assert upstream_proxy(settings) == proxy


def test_hosts_take_over_settings_about_dates_alone() -> None:
    settings = 'Acquire::Check-Date "false";\nAcquire::http::Proxy "http://cache.example:1";\n'
    assert freshness_settings(settings) == 'Acquire::Check-Date "false";\n'
