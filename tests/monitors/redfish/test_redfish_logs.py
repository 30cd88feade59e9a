"""A log of several pages that can be read only in part."""

from collections.abc import AsyncIterator

import pytest

from monitors.redfish.document import Document
from monitors.redfish.errors import RedfishError
from monitors.redfish.logs import EventLog
from monitors.redfish.tree import Walker

LOG = "/redfish/v1/Log/Entries"


def page(*numbers: int) -> Document:
    members = [{"@odata.id": f"{LOG}/{n}", "Id": str(n), "Message": f"m{n}"} for n in numbers]
    return Document({"Members": members, "Members@odata.count": 9})


class Pages(Walker):
    """Gives the pages that it is told to; None is one that cannot be read."""

    def __init__(self, *given: Document | None) -> None:
        self.given = given

    async def pages(self, path: str) -> AsyncIterator[Document]:
        assert path == LOG
        for each in self.given:
            if each is None:
                raise RedfishError("the BMC is busy")
            yield each


async def test_news_are_told_once_the_whole_log_can_be_read() -> None:
    log, first, second = EventLog(LOG), page(3, 2), page(1)
    assert await log.read_new(Pages(page(2), second)) == ()
    with pytest.raises(RedfishError):
        await log.read_new(Pages(first, None))
    # The first page has not changed since, and what is new on it was never told.
    assert [event.text for event in await log.read_new(Pages(first, second))] == ["m3"]
    assert await log.read_new(Pages(first, None)) == ()
