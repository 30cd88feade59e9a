"""The visit to a BMC: reads each area's settings, sets them, and reads back what it set."""

from collections.abc import Callable, Mapping

from pydantic import SecretStr

from deploy.bmc.facts import ALERTS, CIPHERS, LAN, USERS, Facts
from deploy.bmc.talk import BmcReading
from deploy.bmc.users import is_shut
from deploy.bmc_change import BmcSettingChange, BmcUserChange
from deploy.change import Change
from deploy.failure import HostFailure, Reason
from deploy.messages import Connected
from deploy.reading import told
from deploy.remote.bmc_reader import LONGEST_PASSWORD, BmcReader, password_octets
from deploy.remote.bmc_session import APP, EVENTS, TRANSPORT, BmcRefusal, BmcSession
from deploy.remote.stepwise import StepwiseVisit
from deploy.undo_change import UndoChange

_DISABLE, _ENABLE, _SET = 0, 1, 2
_CHANGE_ACCESS = 0x80


class IpmiVisit(StepwiseVisit):
    """Through one session, which no other visit shares."""

    _session: BmcSession | None = None

    def _open(self) -> Connected:
        target = self._target
        self._session = BmcSession.open(target)
        self._reader = BmcReader(self._session)
        return Connected(host=target.name, client="", port=target.port, os="appliance")

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()

    def _read_all(self, text: str) -> str:
        reading = BmcReading.model_validate_json(text)
        passwords = {
            user: self._target.secrets[name]
            for user, name in reading.passwords.items()
            if name in self._target.secrets
        }
        read: Mapping[str, Callable[[], Facts]] = {
            USERS: lambda: self._reader.users(passwords),
            CIPHERS: self._reader.ciphers,
            LAN: self._reader.network,
            ALERTS: self._reader.alerts,
        }
        return told({area: read[area]().model_dump_json() for area in reading.areas})

    def _make(self, change: Change) -> None:
        try:
            if isinstance(change, BmcUserChange):
                self._set_user(change)
            elif isinstance(change, BmcSettingChange):
                self._set_parameter(change)
            elif not isinstance(change, UndoChange):  # of a run that set passwords alone
                raise HostFailure(Reason.FAILED, f"a BMC cannot do that: {change.title}")
        except BmcRefusal as refusal:
            raise HostFailure(Reason.REFUSED, f"{change.title}: {refusal}") from refusal
        except IndexError as error:
            why = "what it answers has another form"
            raise HostFailure(Reason.FAILED, f"{change.title}: {why}") from error

    def _set_user(self, change: BmcUserChange) -> None:
        """The password before the right to log in, so that no old one opens anything."""
        wanted, slot = change.wanted, change.slot
        if is_shut(wanted):
            self._switch(slot, _DISABLE)
        if wanted.name != change.before.name:
            self._ask(APP, 0x45, slot, *wanted.name.encode().ljust(16, b"\0"))
        if change.password:
            self._set_password(slot, self._target.secrets[change.password])
        access = _CHANGE_ACCESS | wanted.messaging << 4 | self._reader.channel
        self._ask(APP, 0x43, access, slot, wanted.privilege, 0)
        if not is_shut(wanted):
            self._switch(slot, _ENABLE)
        self._check_user(change)

    def _check_user(self, change: BmcUserChange) -> None:
        """Sections 22.27 and 22.29: what stands there now."""
        now, wanted = self._reader.user(change.slot), change.wanted
        if is_shut(now) and is_shut(wanted) and now.name == wanted.name:
            return
        same = (now.name, now.privilege, now.messaging, is_shut(now))
        if same != (wanted.name, wanted.privilege, wanted.messaging, is_shut(wanted)):
            raise HostFailure(Reason.NOT_PROVEN, f"{change.title}: done, and it still says: {now}")

    def _set_password(self, slot: int, password: SecretStr) -> None:
        octets = password.get_secret_value().encode()
        if len(octets) > LONGEST_PASSWORD:
            raise HostFailure(Reason.CREDENTIAL, "the password is longer than IPMI's 20 octets")
        self._ask(APP, 0x47, *password_octets(slot, _SET, octets))
        if self._reader.told(slot, password) == "wrong":
            raise HostFailure(Reason.NOT_PROVEN, "it took the password, and does not know it")

    def _switch(self, slot: int, operation: int) -> None:
        """Some refuse to switch off what is off; the read-back judges."""
        try:
            self._ask(APP, 0x47, slot, operation)
        except BmcRefusal as refusal:
            if refusal.code == 0xC7:  # the older length, with a password that is ignored
                self._ask(APP, 0x47, *password_octets(slot, operation, b""))
            elif refusal.code != 0xCC:
                raise

    def _set_parameter(self, change: BmcSettingChange) -> None:
        channel = self._reader.channel
        if change.group == "lan":
            self._ask(TRANSPORT, 0x01, channel, change.parameter, *change.value)
            now = self._reader.lan(change.parameter, change.selector)
        else:
            self._ask(EVENTS, 0x12, change.parameter, *change.value)
            now = self._reader.events(change.parameter, change.selector)
        if not change.is_shown_by(now):
            raise HostFailure(
                Reason.NOT_PROVEN, f"{change.title}: done, and it still says {now.hex(' ')}"
            )

    def _ask(self, function: int, command: int, *data: int) -> None:
        assert self._session is not None
        self._session.ask(function, command, *data)
