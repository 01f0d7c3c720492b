"""What falls due when, and who is working on it.

What waits stands in tables that follow the log, each with an index on time over what waits and
nothing else: reminders, plans of terms, digests. So a look costs what is due, not what is open, and
a rebuild knows what is due. The log knows nothing of who is working on what: that stands beside it,
in leases. What is leased, or held back, keeps its place: when it is free it comes before all that
fell due later. What a process that ended had taken on is free again by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import EventLog
from chassis.eventstore.pending import chunks_of
from chassis.eventstore.transaction import Writing
from services.notify.application.ports import Claimed, Lane

_LOCK: Final = {"postgresql": " FOR UPDATE SKIP LOCKED", "sqlite": ""}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where one lane waits.

    Attributes:
        id: of what waits, as a lease names it.
        subject: of which petition it is; of which recipient.
        at: the column of time, which the index is on.
        then: the column by which those of one time are sorted.
        which: the rows that wait, in the words of the index.
    """

    table: str
    id: str
    subject: str
    at: str
    then: str
    which: str

    @property
    def free(self) -> str:
        """The question for what is due and leased to nobody, the longest due first."""
        return (
            f"SELECT {self.id}, {self.subject} FROM {self.table}"  # noqa: S608 - names from our code
            f" WHERE {self.which} AND {self.at} <= ? AND NOT EXISTS"
            f" (SELECT 1 FROM lease WHERE lease.id = {self.id} AND lease.until > ?)"
            f" ORDER BY {self.at}, {self.then} LIMIT ?"
        )


_REMINDERS: Final = ("reminder", "reminder.reminder_id", "petition_id", "next_attempt_at", "due_at")
WAITING: Final = {
    Lane.NEWS: Waiting(*_REMINDERS, "state = 'planned' AND substr(reason, 1, 5) <> 'term_'"),
    Lane.TERMS: Waiting(*_REMINDERS, "state = 'planned' AND substr(reason, 1, 5) = 'term_'"),
    Lane.PLANS: Waiting(
        "term_plan", "term_plan.id", "petition_id", "next_at", "petition_id", "next_at <> ''"
    ),
    Lane.DIGESTS: Waiting(
        "preference",
        "'digest/' || preference.recipient",
        "recipient",
        "digest_at",
        "recipient",
        "digest_at <> ''",
    ),
}
_TAKE: Final = (
    "INSERT INTO lease (id, until) VALUES {rows} ON CONFLICT (id) DO UPDATE"
    " SET until = excluded.until WHERE lease.until <= ? RETURNING id"
)


class DueQueue:
    """The table `lease`, and what it is about."""

    @staticmethod
    def claim(
        log: EventLog, lane: Lane, now: datetime, until: datetime, limit: int
    ) -> Sequence[Claimed]:
        """Take on what is due, the longest due first; until then nobody else does."""
        free, at = WAITING[lane].free, text_of(now)
        if not log.query(free, (at, at, 1)):
            return []
        with log.writing() as transaction:
            transaction.execute("DELETE FROM lease WHERE until <= ?", (at,))
            found = transaction.query(f"{free}{_LOCK[log.dialect]}", (at, at, limit))
            taken = _taken(transaction, [id_ for id_, _ in found], text_of(until), at)
        return [Claimed(id_, subject) for id_, subject in found if id_ in taken]

    @staticmethod
    def renew(log: EventLog, ids: Iterable[str], until: datetime, then: datetime) -> frozenset[str]:
        """Keep what was taken on until then, and return what nobody else has taken on since."""
        held: set[str] = set()
        with log.writing() as transaction:
            for chunk in chunks_of([(id_,) for id_ in ids]):
                sql = f"UPDATE lease SET until = ? {_held(chunk)} RETURNING id"  # noqa: S608 - placeholders
                params = [text_of(then), *(id_ for (id_,) in chunk), text_of(until)]
                held |= {id_ for (id_,) in transaction.query(sql, params)}
        return frozenset(held)

    @staticmethod
    def give_back(transaction: Writing, ids: Iterable[str], until: datetime, at: datetime) -> None:
        """Let nobody take on before another time what was taken on until then."""
        for chunk in chunks_of([(id_,) for id_ in ids]):
            params = [text_of(at), *(id_ for (id_,) in chunk), text_of(until)]
            sql = f"UPDATE lease SET until = ? {_held(chunk)}"  # noqa: S608 - placeholders
            transaction.write(sql, params)

    @staticmethod
    def release(transaction: Writing, ids: Iterable[str], until: datetime) -> None:
        """Let go what was taken on until then; when it falls due again, the log says."""
        for chunk in chunks_of([(id_,) for id_ in ids]):
            params = [*(id_ for (id_,) in chunk), text_of(until)]
            sql = f"DELETE FROM lease {_held(chunk)}"  # noqa: S608 - placeholders
            transaction.write(sql, params)


def _held(ids: Sequence[object]) -> str:
    """Return the clause for what one still holds.

    It ends when one took it on to end: whoever took it on since lets it end at another instant.
    """
    return f"WHERE id IN ({', '.join('?' for _ in ids)}) AND until = ?"


def _taken(transaction: Writing, ids: Sequence[str], until: str, now: str) -> set[str]:
    """Return what nobody else has taken on since one looked."""
    taken: set[str] = set()
    for chunk in chunks_of([(id_, until) for id_ in ids]):
        rows = ", ".join("(?, ?)" for _ in chunk)
        given = [value for row in chunk for value in row]
        taken |= {id_ for (id_,) in transaction.query(_TAKE.format(rows=rows), [*given, now])}
    return taken
