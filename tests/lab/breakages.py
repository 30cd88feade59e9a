"""One way to break each host control by hand, and the way back; both are run at the console."""

from dataclasses import dataclass

_OURS = "/etc/ssh/sshd_config.d/10-watchfloor.conf"
_THEIRS = "/etc/ssh/sshd_config.d/00-broken.conf"
_FAILLOCK = "/etc/security/faillock.conf"


@dataclass(frozen=True, slots=True)
class Breakage:
    """Shell text that breaks one thing, and shell text that undoes it."""

    do: str
    undo: str


def _sshd(line: str) -> Breakage:
    """sshd takes the first value that it reads, and reads this file before ours."""
    return Breakage(
        f"echo '{line}' > {_THEIRS} && systemctl reload ssh",
        f"rm -f {_THEIRS} && systemctl reload ssh",
    )


def _edited(path: str, edit: str, after: str = "true") -> Breakage:
    return Breakage(
        f"cp -p {path} /root/kept && sed -i --follow-symlinks '{edit}' {path} && {after}",
        f"cat /root/kept > {path} && rm /root/kept && {after}",
    )


def _file(path: str, text: str, after: str = "true") -> Breakage:
    return Breakage(
        f"mkdir -p $(dirname {path}) && printf '{text}' > {path} && {after}",
        f"rm -f {path} && {after}",
    )


def _mode(path: str, mode: str, usual: str) -> Breakage:
    return Breakage(f"chmod {mode} {path}", f"chmod {usual} {path}")


BREAKAGES = {
    "apt-signed": _file(
        "/etc/apt/sources.list.d/broken.list",
        "deb [trusted=yes] http://deb.mirror.lan/debian bookworm main\\n",
    ),
    "auth-dictcheck": _edited("/etc/security/pwquality.conf", "s/^dictcheck.*/dictcheck = 0/"),
    "auth-hash": _edited("/etc/login.defs", "s/^ENCRYPT_METHOD.*/ENCRYPT_METHOD MD5/"),
    "auth-history": _edited("/etc/pam.d/common-password", "s/remember=24/remember=5/"),
    "auth-inactive": _edited("/etc/default/useradd", "s/^INACTIVE=.*/INACTIVE=-1/"),
    "auth-local-accounts-match": Breakage("useradd -m intruder", "userdel -r intruder 2>/dev/null"),
    "auth-lockout-release": _edited(_FAILLOCK, "s/^unlock_time.*/unlock_time = 900/"),
    "auth-lockout-threshold": _edited("/etc/pam.d/common-auth", "/pam_faillock.so preauth/d"),
    "auth-lockout-window": _edited(_FAILLOCK, "s/^fail_interval.*/fail_interval = 60/"),
    "auth-minlen": _edited("/etc/security/pwquality.conf", "s/^minlen.*/minlen = 8/"),
    "auth-no-empty-shadow": _edited("/etc/shadow", "s/^games:[^:]*:/games::/"),
    "auth-system-nologin": Breakage(
        "usermod -s /bin/bash games", "usermod -s /usr/sbin/nologin games"
    ),
    "auth-uid0": _edited("/etc/passwd", "s/^games:x:5:/games:x:0:/"),
    "banner-local": _edited("/etc/issue", "s/restricted/friendly/"),
    "host-fw-default-deny": Breakage(
        "nft 'add chain inet watchfloor input { policy accept; }'",
        "nft 'add chain inet watchfloor input { policy drop; }'",
    ),
    "journald-persistent": _file(
        "/etc/systemd/journald.conf.d/zzz-broken.conf",
        "[Journal]\\nStorage=volatile\\n",
        "systemctl restart systemd-journald && journalctl --flush",
    ),
    "net-ip-forward-off": Breakage(
        "sysctl -qw net.ipv4.ip_forward=1",
        # The kernel sets others back to their defaults with it (ip-sysctl).
        "sysctl -qw net.ipv4.ip_forward=0 && sysctl -qw net.ipv4.conf.all.accept_redirects=0",
    ),
    "net-syncookies": Breakage(
        "sysctl -qw net.ipv4.tcp_syncookies=0", "sysctl -qw net.ipv4.tcp_syncookies=1"
    ),
    "no-idle-services": _file(
        "/etc/systemd/system/cups.service",
        "[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n",
        "if [ -f /etc/systemd/system/cups.service ]; then systemctl -q enable cups;"
        " else rm -f /etc/systemd/system/multi-user.target.wants/cups.service; fi;"
        " systemctl daemon-reload",
    ),
    "no-telnet-rsh": Breakage(
        "mkdir -p /root/telnet/DEBIAN && printf 'Package: telnet\\nVersion: 1\\n"
        "Architecture: all\\n"
        "Maintainer: none <none@example.org>\\nDescription: none\\n' > /root/telnet/DEBIAN/control"
        " && dpkg-deb --build /root/telnet /root/telnet.deb && dpkg -i /root/telnet.deb",
        "dpkg --purge telnet && rm -r /root/telnet /root/telnet.deb",
    ),
    "os-supported": _edited("/etc/os-release", 's/^VERSION_ID=.*/VERSION_ID="10"/'),
    "ports-allowlist": Breakage(
        "systemd-run -q --unit=broken-listener --service-type=notify"
        ' python3 -c \'import os, socket; s = socket.create_server(("", 8099));'
        " n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);"
        ' n.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"]); s.accept()\'',
        "systemctl stop broken-listener",
    ),
    "shadow-perms": _mode("/etc/shadow", "644", "640"),
    "shell-timeout": _file("/etc/profile.d/zz-broken.sh", "TMOUT=9000\\n"),
    "ssh-allow-groups": _edited(_OURS, "/^AllowGroups/d", "systemctl reload ssh"),
    "ssh-banner": _sshd("Banner none"),
    "ssh-ciphers-approved": _sshd("Ciphers aes256-ctr,chacha20-poly1305@openssh.com"),
    "ssh-config-perms": _mode("/etc/ssh/sshd_config", "644", "600"),
    "ssh-empty-passwords": _sshd("PermitEmptyPasswords yes"),
    "ssh-hostkey-perms": _mode("/etc/ssh/ssh_host_ed25519_key", "644", "600"),
    "ssh-idle-timeout": _sshd("ClientAliveInterval 0"),
    "ssh-kex-approved": _sshd("KexAlgorithms ecdh-sha2-nistp256,curve25519-sha256"),
    "ssh-loglevel": _sshd("LogLevel QUIET"),
    "ssh-macs-approved": _sshd("MACs hmac-sha2-256,hmac-sha1"),
    "ssh-max-auth-tries": _sshd("MaxAuthTries 6"),
    "ssh-no-forwarding": _sshd("DisableForwarding no"),
    "ssh-root-login": _sshd("PermitRootLogin prohibit-password"),
    "sudo-auth": _file("/etc/sudoers.d/99-broken", "analyst ALL=(ALL) NOPASSWD: ALL\\n"),
    "sudo-log": _edited("/etc/sudoers.d/zz-watchfloor", "/logfile/d"),
    "time-offset": Breakage("systemctl stop chrony", "systemctl start chrony"),
    "time-sync": Breakage("chronyc add server 192.0.2.1 offline", "chronyc delete 192.0.2.1"),
}
