"""The local policy of a Windows console, from its baseline. Pure.

Names and values are those of Windows 11's own policy files (registry.pol, secedit, auditpol).
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from deploy.consoles.settings import IdleLock, idle_lock
from inventory.baseline import Baseline
from inventory.model import Center, Device

_POLICIES = r"HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies"
_MANAGED = r"HKLM:\SOFTWARE\Policies\Microsoft"
_SYSTEM = r"HKLM:\SYSTEM\CurrentControlSet"
_FOREVER = -1
"""Until an administrator unlocks the account."""
_LONGEST_CLASSIC = 14
"""Longer minimum lengths of passwords have to be allowed first."""
_LONGEST_HISTORY = 24
AUDITED: tuple[tuple[str, str], ...] = (
    ("0CCE9215-69AE-11D9-BED3-505054503030", "Logon"),
    ("0CCE9216-69AE-11D9-BED3-505054503030", "Logoff"),
    ("0CCE9217-69AE-11D9-BED3-505054503030", "Account Lockout"),
    ("0CCE921B-69AE-11D9-BED3-505054503030", "Special Logon"),
    ("0CCE9235-69AE-11D9-BED3-505054503030", "User Account Management"),
    ("0CCE9237-69AE-11D9-BED3-505054503030", "Security Group Management"),
    ("0CCE922F-69AE-11D9-BED3-505054503030", "Audit Policy Change"),
    ("0CCE9230-69AE-11D9-BED3-505054503030", "Authentication Policy Change"),
    ("0CCE9228-69AE-11D9-BED3-505054503030", "Sensitive Privilege Use"),
    ("0CCE9210-69AE-11D9-BED3-505054503030", "Security State Change"),
    ("0CCE922B-69AE-11D9-BED3-505054503030", "Process Creation"),
    ("0CCE9245-69AE-11D9-BED3-505054503030", "Removable Storage"),
)
"""Audited for success and failure (CJIS AU-2); by GUID, which no language of Windows changes."""


@dataclass(frozen=True, slots=True)
class RegistryValue:
    """One value of the registry, and what it is for."""

    key: str
    name: str
    kind: Literal["Dword", "String"]
    data: str
    title: str

    @property
    def resource(self) -> str:
        """Its name in the configuration."""
        return f"{self.title} ({self.name})"


@dataclass(frozen=True, slots=True)
class AccountRule:
    """One line of `[System Access]` in a security template."""

    name: str
    value: int
    title: str


@dataclass(frozen=True, slots=True)
class WindowsPolicy:
    """Everything that the pack sets on one console."""

    device: Device
    values: tuple[RegistryValue, ...]
    rules: tuple[AccountRule, ...]
    lock: IdleLock
    pages: tuple[str, ...]
    """What the browser opens; for the checklist."""


def windows_consoles(center: Center) -> tuple[Device, ...]:
    """The devices that the pack is for."""
    return tuple(device for device in center.devices.values() if device.os.startswith("windows"))


def policy(center: Center, device: Device, today: date) -> WindowsPolicy:
    """One console's. `today` decides on the exemption from the idle lock."""
    baseline = device.baseline or center.baseline
    lock = idle_lock(baseline, device.desk, today)
    return WindowsPolicy(
        device=device,
        values=(
            *_login(center, baseline, lock),
            *_devices_and_network(),
            *_time(center),
            *_length(baseline),
        ),
        rules=_rules(baseline),
        lock=lock,
        pages=device.desk.start_pages if device.desk is not None else (),
    )


def _number(key: str, name: str, data: int, title: str) -> RegistryValue:
    return RegistryValue(key, name, "Dword", str(data), title)


def _login(center: Center, baseline: Baseline, lock: IdleLock) -> tuple[RegistryValue, ...]:
    system = rf"{_POLICIES}\System"
    lsa = rf"{_SYSTEM}\Control\Lsa"
    caption = RegistryValue(
        system, "LegalNoticeCaption", "String", center.title, "Title of the banner"
    )
    banner = baseline.banner.strip()
    return (
        caption,
        RegistryValue(system, "LegalNoticeText", "String", banner, "Banner before login"),
        _number(system, "InactivityTimeoutSecs", lock.after_s, "Idle lock"),
        _number(system, "DontDisplayLastUserName", 1, "No name of the last user"),
        _number(system, "EnableLUA", 1, "User account control"),
        _number(system, "ConsentPromptBehaviorUser", 0, "No elevation for operators"),
        _number(lsa, "LmCompatibilityLevel", 5, "NTLMv2 alone"),
        _number(lsa, "NoLMHash", 1, "No LM hashes"),
        _number(lsa, "RestrictAnonymous", 1, "No anonymous listing"),
        _number(lsa, "RunAsPPL", 1, "Protected credentials"),
        _number(lsa, "SCENoApplyLegacyAuditPolicy", 1, "Audit by subcategory"),
    )


def _devices_and_network() -> tuple[RegistryValue, ...]:
    firewall = rf"{_MANAGED}\WindowsFirewall"
    return (
        _number(rf"{_SYSTEM}\Services\USBSTOR", "Start", 4, "USB storage off"),
        _number(rf"{_POLICIES}\Explorer", "NoDriveTypeAutoRun", 255, "Autorun off"),
        _number(
            rf"{_SYSTEM}\Control\Terminal Server", "fDenyTSConnections", 1, "Remote desktop off"
        ),
        _number(
            rf"{_SYSTEM}\Control\Remote Assistance", "fAllowToGetHelp", 0, "Remote assistance off"
        ),
        _number(rf"{_SYSTEM}\Services\LanmanServer\Parameters", "SMB1", 0, "SMB version 1 off"),
        _number(rf"{_MANAGED}\Windows NT\DNSClient", "EnableMulticast", 0, "LLMNR off"),
        *(
            _number(rf"{firewall}\{name}Profile", value, 1, f"Firewall, {name.lower()} networks")
            for name in ("Domain", "Private", "Public")
            for value in ("EnableFirewall", "DefaultInboundAction")
        ),
        _number(rf"{_MANAGED}\Windows\EventLog\Security", "MaxSize", 1048576, "Security log, KiB"),
    )


def _time(center: Center) -> tuple[RegistryValue, ...]:
    """Those servers that have an address; flag 9: a client of each, at its own interval."""
    servers = [center.devices[name].address for name in center.time_servers]
    listed = " ".join(f"{address},0x9" for address in servers if address is not None)
    if not listed:
        return ()
    key = rf"{_SYSTEM}\Services\W32Time\Parameters"
    return (
        RegistryValue(key, "NtpServer", "String", listed, "Time servers"),
        RegistryValue(key, "Type", "String", "NTP", "Time by NTP"),
    )


def _length(baseline: Baseline) -> tuple[RegistryValue, ...]:
    if baseline.password_min_length <= _LONGEST_CLASSIC:
        return ()
    key = rf"{_SYSTEM}\Control\SAM"
    return (_number(key, "RelaxMinimumPasswordLengthLimits", 1, "Long passwords"),)


def _rules(baseline: Baseline) -> tuple[AccountRule, ...]:
    release = baseline.lockout_release_s
    window = _minutes(baseline.lockout_window_s)
    locked = max(_minutes(release), window) if release else _FOREVER
    return (
        AccountRule("MinimumPasswordLength", baseline.password_min_length, "Shortest password"),
        AccountRule("PasswordComplexity", int(baseline.password_classes >= 3), "Complexity"),
        AccountRule(
            "PasswordHistorySize",
            min(baseline.password_history, _LONGEST_HISTORY),
            "Old passwords refused",
        ),
        AccountRule("MaximumPasswordAge", baseline.password_max_days, "Days until a change"),
        AccountRule("MinimumPasswordAge", baseline.password_min_days, "Days before a change"),
        AccountRule("ClearTextPassword", 0, "No reversible passwords"),
        AccountRule("LockoutBadCount", baseline.lockout_attempts, "Wrong passwords that lock"),
        AccountRule("ResetLockoutCount", window, "Minutes in which they count together"),
        AccountRule("LockoutDuration", locked, "Minutes locked; -1: until released"),
        AccountRule("EnableGuestAccount", 0, "No guest account"),
    )


def _minutes(seconds: int) -> int:
    return max(1, -(-seconds // 60))
