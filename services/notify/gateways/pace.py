"""Minds the limits of endpoints, for all instances together.

So many messages a minute, a pause when an endpoint asks for one, and a circuit breaker when it
fails again and again. Libraries of circuit breakers keep their state in one process.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chassis.eventstore.instants import instant_of, text_of
from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Writing
from services.notify.application.ports import Channel, Held, Outcome

MINUTE: Final = timedelta(minutes=1)
# So many failures in a row open the breaker; one more after each pause opens it for longer.
FAILURES_MAX: Final = 5
OPEN_FIRST: Final = timedelta(seconds=30)
OPEN_MAX: Final = timedelta(minutes=10)
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOCK: Final = {"postgresql": " FOR UPDATE", "sqlite": ""}


@dataclass(frozen=True, slots=True)
class State:
    """How it is about one endpoint.

    Attributes:
        sent: when messages went, of the last minute, oldest first.
        failures: in a row.
        closed_until: it is left alone until then; the past when it is not.
    """

    sent: Sequence[datetime] = ()
    failures: int = 0
    closed_until: datetime = LONG_AGO


class EndpointPace:
    """The table `endpoint_pace`: a row for each endpoint that has a limit or has failed."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def admit(self, channel: Channel, now: datetime) -> Held | None:
        """Let a message go, or say until when the endpoint is left alone."""
        if not channel.endpoint:
            return None
        if not channel.per_minute:
            return _closed(_found(self._log.query(_SELECT, (channel.endpoint,))), now)
        with self._log.writing() as transaction:
            return self._admit_one(transaction, channel, now)

    def _admit_one(self, transaction: Writing, channel: Channel, now: datetime) -> Held | None:
        # Whoever asks first waits for the row, which there may not be yet, so it is made.
        transaction.execute(_ENSURE, (channel.endpoint,))
        rows = transaction.query(f"{_SELECT}{_LOCK[self._log.dialect]}", (channel.endpoint,))
        state = _found(rows)
        held = _closed(state, now)
        if held is not None:
            return held
        sent = [at for at in state.sent if at > now - MINUTE]
        if len(sent) >= channel.per_minute:
            return Held(sent[0] + MINUTE, broken=False)
        texts = json.dumps([text_of(at) for at in [*sent, now]])
        transaction.update("endpoint_pace", "endpoint", channel.endpoint, {"sent": texts})
        return None

    def note(self, channel: Channel, outcome: Outcome, now: datetime) -> None:
        """Take down what came of it."""
        if not channel.endpoint:
            return
        if outcome.ok:
            if _found(self._log.query(_SELECT, (channel.endpoint,))).failures:
                with self._log.writing() as transaction:
                    transaction.execute(_WELL, (channel.endpoint,))
            return
        with self._log.writing() as transaction:
            transaction.execute(_ENSURE, (channel.endpoint,))
            rows = transaction.query(f"{_SELECT}{_LOCK[self._log.dialect]}", (channel.endpoint,))
            failures = _found(rows).failures + 1
            changes = {
                "failures": failures,
                "closed_until": text_of(now + _pause(failures, outcome)),
            }
            transaction.update("endpoint_pace", "endpoint", channel.endpoint, changes)


_ENSURE: Final = (
    "INSERT INTO endpoint_pace (endpoint, sent, failures, closed_until) VALUES (?, '[]', 0, '')"
    " ON CONFLICT (endpoint) DO NOTHING"
)
_SELECT: Final = "SELECT sent, failures, closed_until FROM endpoint_pace WHERE endpoint = ?"
_WELL: Final = "UPDATE endpoint_pace SET failures = 0, closed_until = '' WHERE endpoint = ?"


def _found(rows: Sequence[tuple[str, int, str]]) -> State:
    if not rows:
        return State()
    sent, failures, closed_until = rows[0]
    until = instant_of(closed_until) if closed_until else LONG_AGO
    return State([instant_of(at) for at in json.loads(sent)], failures, until)


def _closed(state: State, now: datetime) -> Held | None:
    if state.closed_until <= now:
        return None
    return Held(state.closed_until, broken=state.failures >= FAILURES_MAX)


def _pause(failures: int, outcome: Outcome) -> timedelta:
    over = failures - FAILURES_MAX
    opened = min(OPEN_MAX, OPEN_FIRST * 2 ** min(over, 10)) if over >= 0 else timedelta(0)
    return max(opened, outcome.wait)
