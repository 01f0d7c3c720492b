"""Instants as the databases keep them: text that sorts as time does.

ISO 8601, UTC, always six digits of microseconds, `Z`: `2026-11-03T08:00:00.000000Z`.
"""

from datetime import UTC, datetime
from functools import lru_cache


def utc_now() -> datetime:
    """Return the time of the real clock."""
    return datetime.now(UTC)


@lru_cache(maxsize=1024)
def text_of(at: datetime) -> str:
    """Return an aware time as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def instant_of(text: str) -> datetime:
    """Read a time back, aware and in UTC."""
    return datetime.fromisoformat(text)
