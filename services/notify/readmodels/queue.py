"""What falls due when: an index on time, and who is working on it.

A row stands here while there is something to do. To take rows on is to move their time behind the
end of a lease, in one statement that passes over the rows others are taking just now: any number
of instances work side by side, and what one that ended has taken on falls due again by itself.

The rows follow the log in the transaction of each append, but say more than the log does, which
knows of no leases: so this is no read model that could be compared with it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import EventLog, RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Writing
from services.notify.application.ports import Claimed, Lane
from services.notify.domain.policy import retry_after
from services.notify.domain.preferences import Preferences
from services.notify.domain.reminders import PetitionReminders

_SKIP: Final = {"postgresql": " FOR UPDATE SKIP LOCKED", "sqlite": ""}
_DUE: Final = "SELECT id FROM due WHERE lane = ? AND at <= ? ORDER BY at, id LIMIT ?"


class DueQueue:
    """The table `due`."""

    # Nothing here is emptied by a rebuild: it is put right row by row.
    tables: ClassVar = ()

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        change = _CHANGES.get(type(event))
        if change is not None:
            change(transaction, event, recorded)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        del event
        return ()

    @staticmethod
    def claim(
        log: EventLog, lane: Lane, now: datetime, until: datetime, limit: int
    ) -> Sequence[Claimed]:
        """Take on what is due, the longest due first; until then nobody else does."""
        asked = (lane, text_of(now), limit)
        if not log.query(_DUE, (*asked[:2], 1)):
            return []
        with log.writing() as transaction:
            rows = transaction.query(
                f"UPDATE due SET at = ? WHERE id IN ({_DUE}{_SKIP[log.dialect]})"  # noqa: S608 - constants
                " RETURNING since, id, petition_id",
                (text_of(until), *asked),
            )
        return [Claimed(id_, petition_id) for _, id_, petition_id in sorted(rows)]

    @staticmethod
    def give_back(transaction: Writing, ids: Iterable[str], at: datetime) -> None:
        """Let rows that were taken on fall due at another time."""
        for id_ in ids:
            transaction.update("due", "id", id_, {"at": text_of(at)})

    @staticmethod
    def remove(transaction: Writing, ids: Iterable[str]) -> None:
        """Take out rows with which there is nothing to do."""
        for id_ in ids:
            _leave(transaction, id_)


def plan_id(petition_id: str, term: str) -> str:
    """Return the id of the row that stands for the plan of a term."""
    return f"{petition_id}/{term}"


def first_attempt_at(event: PetitionReminders.Planned, recorded: RecordedEvent) -> datetime:
    """Return when a reminder is attempted first.

    The time is that of the service that told it, whose clock may run ahead of ours: what was due
    when it was planned must not wait for that.
    """
    at_once = event.due_at <= event.timestamp
    return min(event.due_at, recorded.recorded_at) if at_once else event.due_at


def again_at(event: PetitionReminders.Attempted) -> datetime:
    """Return when a reminder is tried again; the oldest facts do not say."""
    return event.again_at or event.timestamp + retry_after(event.attempt)


def _enter(transaction: Writing, lane: Lane, id_: str, petition_id: str, at: datetime) -> None:
    row = {
        "id": id_,
        "petition_id": petition_id,
        "lane": lane,
        "since": text_of(at),
        "at": text_of(at),
    }
    transaction.put("due", row, key="id")


def _leave(transaction: Writing, id_: str) -> None:
    transaction.write("DELETE FROM due WHERE id = ?", (id_,))


def _plan(transaction: Writing, event: PetitionReminders.Planned, recorded: RecordedEvent) -> None:
    at = first_attempt_at(event, recorded)
    _enter(transaction, Lane.NEWS, event.reminder_id, event.petition_id, at)


def _try_again(transaction: Writing, event: PetitionReminders.Attempted, _: RecordedEvent) -> None:
    at = again_at(event)
    transaction.update("due", "id", event.reminder_id, {"at": text_of(at)})


def _end(transaction: Writing, event: Any, _: RecordedEvent) -> None:
    _leave(transaction, event.reminder_id)


def _plan_term(transaction: Writing, event: PetitionReminders.PlanMade, _: RecordedEvent) -> None:
    next_at = min(map(datetime.fromisoformat, event.points.values()), default=None)
    _go_on(transaction, event, next_at)


def _drop(transaction: Writing, event: PetitionReminders.PlanDropped, _: RecordedEvent) -> None:
    _leave(transaction, plan_id(event.petition_id, event.term))


def _fall(transaction: Writing, event: PetitionReminders.FellDue, _: RecordedEvent) -> None:
    for reminder_id in event.told.values():
        _enter(transaction, Lane.TERMS, reminder_id, event.petition_id, event.not_before)
    _go_on(transaction, event, event.next_at)


def _deliver_again(
    transaction: Writing, event: PetitionReminders.Redriven, _: RecordedEvent
) -> None:
    _enter(transaction, Lane.NEWS, event.reminder_id, event.petition_id, event.timestamp)


def _put_off(transaction: Writing, event: PetitionReminders.Snoozed, _: RecordedEvent) -> None:
    _leave(transaction, event.reminder_id)
    _go_on(transaction, event, event.next_at)


def _go_on(transaction: Writing, event: Any, next_at: datetime | None) -> None:
    id_ = plan_id(event.petition_id, event.term)
    if next_at is None:
        _leave(transaction, id_)
    else:
        _enter(transaction, Lane.PLANS, id_, event.petition_id, next_at)


def _await_digest(transaction: Writing, event: Any, _: RecordedEvent) -> None:
    id_ = f"digest/{event.recipient}"
    if event.digest_at is None:
        _leave(transaction, id_)
    else:
        _enter(transaction, Lane.DIGESTS, id_, event.recipient, event.digest_at)


_CHANGES: Final[dict[type, Any]] = {
    PetitionReminders.Planned: _plan,
    PetitionReminders.Attempted: _try_again,
    PetitionReminders.Delivered: _end,
    PetitionReminders.Cancelled: _end,
    PetitionReminders.GivenUp: _end,
    PetitionReminders.PlanMade: _plan_term,
    PetitionReminders.PlanDropped: _drop,
    PetitionReminders.FellDue: _fall,
    PetitionReminders.Acknowledged: _end,
    PetitionReminders.Snoozed: _put_off,
    PetitionReminders.Redriven: _deliver_again,
    Preferences.Stated: _await_digest,
    Preferences.Changed: _await_digest,
    Preferences.DigestSent: _await_digest,
}
