"""The ways out that everything goes over: a file, and a webhook of the platform's own."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chassis.eventstore.instants import utc_now
from services.notify.application.ports import OK, Endpoint, Outcome, Told
from services.notify.gateways.posting import LIMIT_S, TIMEOUT_S, Poster
from services.notify.gateways.webhooks import SignedWebhook, line_of

UNLIMITED: Final = 0

Clock = Callable[[], datetime]


class Webhook(SignedWebhook):
    """The webhook that the operator sets: its host is allowed, whatever its address."""

    name = "webhook"

    def __init__(
        self,
        url: str,
        clock: Clock = utc_now,
        secret: str = "",
        timeout_s: float = TIMEOUT_S,
        limit_s: float = LIMIT_S,
    ) -> None:
        poster = Poster({urlsplit(url).hostname or ""}, timeout_s, limit_s)
        super().__init__(Endpoint("webhook", url, secret, "webhook"), poster, clock)


class Unreadable:
    """An endpoint that was kept under another key: nothing can be sent there."""

    # It is found again as soon as the key is.
    endpoint = ""
    per_minute = UNLIMITED

    def __init__(self, name: str) -> None:
        self.name = name

    def tell(self, told: Told) -> Outcome:
        """Fail, so that it is on record."""
        del told
        return Outcome("unreadable")


class File:
    """Appends each reminder as one line of JSON."""

    name = "file"
    # There is nobody to be left alone.
    endpoint = ""
    per_minute = UNLIMITED

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def tell(self, told: Told) -> Outcome:
        """Append, and return `ok` or the kind of fault."""
        try:
            with self._path.open("ab") as file:
                file.write(line_of(told) + b"\n")
        except OSError as error:
            return Outcome(type(error).__name__)
        return OK
