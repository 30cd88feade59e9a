"""One self-signed BMC certificate for all tests here; probes are closed after each."""

from collections.abc import AsyncIterator

import pytest

from tests.certificates import Authority, Signed
from tests.monitors.redfish.bmcs import MADE


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("bmc"))


@pytest.fixture(scope="session")
def signed(authority: Authority) -> Signed:
    return authority.sign("idrac-EXMPL01", itself=True)


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while MADE:
        await MADE.pop().close()
