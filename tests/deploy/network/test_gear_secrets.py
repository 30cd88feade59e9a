"""No secret of a device leaves the worker, and no device gets one that is not meant for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.network.secrets import SecretLineError, mask, resolve, shown
from inventory.gear import Platform

PRINTED = [
    (Platform.IOS, "username bob privilege 15 secret 9 $9$abc", "strong"),
    (Platform.IOS, "username bob secret 5 $1$abc", "weak"),
    (Platform.IOS, "username bob password 7 0822455D0A16", "plain"),
    (Platform.IOS, "enable secret 8 $8$abc", "strong"),
    (Platform.IOS, "enable password letmein", "plain"),
    (Platform.IOS, "snmp-server community s3cret RO 10", "plain"),
    (Platform.IOS, "snmp-server host 10.1.1.1 version 2c s3cret", "plain"),
    (Platform.IOS, " key 7 0822455D0A16", "strong"),
    (Platform.IOS, "tacacs-server key s3cret", "plain"),
    (Platform.IOS, "ntp authentication-key 1 md5 s3cret 7", "plain"),
    (Platform.IOS, " standby 5 authentication md5 key-string s3cret", "plain"),
    (Platform.IOS, " neighbor 10.1.1.1 password s3cret", "plain"),
    (Platform.NXOS, "username bob password 5 $5$abc  role network-admin", "strong"),
    (Platform.NXOS, "snmp-server user bob network-operator auth sha-256 0xabc", "strong"),
    (Platform.EOS, "username bob privilege 15 role network-admin secret sha512 $6$abc", "strong"),
    (Platform.EOS, "username bob secret 5 $1$abc", "weak"),
    (
        Platform.JUNOS,
        'set system login user bob authentication encrypted-password "$6$abc"',
        "strong",
    ),
    (Platform.JUNOS, 'set system tacplus-server 10.1.1.1 secret "$9$abc"', "strong"),
    (Platform.JUNOS, "set snmp community s3cret authorization read-only", "plain"),
    (Platform.FORTIOS, "        set password ENC SH2abc", "strong"),
    (Platform.FORTIOS, "        set psksecret s3cret", "plain"),
]
HIDDEN = ("abc", "s3cret", "letmein", "0822455D0A16")


@pytest.mark.parametrize(("platform", "line", "strength"), PRINTED)
def test_a_secret_that_a_device_prints_is_masked_and_can_be_put_back(
    platform: Platform, line: str, strength: str
) -> None:
    masked = mask(platform, line)
    assert not any(word in masked.text for word in HIDDEN)
    assert f"<masked:0:{strength}>" in masked.text
    assert resolve(masked.text, _none, masked.values) == line
    assert not any(word in repr(masked) for word in HIDDEN)


def test_what_is_no_secret_stays() -> None:
    text = "hostname sw\ninterface Vlan9\n description key to the city\n ip address 10.1.1.1/8\n"
    assert mask(Platform.IOS, text).text == text


def test_two_secrets_of_one_line_keep_their_places() -> None:
    for word in ("sha", "sha-2 256"):
        line = f"snmp-server user bob G v3 auth {word} one priv aes 128 two"
        masked = mask(Platform.IOS, line)
        assert "one" not in masked.text
        assert "two" not in masked.text
        assert resolve(masked.text, _none, masked.values) == line


def test_a_device_cannot_ask_for_a_secret() -> None:
    text = mask(Platform.IOS, "banner {{secret:gear-cli.secret}} <masked:0:strong>\n").text
    assert resolve(text, _none, ()) == text


def test_a_marker_is_resolved_and_a_mask_of_another_reading_refused() -> None:
    line = "username x secret {{secret:gear-cli.secret}}"
    assert resolve(line, lambda name, field: f"{name}-{field}", ()) == (
        "username x secret gear-cli-secret"
    )
    with pytest.raises(SecretLineError, match="another reading"):
        resolve("key <masked:3:plain>", _none, ("a",))


@pytest.mark.parametrize("value", ["", "two words", "line\nbreak", "what?", 'quo"te', "tab\t"])
def test_a_secret_that_would_be_more_than_one_word_is_refused_without_saying_it(value: str) -> None:
    with pytest.raises(SecretLineError) as caught:
        resolve("key {{secret:gear-aaa.secret}}", lambda *_: value, ())
    assert not value or value not in str(caught.value)
    assert "gear-aaa" in str(caught.value)


def test_a_line_for_people_shows_no_mask_and_no_marker() -> None:
    assert shown("key {{secret:gear-aaa.secret}} <masked:0:weak>") == "key <gear-aaa> <secret>"


@given(st.text(max_size=300), st.sampled_from(list(Platform)))
def test_masking_takes_whatever_comes_and_says_no_secret_twice(
    text: str, platform: Platform
) -> None:
    masked = mask(platform, text)
    again = mask(platform, f"username bob secret 5 {text}")
    assert isinstance(masked.text, str)
    assert all(isinstance(value, str) for value in again.values)


def _none(_credential: str, _field: str) -> str:
    raise AssertionError("no secret should be asked for")
