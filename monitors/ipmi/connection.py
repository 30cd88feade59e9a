"""A BMC as the rest of the monitor asks it: the session is kept, renewed and closed here."""

import asyncio
import contextlib
from collections.abc import Sequence

from monitors.ipmi.errors import (
    CommandError,
    IpmiError,
    PrivilegeError,
    SessionLostError,
    SilentError,
    WrongPasswordError,
    WrongUserError,
)
from monitors.ipmi.link import Link
from monitors.ipmi.login import (
    APP,
    AuthCapabilities,
    Login,
    Session,
    ask_in_session,
    read_auth_capabilities,
    read_cipher_suites,
)
from monitors.ipmi.messages import OK, Request, Response, completion
from monitors.ipmi.target import IpmiTarget, Privilege
from monitors.ipmi.transport import UdpTransport

KEEPALIVE_S = 25.0
"""BMCs drop a session after 60 s of silence (section 6.12.15), some sooner."""
KEEPALIVE_FOR_S = 300.0
"""A session that nobody has used for that long is left to expire."""
GOODBYE_S = 0.5
DEVICE_ID = Request(APP, 0x01)


class Connection:
    """One BMC and one user. Questions queue here, so that one BMC delays no other."""

    def __init__(self, transport: UdpTransport, target: IpmiTarget) -> None:
        self.target = target
        self.link = Link(transport, target)
        self.logins = 0
        """Sessions opened so far: a change means that the BMC may have been restarted."""
        self._login = Login(self.link, target)
        self._privilege = target.privilege
        self._session: Session | None = None
        self._may_not_rise = False
        self._queue = asyncio.Lock()
        self._refused: tuple[float, IpmiError] | None = None
        self._keepalive: asyncio.TimerHandle | None = None
        self._keepalive_task: asyncio.Task[None] | None = None
        self._last_used = 0.0

    @property
    def cipher_suite(self) -> int | None:
        """The number of the open session's cipher suite."""
        return self._session.suite.number if self._session else None

    @property
    def privilege(self) -> Privilege:
        """What sessions are opened with."""
        return self._privilege

    async def exchange(self, requests: Sequence[Request]) -> list[Response]:
        """The responses in order of the requests, within a session that is opened as needed.

        A session that was lost is renewed once, and all requests are sent again. Raises IpmiError.
        """
        async with self._queue:
            fresh = self._session is None
            session = self._session or await self._open()
            try:
                return await self._ask(session, requests)
            except SessionLostError:
                if fresh:
                    raise
            return await self._ask(await self._open(), requests)

    async def ask(self, request: Request) -> Response:
        """The response to one request."""
        return (await self.exchange([request]))[0]

    async def command(self, request: Request) -> bytes:
        """The data of a successful response; raises CommandError for any other."""
        response = await self.ask(request)
        if response.code != OK:
            raise CommandError(
                f"{self.link.where} answers command {request.netfn:#04x}/{request.command:#04x}"
                f" with {completion(response.code)}: check the user's privilege and the firmware",
                response.code,
            )
        return response.data

    async def raise_privilege(self) -> bool:
        """Asks for OPERATOR from now on; False when that is so already, or the user may not."""
        async with self._queue:
            if self._privilege >= Privilege.OPERATOR or self._may_not_rise:
                return False
            await self._say_goodbye()
            before, self._privilege = self._privilege, Privilege.OPERATOR
            try:
                await self._open()
            except PrivilegeError:
                self._privilege, self._may_not_rise, self._refused = before, True, None
                return False
            return True

    async def auth_capabilities(self, privilege: Privilege) -> AuthCapabilities:
        """What the BMC tells anybody about logging in at a privilege."""
        async with self._queue:
            await self.link.find()
            return await read_auth_capabilities(self.link, privilege)

    async def offered_cipher_suites(self) -> tuple[int, ...] | None:
        """What the BMC tells anybody about its cipher suites; None when it does not say."""
        async with self._queue:
            await self.link.find()
            return await read_cipher_suites(self.link)

    async def opens_with_cipher_zero(self) -> bool:
        """One try to begin a session without authentication; it is not carried through."""
        async with self._queue:
            await self.link.find()
            return await self._login.opens_with_cipher_zero()

    async def close(self) -> None:
        """Ends the session politely and stops listening. Safe to call twice."""
        self._stop_keepalive()
        async with self._queue:
            await self._say_goodbye()
            self.link.leave()

    async def _open(self) -> Session:
        loop = asyncio.get_running_loop()
        if self._refused and loop.time() < self._refused[0]:
            raise self._refused[1].with_traceback(None)  # each raise would add to its trace
        try:
            await self.link.find()
            self._session = await self._login.open(self._privilege)
        except (WrongUserError, WrongPasswordError, PrivilegeError) as error:
            self._refused = (loop.time() + self.target.credential_pause_s, error)
            raise
        self._refused = None
        self.logins += 1
        return self._session

    async def _ask(self, session: Session, requests: Sequence[Request]) -> list[Response]:
        try:
            responses = await ask_in_session(self.link, session, list(requests))
        except SilentError as error:
            self._session = None
            raise SessionLostError(str(error)) from error
        except IpmiError:
            self._session = None
            raise
        self._last_used = asyncio.get_running_loop().time()
        self._stay_awake()
        return responses

    async def _say_goodbye(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        request = Request(APP, 0x3C, session.framing.managed_session.to_bytes(4, "little"))
        # A BMC that does not hear it ends the session by itself a minute later.
        with contextlib.suppress(IpmiError):
            await ask_in_session(self.link, session, [request], GOODBYE_S)

    def _stay_awake(self) -> None:
        if self._keepalive is None:
            loop = asyncio.get_running_loop()
            self._keepalive = loop.call_later(KEEPALIVE_S, self._start_keepalive)

    def _start_keepalive(self) -> None:
        self._keepalive = None
        idle_s = asyncio.get_running_loop().time() - self._last_used
        if self._session is not None and idle_s < KEEPALIVE_FOR_S:
            self._keepalive_task = asyncio.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        async with self._queue:
            if self._session is None:
                return
            last_used = self._last_used
            # A lost session is renewed by the next poll, which also reports a silent BMC.
            with contextlib.suppress(IpmiError):
                await self._ask(self._session, [DEVICE_ID])
            self._last_used = last_used

    def _stop_keepalive(self) -> None:
        if self._keepalive is not None:
            self._keepalive.cancel()
            self._keepalive = None
        if self._keepalive_task is not None:
            self._keepalive_task.cancel()
            self._keepalive_task = None
