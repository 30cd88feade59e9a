"""Profiles are opened for the devices that have them, once for all that are alike."""

import gc
from weakref import ref

from monitors.profiles.library import Library, shipped
from monitors.snmp.oid import encode_oid

APC_UPS = encode_oid("1.3.6.1.4.1.318.1.3.27")


def test_devices_that_are_alike_have_the_same_profiles() -> None:
    first, second = (shipped().recognise(APC_UPS, ()) for _ in range(2))
    assert "apc-ups" in {profile.name for profile in first}
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_a_profile_that_no_device_has_is_closed_again() -> None:
    library = Library([shipped().profiles[0].profile])
    (opened,) = library.profiles
    kept = ref(opened)
    assert library.profiles[0] is opened
    del opened
    gc.collect()
    assert kept() is None


def test_an_opened_profile_is_what_was_written() -> None:
    one = next(item for item in shipped().profiles if item.name == "rfc1628-ups")
    (again,) = Library([one.profile]).profiles
    assert again.profile == one.profile
    assert again.gets == one.gets
