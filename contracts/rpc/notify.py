"""Reminders."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from contracts.envelope import Utc
from contracts.fields import Cursor, Limit, Number
from contracts.rpc.method import READERS, Answer, Method, Request


class ListReminders(Request, frozen=True):
    """Newest first, of one petition, one recipient, or all."""

    number: Number | None = None
    recipient: Annotated[str, Meta(max_length=80)] | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class ReminderView(Answer, frozen=True):
    reminder_id: str
    number: Number
    recipient: str
    reason: str
    state: Literal["planned", "delivered", "cancelled", "given_up"]
    due_at: Utc
    attempts: int
    last_outcome: str


class ReminderPage(Answer, frozen=True):
    items: list[ReminderView]
    next_cursor: str


REMINDERS: Final = Method(
    "notify",
    "reminders",
    ListReminders,
    ReminderPage,
    READERS,
    "Reminders planned and delivered.",
)

METHODS: Final[tuple[Method[Any, Any], ...]] = (REMINDERS,)
