"""The ways out: a webhook and a file."""

import json
from pathlib import Path
from typing import Final

import httpx

from chassis.runtime.limiting import TookTooLong, within
from services.notify.application.ports import Told

# The first bounds each wait for the receiver, the second the delivery as a whole: who sends a byte
# at a time never lets the first one end.
TIMEOUT_S: Final = 5.0
LIMIT_S: Final = 10.0


class Webhook:
    """Posts each reminder as JSON to one address.

    `webhook-id` is the same at every attempt, so the receiver can drop repetitions.
    """

    name = "webhook"

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S, limit_s: float = LIMIT_S) -> None:
        self._url = url
        self._limit_s = limit_s
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=False)

    def tell(self, told: Told) -> str:
        """Deliver, and return `ok`, `http_<status>` or the kind of fault."""
        try:
            response = within(self._limit_s, lambda: self._post(told))
        except (httpx.HTTPError, TookTooLong) as error:
            return type(error).__name__
        return "ok" if response.is_success else f"http_{response.status_code}"

    def _post(self, told: Told) -> httpx.Response:
        return self._client.post(
            self._url,
            content=_line(told),
            headers={"content-type": "application/json", "webhook-id": told.reminder_id},
        )


class File:
    """Appends each reminder as one line of JSON."""

    name = "file"

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def tell(self, told: Told) -> str:
        """Append, and return `ok` or the kind of fault."""
        try:
            with self._path.open("ab") as file:
                file.write(_line(told) + b"\n")
        except OSError as error:
            return type(error).__name__
        return "ok"


def _line(told: Told) -> bytes:
    return json.dumps(
        {
            "reminder_id": told.reminder_id,
            "number": told.number,
            "recipient": told.recipient,
            "reason": told.reason,
            "sentence": told.sentence,
            "due_at": told.due_at.isoformat(),
        },
        ensure_ascii=False,
    ).encode()
