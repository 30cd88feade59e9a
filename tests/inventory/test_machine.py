"""The machine's side: settings, endpoint map, public keys and what is shipped beside the code."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.assets import example_center, runbooks, templates
from inventory.endpoints import EndpointError, EndpointMap, join_endpoint, split_endpoint
from inventory.model import Account
from inventory.public_keys import PublicKeyError, public_keys
from inventory.settings import SettingError, Settings

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl wf"


# --- settings ---------------------------------------------------------------------------------


def test_a_users_settings_follow_xdg() -> None:
    home = {"HOME": "/home/wf"}
    plain = Settings.from_environment(home, root=False)
    assert plain.state == Path("/home/wf/.local/state/watchfloor")
    assert plain.runtime == Path("/home/wf/.local/state/watchfloor/run")
    xdg = home | {"XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/run/user/1000"}
    moved = Settings.from_environment(xdg, root=False)
    assert (moved.state, moved.runtime) == (
        Path("/s/watchfloor"),
        Path("/run/user/1000/watchfloor"),
    )
    relative = Settings.from_environment(home | {"XDG_STATE_HOME": "s"}, root=False)
    assert relative.state == plain.state


def test_roots_settings_are_the_systems() -> None:
    settings = Settings.from_environment({"XDG_STATE_HOME": "/s"}, root=True)
    assert (settings.state, settings.runtime) == (
        Path("/var/lib/watchfloor"),
        Path("/run/watchfloor"),
    )
    assert settings.store.parent == settings.evidence.parent == settings.state


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    settings = Settings.from_environment({}, root=True)
    assert settings.web == ("127.0.0.1", 8720)
    assert (settings.traps, settings.syslog, settings.notices) == (None, None, None)
    assert settings.monitor_url == "http://127.0.0.1:8720"
    told = Settings.from_environment({"WATCHFLOOR_LISTEN_WEB": "[::1]:9000"}, root=True)
    assert (told.web, told.monitor_url) == (("::1", 9000), "http://[::1]:9000")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WATCHFLOOR_READ_TIMEOUT", "9"),
        ("WATCHFLOOR_READ_TIMEOUT", "601"),
        ("WATCHFLOOR_READ_TIMEOUT", "1m"),
        ("WATCHFLOOR_LISTEN_WEB", "8720"),
        ("WATCHFLOOR_LISTEN_WEB", "everywhere:8720"),
        ("WATCHFLOOR_LISTEN_TRAPS", "127.0.0.1:0"),
        ("WATCHFLOOR_LISTEN_SYSLOG", "::1:514"),
        ("WATCHFLOOR_LISTEN_NOTICES", "127.0.0.1:four"),
        ("WATCHFLOOR_MONITOR_URL", "mon-1"),
        ("WATCHFLOOR_MONITOR_URL", "http://wf:tops3cret@mon-1"),
    ],
)
def test_a_senseless_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name) as caught:
        Settings.from_environment({name: value}, root=True)
    assert "tops3cret" not in str(caught.value)


def test_the_token_is_masked() -> None:
    settings = Settings.from_environment({"WATCHFLOOR_MONITOR_TOKEN": "tops3cret"}, root=True)
    assert settings.monitor_token.reveal() == "tops3cret"
    assert "tops3cret" not in repr(settings)


# --- endpoints --------------------------------------------------------------------------------


def test_an_endpoint_map_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "run" / "endpoints.yaml"
    saved = EndpointMap({"ups-a/snmp": ("127.66.0.3", 16161), "srv-1/ssh": ("::1", 22)})
    saved.save(path)
    loaded = Settings.from_environment({"WATCHFLOOR_ENDPOINTS": str(path)}, root=True).endpoints()
    assert loaded.resolve("ups-a", "snmp", "10.20.9.21", 161) == ("127.66.0.3", 16161)
    assert loaded.resolve("srv-1", "ssh", "10.20.10.1", 22) == ("::1", 22)
    assert loaded.resolve("ups-a", "ssh", "10.20.9.21", 22) == ("10.20.9.21", 22)
    assert [p.name for p in path.parent.iterdir()] == ["endpoints.yaml"]


def test_without_a_map_devices_answer_at_their_own_address() -> None:
    endpoints = Settings.from_environment({}, root=True).endpoints()
    assert endpoints.resolve("ups-a", "snmp", "10.20.9.21", 161) == ("10.20.9.21", 161)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not an endpoint map"),
        ("[]", "not an endpoint map"),
        ("{", "not valid YAML"),
        ("format: 2\nendpoints: {}", "format: 1"),
        ("format: true\nendpoints: {}", "format: 1"),
        ("format: 1", "`endpoints` is missing"),
        ("format: 1\nendpoints: {a/snmp: 127.0.0.1}", "2:13: a/snmp"),
        ("format: 1\nendpoints: {a/snmp: 'localhost:161'}", "2:13: a/snmp"),
        ("format: 1\nendpoints: {a/snmp: '127.0.0.1:99999'}", "a port lies between"),
        ("format: 1\nendpoints: {a/snmp: [1]}", "2:13: a/snmp"),
    ],
)
def test_a_broken_endpoint_map_says_where(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "endpoints.yaml"
    path.write_text(text)
    with pytest.raises(EndpointError) as caught:
        EndpointMap.load(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_missing_endpoint_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="nowhere"):
        EndpointMap.load(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(EndpointError, match="cannot be written"):
        EndpointMap({}).save(tmp_path / "file" / "endpoints.yaml")


@given(st.ip_addresses().map(str), st.integers(1, 65535))
def test_endpoints_are_written_as_they_are_read(host: str, port: int) -> None:
    assert split_endpoint(join_endpoint(host, port)) == (host, port)


# --- public keys ------------------------------------------------------------------------------


def test_keys_are_collected_from_everywhere_once(tmp_path: Path) -> None:
    (tmp_path / "ops.pub").write_text(f"# the desk\n{KEY}\n\n{KEY} two\n")
    account = Account(name="ops", keys=("file:ops.pub", "env:OPS", KEY))
    assert public_keys(account, tmp_path, {"OPS": f"{KEY} three"}) == (
        KEY,
        f"{KEY} two",
        f"{KEY} three",
    )


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("file:missing.pub", "cannot be read"),
        ("env:NOT_SET", "NOT_SET is not set"),
        ("env:PRIVATE", "private key"),
        (f'command="sh" {KEY}', "not a public key"),
        ("ssh-ed25519", "not a public key"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, key: str, message: str) -> None:
    environment = {"PRIVATE": "-----BEGIN OPENSSH PRIVATE KEY-----"}
    with pytest.raises(PublicKeyError, match=message):
        public_keys(Account(name="ops", keys=(key,)), tmp_path, environment)


# --- assets -----------------------------------------------------------------------------------


def test_what_is_shipped_is_found() -> None:
    assert (templates() / "center" / "center.yaml.j2").is_file()
    assert runbooks().is_dir()
    assert (example_center() / "center.yaml").is_file()
