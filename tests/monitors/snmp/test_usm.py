"""SNMPv3 keys and seals against the RFCs' vectors and pysnmp, and what a session believes."""

import hashlib
import hmac
from collections.abc import Callable

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given
from hypothesis import strategies as st
from pysnmp.proto.rfc1902 import OctetString
from pysnmp.proto.secmod.rfc3414.service import aes256  # its own module cannot be imported first

from monitors.snmp import ber
from monitors.snmp.errors import DecodeError, TargetError
from monitors.snmp.message import ask_get
from monitors.snmp.oid import encode_oid
from monitors.snmp.session import Disbelieved
from monitors.snmp.target import Community, SnmpTarget
from monitors.snmp.usm import (
    Auth,
    KeyRing,
    Priv,
    Salt,
    UsmUser,
    authentic,
    localise,
    password_to_key,
    sign,
)
from monitors.snmp.usm_cipher import decrypt, encrypt
from monitors.snmp.usm_message import (
    AUTH_FLAG,
    PRIV_FLAG,
    Envelope,
    Opener,
    UsmMessage,
    open_usm,
)
from monitors.snmp.usm_session import UsmSession

ENGINE_ID = bytes.fromhex("8000000001020304")
SECRET = "maplesyrup"


def user(priv: Priv | None = Priv.AES128, auth: Auth = Auth.SHA256) -> UsmUser:
    return UsmUser("noc", auth, SECRET, priv, SECRET + "2" if priv else "")


def test_localised_key_of_rfc_3414_appendix_a_3_2() -> None:
    engine = bytes.fromhex("000000000000000000000002")
    key = localise(password_to_key(b"maplesyrup", "sha1"), engine, "sha1")
    assert key.hex() == "6695febc9288e36282235fc7151f128497b38f3f"


@pytest.mark.parametrize(
    ("priv", "oracle"),
    [(Priv.AES256, aes256.AesBlumenthal256), (Priv.AES256_REEDER, aes256.Aes256)],
)
@pytest.mark.parametrize("password", ["maplesyrup2", "another long one"])
def test_stretched_keys_agree_with_pysnmp(priv: Priv, oracle: type, password: str) -> None:
    sha = (1, 3, 6, 1, 6, 3, 10, 1, 1, 3)
    theirs = oracle()
    master = theirs.hash_passphrase(sha, password.encode())
    expected = theirs.localize_key(sha, master, OctetString(ENGINE_ID))
    ours = KeyRing().keys(UsmUser("noc", Auth.SHA1, SECRET, priv, password), ENGINE_ID).priv
    assert ours == bytes(expected)


@given(
    st.binary(max_size=300),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**31 - 1),
    st.sampled_from([16, 32]),
)
def test_what_is_sealed_can_be_opened(plain: bytes, boots: int, time_s: int, size: int) -> None:
    salt, key = Salt().take(), b"k" * size
    sealed = encrypt(plain, key, boots, time_s, salt)
    assert decrypt(sealed, key, boots, time_s, salt) == plain
    vector = boots.to_bytes(4) + time_s.to_bytes(4) + salt
    decryptor = Cipher(AES(key), CFB(vector)).decryptor()
    assert decryptor.update(sealed) + decryptor.finalize() == plain


@given(st.sampled_from(Auth), st.binary(min_size=1, max_size=64), st.binary(max_size=300))
def test_messages_are_signed_as_by_the_standard_library(
    auth: Auth, key: bytes, text: bytes
) -> None:
    key = key[: hashlib.new(auth.digest).digest_size]  # as long as those for one engine at most
    blank = text + bytes(auth.code_bytes) + text
    code = hmac.digest(key, blank, auth.digest)[: auth.code_bytes]
    assert sign(blank, len(text), auth, key) == text + code + text


@pytest.mark.parametrize("auth", Auth)
def test_one_flipped_bit_anywhere_breaks_the_signature(auth: Auth) -> None:
    size = auth.code_bytes
    message = sign(b"head" + bytes(size) + b"tail", 4, auth, b"key")
    assert authentic(message, 4, auth, b"key")
    assert not authentic(message, 4, auth, b"yek")
    for at in range(len(message)):
        flipped = message[:at] + bytes((message[at] ^ 1,)) + message[at + 1 :]
        assert not authentic(flipped, 4, auth, b"key")


def test_salts_never_repeat() -> None:
    salt = Salt()
    assert len({salt.take() for _ in range(1000)}) == 1000


def test_secrets_show_in_no_repr() -> None:
    target = SnmpTarget("gear", "127.0.0.1", credential=user())
    keys = KeyRing().keys(user(), ENGINE_ID)
    for shown in (repr(target), str(target), repr(keys), repr(Community("hush-hush"))):
        assert SECRET not in shown
        assert "hush" not in shown
        assert keys.auth.hex() not in shown


@pytest.mark.parametrize(
    "make",
    [
        lambda: UsmUser("noc", Auth.SHA1, "short"),
        lambda: UsmUser("noc", Auth.SHA1, SECRET, Priv.AES128, "short"),
        lambda: UsmUser("", Auth.SHA1, SECRET),
        lambda: UsmUser("n" * 33, Auth.SHA1, SECRET),
        lambda: Community(""),
        lambda: SnmpTarget("gear", "127.0.0.1", port=0),
        lambda: SnmpTarget("gear", "127.0.0.1", timeout_s=0),
        lambda: SnmpTarget("gear", "127.0.0.1", max_repetitions=1000),
    ],
)
def test_unusable_settings_are_refused_without_their_secret(make: object) -> None:
    with pytest.raises(TargetError) as caught:
        make()  # type: ignore[operator]
    assert "short" not in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200))
def test_no_packet_makes_a_session_raise_more_than_decode_error(packet: bytes) -> None:
    session = UsmSession(user(), KeyRing(), Salt())
    try:
        verdict = session.judge(packet, 0, len(packet), 1, 0.0)
    except DecodeError:
        return
    assert isinstance(verdict, Disbelieved)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_mutated_messages_raise_nothing_but_decode_error(edits: list[tuple[float, int]]) -> None:
    session = UsmSession(user(), KeyRing(), Salt())
    packet = bytearray(session.encode(ask_get([encode_oid("1.3.6.1")]), 2**30, 0.0))
    for where, byte in edits:
        packet[5 + int(where * (len(packet) - 6))] = byte
    try:
        session.judge(bytes(packet), 5, len(packet), 2**30, 0.0)
    except DecodeError:
        return


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3), st.data())
def test_an_opener_reads_what_the_slow_way_reads(
    edits: list[tuple[float, int]], data: st.DataObject
) -> None:
    opener = Opener()
    for _ in range(3):
        packet = bytearray(data.draw(sealed_messages()))
        for where, byte in edits:
            packet[5 + int(where * (len(packet) - 6))] = byte
        at = 7 if packet[1] == 0x81 else 5
        assert attempt(opener.open, bytes(packet), at) == attempt(open_usm, bytes(packet), at)


@st.composite
def sealed_messages(draw: st.DrawFn) -> bytes:
    """Whole v3 messages, some of which share all of their parameters."""
    flags = draw(st.sampled_from([0, AUTH_FLAG, AUTH_FLAG | PRIV_FLAG]))
    envelope = Envelope.of(
        draw(st.sampled_from([ENGINE_ID, b"", ENGINE_ID * 4])),
        draw(st.sampled_from([1, 70_000])),
        draw(st.sampled_from([0, 127, 128])),
        b"noc",
        flags=flags,
        code_bytes=draw(st.sampled_from([12, 24])) if flags else 0,
    )
    salt = draw(st.binary(min_size=8, max_size=8)) if flags & PRIV_FLAG else b""
    scoped = ber.write(ber.SEQUENCE, bytes(draw(st.integers(0, 60))))
    return envelope.around(draw(st.integers(2**24, 2**31 - 1)), salt, scoped)


def attempt(
    read: Callable[[bytes, int, int], UsmMessage], packet: bytes, at: int
) -> UsmMessage | None:
    """What a reader makes of a message; None where it refuses it."""
    try:
        return read(packet, at, len(packet))
    except DecodeError:
        return None
