"""How SNMPv3 messages are encrypted: AES in CFB mode (RFC 3826).

Apart from the keys, because the library of ciphers is large and SNMPv2c does without.
"""

from collections.abc import Callable
from functools import lru_cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from monitors.snmp.errors import DecodeError


def encrypt(plain: bytes, key: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
    """AES-CFB as RFC 3826 section 3.1.3 uses it.

    As requests are short, to make a context for each would cost more than their few blocks do.
    """
    block, size = _vector(boots, time_s, salt), len(plain)
    if size > _SHORT:
        encryptor = Cipher(_aes(key), CFB(block)).encryptor()
        return encryptor.update(plain) + encryptor.finalize()
    encrypted, number, sealed = _encrypted_blocks(key), int.from_bytes, b""
    for at in range(0, size, _BLOCK):
        part = plain[at : at + _BLOCK].ljust(_BLOCK, b"\0")
        block = (number(encrypted(block)) ^ number(part)).to_bytes(_BLOCK)
        sealed += block
    return sealed[:size]


def decrypt(sealed: bytes, key: bytes, boots: int, time_s: int, salt: bytes) -> bytes:
    """The reverse of `encrypt`.

    What CFB adds to the text is the encryption of its vector and of all blocks but the last: known
    at once, so that one call with a context that is kept does it, and none is made for a packet.

    Raises:
        DecodeError: The salt has not the length that AES needs.
    """
    if len(salt) != 8:
        raise DecodeError("the privacy parameters of an SNMPv3 message are not eight bytes")
    size = len(sealed)
    blocks = _vector(boots, time_s, salt) + sealed
    pad = _encrypted_blocks(key)(blocks[: (size + _BLOCK - 1) // _BLOCK * _BLOCK])[:size]
    return (int.from_bytes(pad) ^ int.from_bytes(sealed)).to_bytes(size)


def _vector(boots: int, time_s: int, salt: bytes) -> bytes:
    return boots.to_bytes(4) + time_s.to_bytes(4) + salt


_BLOCK = 16
_SHORT = 128
"""Up to so many bytes, single blocks are faster."""
_aes = lru_cache(maxsize=4096)(AES)


@lru_cache(maxsize=4096)
def _encrypted_blocks(key: bytes) -> Callable[[bytes], bytes]:
    """Encrypts each block by itself: the function that CFB is made of, and nothing else."""
    return Cipher(_aes(key), ECB()).encryptor().update  # noqa: S305 - the block function of CFB
