"""Reminders as the demo shows them: a morning digest, and one reminder that took two tries."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar, Final

from rich.console import RenderableType

from shouwen.reminder_tables import reminder_history

RECEIVER: Final = "127.0.0.1"
DOCUMENT: Final = "海信督〔2026〕3号"
PATIENCE_S: Final = 20.0
LOOK_EVERY_S: Final = 0.1

Call = Callable[..., Any]


class Unwell(BaseHTTPRequestHandler):
    """A receiver that is not well: it takes each message at the second try only."""

    seen: ClassVar[set[str]] = set()

    def do_POST(self) -> None:
        """Fail, and take what has come before."""
        self.rfile.read(int(self.headers["content-length"]))
        message = self.headers["webhook-id"]
        self.send_response(204 if message in self.seen else 503)
        self.send_header("content-length", "0")
        self.end_headers()
        self.seen.add(message)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


class Reminding:
    """Reminds the owner of one petition.

    Args:
        call: calls a method as (staff number, role, office).
    """

    def __init__(self, call: Call, owned: Mapping[str, Any], head: str, colleague: str) -> None:
        self._call = call
        self._number, self._office = owned["number"], owned["office"]
        self._owner, self._head, self._colleague = owned["owner"], head, colleague

    def digest(self, now: datetime) -> str:
        """Order an answer by tomorrow, and return what the owner reads in the morning."""
        self._call(
            self._head,
            "office_head",
            self._office,
            "responsibility.order_supervision",
            request_id="demo-supervision",
            number=self._number,
            trigger="perfunctory",
            reason="答复过于简单",
            report_by=(now + timedelta(days=2)).date().isoformat(),
            document=DOCUMENT,
        )
        told = self._as_owner("notify.digest")
        return str(told["text"])

    def history(self) -> RenderableType:
        """Let somebody else receive the petitioner, and return what became of the reminder."""
        with receiver() as url:
            self._as_owner(
                "notify.set_preferences",
                request_id="demo-preferences",
                channels=[{"kind": "webhook", "address": url}],
            )
            known = {item["reminder_id"] for item in self._listed()}
            self._call(
                self._colleague,
                "leader",
                self._office,
                "responsibility.receive",
                request_id="demo-reception-elsewhere",
                number=self._number,
            )
            return reminder_history(self._delivered(known))

    def _delivered(self, known: set[str]) -> Any:
        """Wait until the reminder has arrived, and return its history."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            for item in self._listed():
                new = item["reminder_id"] not in known and item["reason"] == "reception_elsewhere"
                if new and item["state"] == "delivered":
                    return self._as_owner("notify.history", reminder_id=item["reminder_id"])
            time.sleep(LOOK_EVERY_S)
        raise TimeoutError("the reminder did not arrive")

    def _listed(self) -> Any:
        return self._as_owner("notify.reminders", number=self._number)["items"]

    def _as_owner(self, method: str, **given: Any) -> Any:
        return self._call(self._owner, "leader", self._office, method, **given)


@contextmanager
def receiver() -> Iterator[str]:
    """Run a receiver that is not well, and give its address."""
    server = ThreadingHTTPServer((RECEIVER, 0), Unwell)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://{RECEIVER}:{server.server_port}/reminders"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
