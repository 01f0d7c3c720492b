"""Read models that were lost come back by themselves.

Now and then the rows of the oldest, the newest and some other events are looked for, in the own
log and in those followed. Where one is missing, the tables are filled again from the logs. The loss
of a whole table, or of all of it up to some day, is found so at once; that of single rows by
chance.
"""

import random
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from chassis.eventstore.application import EventSourcedApplication
from chassis.eventstore.losses import Made, tables_with_losses
from chassis.messaging.faults import passes, refusal_of
from chassis.messaging.inbox import Inbox
from contracts.envelope import CloudEvent

LOOK_EVERY_S: Final = 10.0
# Events read from each place of a log.
WINDOW: Final = 32

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Followed:
    """Tables that the reactions to other services' events fill, and nothing else.

    Attributes:
        types: of the events that leave rows behind.
        made_by: the rows that stand in the tables ever since such an event.
    """

    tables: Sequence[str]
    types: Container[str]
    made_by: Callable[[CloudEvent], Iterable[Made]]


@dataclass(frozen=True)
class LossWatch:
    """Looks for losses in the read models of one service.

    Attributes:
        follow_anew: empties what was followed; the inbox then follows from the beginnings.
    """

    application: EventSourcedApplication
    inbox: Inbox
    followed: Followed | None
    follow_anew: Callable[[Followed], None]

    def look(self) -> int:
        """Look once, fill what is lost; return how many tables had losses."""
        try:
            return self._look_at_own() + self._look_at_followed()
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is None and not passes(error):
                raise
            # A source or the database is away, or our token ended: the next look is soon enough.
            reason = refusal.code if refusal else type(error).__name__
            log.warning("losses_not_looked_for", reason=reason)
            return 0

    def _look_at_own(self) -> int:
        log_of_events = self.application.log_of_events
        made: list[Made] = []
        for after in _places(log_of_events.head()):
            made += self.application.made_by(log_of_events.select_recorded(after, WINDOW))
        if lost := tables_with_losses(log_of_events, made):
            log.error("read_models_lost", tables=lost)
            log.info("read_models_refilled", events=self.application.rebuild())
        return len(lost)

    def _look_at_followed(self) -> int:
        if self.followed is None:
            return 0
        types, made_by = self.followed.types, self.followed.made_by
        events = (event for event in self._some_followed() if event.type in types)
        made = [row for event in events for row in made_by(event)]
        if lost := tables_with_losses(self.application.log_of_events, made):
            log.error("followed_tables_lost", tables=lost)
            self.follow_anew(self.followed)
        return len(lost)

    def _some_followed(self) -> Iterator[CloudEvent]:
        for source, taken_in in self.inbox.complete_positions().items():
            for after in _places(taken_in):
                events = self.inbox.reader.events_after(source, after, WINDOW)
                yield from (event for event in events if event.position <= taken_in)


def _places(head: int) -> set[int]:
    """Return positions after which to read: of the oldest events, of the newest, in between."""
    last = max(0, head - WINDOW)
    return {0, last, random.randint(0, last)}  # noqa: S311 - not a secret
