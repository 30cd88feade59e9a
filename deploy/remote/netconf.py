"""The visit over NETCONF: a confirmed commit that only a fresh session makes last (RFC 6241, 8.4).

The device itself goes back when nobody confirms in time, whatever became of us.
"""

import time
from contextlib import suppress
from typing import Any

from ncclient import manager
from ncclient.operations import RPCError, TimeoutExpiredError
from ncclient.transport.errors import (
    AuthenticationError,
    SSHError,
    SSHUnknownHostError,
    TransportError,
)
from paramiko import SSHException

from deploy.change import LinesChange
from deploy.failure import HostFailure, Reason, one_line
from deploy.messages import AreaJob, Connected
from deploy.network.netconf import LEAVES, LONGEST, SECTION, SYSTEM, config, told
from deploy.reading import told as told_facts
from deploy.remote.visit import Visit

RPC_S = 20
LEISURE_S = 4.0
"""netconfd looks at its clock only when nobody has talked to it for a while."""
NEEDED = (":candidate", ":confirmed-commit:1.1")
_FILTER = ("subtree", f'<system xmlns="{SYSTEM}"/>')
_ERRORS = (RPCError, TimeoutExpiredError, TransportError, SSHException, OSError, EOFError)


class NetconfVisit(Visit):
    """A visit through ncclient."""

    _session: Any = None

    def _open(self) -> Connected:
        self._session = self._login()
        missing = [each for each in NEEDED if each not in self._session.server_capabilities]
        if missing:
            raise HostFailure(
                Reason.REFUSED, f"its NETCONF has no {' and no '.join(missing)}: use `way: cli`"
            )
        return Connected(host=self._target.name, client="", port=self._target.port, os="netconf")

    def _close(self) -> None:
        if self._session is not None:
            _close(self._session)

    def _login(self) -> Any:
        """A session that owes nothing to another one. Raises `HostFailure`."""
        target = self._target
        place = f"{target.user}@{target.address}:{target.port}"
        if not target.host_keys:
            raise HostFailure(
                Reason.HOST_KEY_UNKNOWN,
                f"{place}: its host key is not on record; run `watchfloor enroll` first",
            )
        try:
            return manager.connect(
                host=target.address,
                port=target.port,
                username=target.user,
                password=target.password.get_secret_value(),
                hostkey_verify=True,
                hostkey_b64=target.host_keys[0].split()[1],
                allow_agent=False,
                look_for_keys=False,
                timeout=self._job.connect_timeout_s,
                manager_params={"timeout": RPC_S},
            )
        except _ERRORS as error:
            raise _login_failure(error, place) from error

    def _read_all(self, text: str) -> str:  # noqa: ARG002 - the visit knows what to ask
        return told_facts({SECTION: told(self._leaves(self._session))})

    def _leaves(self, session: Any) -> dict[str, str]:
        try:
            data = session.get_config(source="running", filter=_FILTER).data_ele
        except _ERRORS as error:
            raise _rpc_failure(error, "reading it") from error
        found = ((leaf, data.findtext(f"{{{SYSTEM}}}system/{{{SYSTEM}}}{leaf}")) for leaf in LEAVES)
        return {leaf: one_line(value, LONGEST) for leaf, value in found if value}

    def _area(self, area: AreaJob) -> bool:
        done = 0
        before = self._leaves(self._session)
        name = f"watchfloor-{self._job.run}-{area.name}"
        try:
            for number, change in enumerate(area.changes, start=1):
                self._stop_if_told()
                if not isinstance(change, LinesChange):
                    raise HostFailure(Reason.REFUSED, f"no device takes this: {change.title}")
                self._started(area, number, change.title)
                began = time.monotonic()
                self._try(change, name)
                self._stop_if_told()
                self._confirm(name)
                done = number
                self._changed(area, number, time.monotonic() - began)
        except HostFailure as failure:
            restored = self._restore(before, name)
            self._area_done(area, failure.reason, str(failure), restored=restored, changed=done)
            if not restored or not self._session.connected:
                raise
            return False
        self._area_done(area, changed=done)
        return True

    def _try(self, change: LinesChange, name: str) -> None:
        session = self._session
        try:
            session.discard_changes()
            session.edit_config(
                target="candidate", config=config(change.lines), error_option="rollback-on-error"
            )
            session.commit(confirmed=True, timeout=str(self._job.dead_man_s), persist=name)
        except _ERRORS as error:
            raise _rpc_failure(error, "trying it") from error

    def _confirm(self, name: str) -> None:
        fresh = self._login()
        try:
            fresh.commit(persist_id=name)
        except _ERRORS as error:
            raise _rpc_failure(error, "confirming it") from error
        finally:
            _close(fresh)

    def _restore(self, before: dict[str, str], name: str) -> bool:
        """Whether the device is what it was: at once, or when its own time is over."""
        # When nothing was tried yet, or nobody answers, the next reading tells.
        with suppress(*_ERRORS):
            self._session.discard_changes()
            self._session.cancel_commit(persist_id=name)
        deadline = time.monotonic() + self._job.dead_man_s + RPC_S
        while not self._around.must_stop():
            if self._is_as(before):
                return True
            if time.monotonic() > deadline:
                break
            time.sleep(LEISURE_S)
        return False

    def _is_as(self, before: dict[str, str]) -> bool:
        try:
            session = self._login()
        except HostFailure:
            return False
        try:
            return self._leaves(session) == before
        except HostFailure:
            return False
        finally:
            _close(session)


def _close(session: Any) -> None:
    with suppress(*_ERRORS):  # it may be over already
        session.close_session()


def _rpc_failure(error: BaseException, doing: str) -> HostFailure:
    if isinstance(error, TimeoutExpiredError):
        return HostFailure(Reason.TIMEOUT, f"{doing}: no answer within {RPC_S} s")
    if isinstance(error, RPCError):
        said = one_line(str(error.message or error.tag), 160)
        return HostFailure(Reason.FAILED, f"{doing}: the device says: {said}")
    return HostFailure(Reason.CONNECTION_LOST, f"{doing}: the session broke off")


def _login_failure(error: BaseException, place: str) -> HostFailure:
    if isinstance(error, AuthenticationError):
        return HostFailure(
            Reason.CREDENTIAL,
            f"{place}: it rejects the user or the password; check the credential of `gear: login`",
        )
    if isinstance(error, SSHUnknownHostError):
        return HostFailure(
            Reason.HOST_KEY_WRONG,
            f"{place}: its host key is not the one on record; compare the fingerprint at its"
            " console and enroll it again",
        )
    if isinstance(error, SSHError | OSError):
        return HostFailure(
            Reason.PORT_CLOSED, f"{place}: nothing answers there; is NETCONF switched on?"
        )
    return HostFailure(Reason.CONNECTION_LOST, f"{place}: the session broke off")
