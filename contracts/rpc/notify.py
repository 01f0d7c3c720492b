"""Reminders."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from contracts.envelope import Utc
from contracts.fields import Cursor, Limit, Number
from contracts.rpc.method import READERS, Answer, Method, Request


class ListReminders(Request, frozen=True):
    """Newest first, of one petition, one recipient, or all.

    Attributes:
        number: of the one petition; all petitions unless given.
        recipient: the one recipient: a staff number, or `office_head:<office>`; all unless given.
    """

    number: Number | None = None
    recipient: Annotated[str, Meta(max_length=80)] | None = None
    limit: Limit = 50
    cursor: Cursor = ""


class ReminderView(Answer, frozen=True):
    """One reminder.

    Attributes:
        reason: ownership_taken, untaken, repeat_joined, reopened, reception_elsewhere,
            recusal_due or replacement_due.
        state: planned, delivered, cancelled (not needed any more) or given_up (delivery failed as
            often as is tried).
        last_outcome: of the last attempt: `ok` or a short word on the failure; empty before it.
    """

    reminder_id: str
    number: Number
    recipient: str
    reason: str
    state: Literal["planned", "delivered", "cancelled", "given_up"]
    due_at: Utc
    attempts: int
    last_outcome: str


class ReminderPage(Answer, frozen=True):
    """Reminders, newest first."""

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
