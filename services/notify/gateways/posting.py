"""Posts over HTTP with an end, and reads what came of it."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from chassis.runtime.limiting import TookTooLong, within
from services.notify.application.ports import OK, Outcome
from services.notify.gateways.guard import GuardedTransport

# The first bounds each wait for the receiver, the second the delivery as a whole: who sends a byte
# at a time never lets the first one end.
TIMEOUT_S: Final = 5.0
LIMIT_S: Final = 10.0
# Nobody is asked to wait longer than that; who says so is asked again before.
WAIT_MAX: Final = timedelta(hours=1)
JSON: Final = {"content-type": "application/json"}

Read = Callable[[httpx.Response], Outcome]


class Poster:
    """Posts; follows no redirection.

    Args:
        allowed: hosts that may be called although they are no public addresses.
    """

    def __init__(
        self, allowed: Iterable[str] = (), timeout_s: float = TIMEOUT_S, limit_s: float = LIMIT_S
    ) -> None:
        self._limit_s = limit_s
        self._client = httpx.Client(
            transport=GuardedTransport(allowed), timeout=timeout_s, follow_redirects=False
        )

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str] = JSON, read: Read | None = None
    ) -> Outcome:
        """Post, and return what came of it by the status, then by what `read` finds in the body."""
        try:
            response = within(
                self._limit_s, lambda: self._client.post(url, content=content, headers=headers)
            )
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TookTooLong) as error:
            return Outcome(type(error).__name__)
        if not response.is_success:
            return Outcome(f"http_{response.status_code}", asked_to_wait(response))
        return read(response) if read else OK


def asked_to_wait(response: httpx.Response) -> timedelta:
    """Return for how long the receiver wants to be left alone, by `Retry-After` (RFC 9110)."""
    said = response.headers.get("retry-after", "")
    if said.isdecimal():
        # So many digits are no time; the limit below is what is meant.
        wait = timedelta(seconds=min(int(said[:9]), WAIT_MAX.total_seconds()))
    else:
        wait = _until(said)
    return max(timedelta(0), min(wait, WAIT_MAX))


def _until(said: str) -> timedelta:
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return timedelta(0)
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return until - datetime.now(UTC)


def code_in(response: httpx.Response, *names: str) -> int | None:
    """Return the first of these members of the answer that is a number; None where there is none.

    Robots answer 200 whatever happened, and say in the body what did.
    """
    try:
        body: Any = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = [body.get(name) for name in names] if isinstance(body, dict) else []
    return next((code for code in found if type(code) is int), None)
