"""The visit to network gear: lines sent one by one, tried by a fresh login, saved only then.

Nothing but a trial of the device's own is atomic: after a refused line, a lost login or the
controller's end, the device is read again and sent back to what it was.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pyinfra.api.exceptions import ConnectError
from pyinfra.api.host import Host

from deploy.change import LinesChange
from deploy.failure import HostFailure, Reason, connect_failure, one_line
from deploy.messages import AreaJob, Connected, HostJob
from deploy.network.back import lines_back
from deploy.network.dialects import DIALECTS, Trial, commands, told
from deploy.network.gathered import gathered
from deploy.network.reads import RUNNING, refusal, untold
from deploy.network.secrets import Masked, SecretLineError, resolve, shown
from deploy.network.tree import ConfigurationError
from deploy.reading import told as told_facts
from deploy.remote.command_line import CommandLine
from deploy.remote.netcli import NetCliConnector
from deploy.remote.visit import Surroundings, Visit
from inventory.gear import Platform
from inventory.secrets import SecretText

LINE_S = 15.0
"""For one line; some make a device think."""
SAVE_S = 120.0
FRESH_LOGIN_S = 20.0
_PASSING = frozenset({Reason.PORT_CLOSED, Reason.UNREACHABLE, Reason.CONNECTION_LOST})


class CliVisit(Visit):
    """A visit through `@netcli`."""

    def __init__(self, around: Surroundings, target: HostJob, host: Host) -> None:
        super().__init__(around, target, host)
        self._platform = Platform(target.platform)
        self._dialect = DIALECTS[self._platform]
        self._reads = untold(around.job.readings[target.reading])
        self._logins: list[NetCliConnector] = []
        self._planned: Masked | None = None
        """The first reading, whose masks the plan's lines have."""
        self._last = Masked("", ())
        """The latest good one."""

    def _open(self) -> Connected:
        return Connected(
            host=self._target.name,
            client=self._login().client,
            port=self._target.port,
            os=str(self._platform),
        )

    def _close(self) -> None:
        for login in self._logins:
            login.disconnect()

    def _read_all(self, text: str) -> str:  # noqa: ARG002 - the visit knows it already
        self._last = self._gather(self._line)
        self._planned = self._planned or self._last
        return told_facts({RUNNING: self._last.text})

    @property
    def _line(self) -> CommandLine:
        return _line_of(self._logins[0])

    def _login(self) -> NetCliConnector:
        """A login that owes nothing to another one. Raises `HostFailure`."""
        target = self._target
        place = f"{target.user}@{target.address}:{target.port}"
        login = NetCliConnector(self._host.state, self._host)
        try:
            login.connect()
        except ConnectError as error:
            raise _login_failure(error.__cause__, place, self._platform) from error
        self._logins.append(login)
        return login

    def _gather(self, line: CommandLine) -> Masked:
        answers = {}
        for read in self._reads:
            answer = line.ask(read.command, self._job.read_timeout_s)
            refused = self._refusal(answer)
            if refused and not read.optional:
                raise HostFailure(Reason.REFUSED, f"{read.command}: the device says: {refused}")
            answers[read.section] = "" if refused else answer
        found = gathered(self._platform, answers)
        for value in found.values:
            self._redactor.add(SecretText(value))
        return found

    def _area(self, area: AreaJob) -> bool:
        trial = self._dialect.trial_on(self._last.text)
        done = 0
        try:
            for number, change in enumerate(area.changes, start=1):
                self._stop_if_told()
                if not isinstance(change, LinesChange):
                    raise HostFailure(Reason.REFUSED, f"no device takes this: {change.title}")
                self._started(area, number, change.title)
                began = time.monotonic()
                self._send(change, trial)
                self._confirm(trial)
                done = number
                self._changed(area, number, time.monotonic() - began)
            self._last = self._gather(self._line)
        except HostFailure as failure:
            restored = self._restore(trial)
            self._area_done(area, failure.reason, str(failure), restored=restored, changed=done)
            if not restored or self._line.is_lost:
                raise
            return False
        self._area_done(area, changed=done)
        return True

    def _send(self, change: LinesChange, trial: Trial | None) -> None:
        assert self._planned is not None, "nothing is changed before it was read"
        keep = trial.keep if trial else self._dialect.keep
        with self._configuring(trial.enter if trial else self._dialect.enter):
            for number, text in enumerate(commands(change.lines), start=1):
                self._stop_if_told()
                self._send_line(number, text, self._planned)
            for command in keep:
                self._say(self._line, command, SAVE_S)

    @contextmanager
    def _configuring(self, enter: str) -> Iterator[None]:
        """Leaves the configuration mode after an error, too; a draft is thrown away then."""
        if enter:
            self._say(self._line, enter)
        try:
            yield
        except HostFailure:
            self._leave((*self._dialect.abandon, *self._dialect.leave))
            raise
        self._leave(self._dialect.leave)

    def _leave(self, words: Iterable[str]) -> None:
        for command in words:
            if not self._line.is_lost:
                self._line.ask(command, LINE_S)

    def _send_line(self, number: int, text: str, masks: Masked) -> None:
        first = shown(text.strip()).split("\n", 1)[0]
        try:
            whole = resolve(text, self._secret, masks.values)
        except SecretLineError as error:
            raise HostFailure(Reason.CREDENTIAL, f"line {number} ({first}): {error}") from error
        try:
            answer = self._line.ask(whole, LINE_S)
        except HostFailure as failure:
            raise HostFailure(failure.reason, f"line {number} ({first}): {failure}") from failure
        if refused := self._refusal(answer):
            raise HostFailure(Reason.FAILED, f"line {number} ({first}): the device says: {refused}")

    def _refusal(self, answer: str) -> str:
        """What the device has against it; empty when it took it."""
        return one_line(refusal(self._platform, answer), 160)

    def _secret(self, credential: str, field: str) -> str:
        name = f"{credential}.{field}"
        if name not in self._target.secrets:
            raise SecretLineError(f"{name} was not given for this change")
        return self._target.secrets[name].get_secret_value()

    def _say(self, line: CommandLine, command: str, timeout_s: float = LINE_S) -> None:
        """A command of ours. Raises `HostFailure` when it is refused."""
        text = told(command, self._job.run, self._job.dead_man_s)
        if refused := self._refusal(line.ask(text, timeout_s)):
            raise HostFailure(Reason.FAILED, f"{text}: the device says: {refused}")

    def _confirm(self, trial: Trial | None) -> None:
        """A fresh login confirms and saves; nothing else does."""
        fresh = self._fresh_login()
        try:
            for command in (*(trial.confirm if trial else ()), *self._dialect.save):
                self._say(_line_of(fresh), command, SAVE_S)
        finally:
            fresh.disconnect()

    def _fresh_login(self) -> NetCliConnector:
        deadline = time.monotonic() + FRESH_LOGIN_S
        while True:
            try:
                return self._login()
            except HostFailure as failure:
                if failure.reason not in _PASSING or time.monotonic() > deadline:
                    raise HostFailure(
                        Reason.LOCKED_OUT, f"no login afterwards: {failure}"
                    ) from failure
            time.sleep(0.2)

    def _restore(self, trial: Trial | None) -> bool:
        """Whether the device is again what it was before the area."""
        try:
            if trial is not None:
                for command in trial.back:
                    self._say(self._line, command, SAVE_S)
            now = self._gather(self._line)
            if now.text != self._last.text:
                self._send_back(now)
            return self._gather(self._line).text == self._last.text
        except (HostFailure, ConfigurationError):
            return self._await_device() if trial is not None else False

    def _send_back(self, now: Masked) -> None:
        back = lines_back(self._platform, now.text, self._last.text)
        with self._configuring(self._dialect.enter):
            for number, text in enumerate(commands(back), start=1):
                self._send_line(number, text, self._last)
            for command in self._dialect.keep:
                self._say(self._line, command, SAVE_S)

    def _await_device(self) -> bool:
        """Waits until the device has gone back by itself."""
        # It counts in whole minutes.
        deadline = time.monotonic() + max(60, self._job.dead_man_s) + 60
        while time.monotonic() < deadline and not self._around.must_stop():
            try:
                back = self._login()
                is_back = self._gather(_line_of(back)).text == self._last.text
                back.disconnect()
            except HostFailure:
                is_back = False
            if is_back:
                return True
            time.sleep(0.5)
        return False


def _line_of(login: NetCliConnector) -> CommandLine:
    if login.line is None:
        raise HostFailure(Reason.CONNECTION_LOST, "the session was closed")
    return login.line


def _login_failure(error: BaseException | None, place: str, platform: Platform) -> HostFailure:
    """What a failed login means. netmiko's own words are many lines; its cause is one."""
    cause = error.__context__ or error if error is not None else None
    if type(error).__name__ == "ReadTimeout":
        return HostFailure(
            Reason.TIMEOUT, f"{place}: it lets us in, but has no prompt of the platform {platform}"
        )
    found = connect_failure(cause, place)
    if found.reason is Reason.KEY_REFUSED:
        return HostFailure(
            Reason.CREDENTIAL,
            f"{place}: it rejects the user or the password; check the credential of `gear: login`",
        )
    return found
