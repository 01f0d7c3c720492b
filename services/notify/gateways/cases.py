"""Asks responsibility for its cases."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

import structlog

from chassis.messaging.calling import RpcCaller
from contracts.failures import Failure
from contracts.fields import PAGE_MAX
from services.notify.application.ports import CasesAway
from services.notify.application.taking_over import RunningTerm
from services.notify.domain.digest import COUNTED_MAX, Running

SERVICE: Final = "responsibility"

log = structlog.get_logger(__name__)


class ResponsibilityCases:
    """The cases as responsibility has them, by RPC."""

    def __init__(self, caller: RpcCaller) -> None:
        self._caller = caller

    def open_of(self, owner: str) -> Sequence[str]:
        """Return the numbers of the open matters that a leader owns."""
        return [each["number"] for each in self._items("caseload", owner=owner)]

    def running_of(self, owner: str) -> Sequence[Running]:
        """Return the terms that run in the matters of a leader."""
        return [_running(each) for each in self._items("terms", owner=owner, running=True)]

    def running_in(self, office: str) -> Sequence[Running]:
        """Return the terms that run in the matters of an office."""
        return [_running(each) for each in self._items("terms", office=office, running=True)]

    def untaken_in(self, office: str) -> Sequence[str]:
        """Return the numbers of what nobody owns yet in an office, the oldest first."""
        return [each["number"] for each in self._items("open_list", office=office)]

    def page(self, cursor: str) -> tuple[Sequence[RunningTerm], str]:
        """Return a page of the terms that run, and the cursor of the next; empty for none."""
        page = self._page("terms", running=True, limit=PAGE_MAX, cursor=cursor)
        return [_running_term(each) for each in page["items"]], page["next_cursor"]

    def runs(self, number: str, term: str) -> bool:
        """Tell whether a term of a matter runs."""
        items = self._items("terms", number=number, running=True)
        return any((each["number"], each["term"]) == (number, term) for each in items)

    def _items(self, method: str, **asked: Any) -> Iterator[Any]:
        cursor, count = "", 0
        while count < COUNTED_MAX:
            page = self._page(method, **asked, limit=PAGE_MAX, cursor=cursor)
            yield from page["items"]
            count, cursor = count + len(page["items"]), page["next_cursor"]
            if not cursor:
                return

    def _page(self, method: str, **asked: Any) -> Any:
        # Whatever it says, it says it about this one recipient.
        try:
            return self._caller.call(SERVICE, method, **asked)
        except Failure as failure:
            if failure.code not in {"unavailable", "busy"}:
                log.warning("cases_refused", method=method, code=failure.code)
            raise CasesAway(failure.code) from failure


def _running_term(item: Any) -> RunningTerm:
    due_on = date.fromisoformat(item["due_on"]) if item["due_on"] else None
    return RunningTerm(item["number"], item["office"], item["term"], due_on)


def _running(item: Any) -> Running:
    due_on = item["due_on"]
    return Running(
        item["number"],
        item["term"],
        date.fromisoformat(due_on) if due_on else None,
        item["owner"],
    )
