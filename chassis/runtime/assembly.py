"""Bolts a service's rooms to the log, the relay and the inbox."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
import structlog

from chassis import __version__
from chassis.eventstore.application import EventSourcedApplication
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.transaction import Transaction, Writing
from chassis.messaging.calling import RpcCaller
from chassis.messaging.dead import dead_letters
from chassis.messaging.inbox import Inbox, Reaction
from chassis.messaging.pace import AT_ONCE_S
from chassis.messaging.relay import Relay
from chassis.messaging.sending import event_publisher
from chassis.messaging.telling import Telling, teller
from chassis.messaging.wiring import Background, Wiring
from chassis.runtime.losses import LOOK_EVERY_S, Followed, LossWatch
from chassis.runtime.surroundings import Surroundings
from chassis.runtime.ticking import Ticker
from contracts.envelope import CloudEvent

Health = dict[str, Any]

log = structlog.get_logger(__name__)


class LogCaller:
    """Reads the logs of services: the own one here, the others by RPC."""

    def __init__(
        self,
        caller: RpcCaller,
        own: str,
        read_own: Callable[[int, int], tuple[list[CloudEvent], int]],
    ) -> None:
        self._caller = caller
        self._own = own
        self._read_own = read_own

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        """Return the events of a service after a position, in order."""
        if source == self._own:
            return self._read_own(position, limit)[0]
        answer = self._caller.call(source, "log", after=position, limit=limit)
        return msgspec.convert(answer["events"], list[CloudEvent])

    def close(self) -> None:
        """Ask nobody any more; whoever waits for an answer is told at once that there is none."""
        self._caller.close()


@dataclass
class Assembly:
    """One service, bolted together.

    Attributes:
        needs, keeping: see `Inbox`.
        known: types of events that the service can read.
        follows: names of the services that it follows.
        tickers: further work that no message starts.
        followed: what the reactions alone fill, which append nothing; after a loss it is filled
            again by following all sources from their beginnings.
        relay_pace_s: how long events gather after a message.
    """

    service: str
    application: EventSourcedApplication
    tellings: Mapping[type, Telling]
    surroundings: Surroundings
    caller: RpcCaller
    reactions: Mapping[str, Reaction] = field(default_factory=dict)
    needs: Mapping[str, Callable[[CloudEvent], Iterable[UUID]]] = field(default_factory=dict)
    keeping: Callable[[Writing, Sequence[CloudEvent]], None] | None = None
    known: frozenset[str] = frozenset()
    follows: Sequence[str] = ()
    tickers: Sequence[Background] = ()
    followed: Followed | None = None
    relay_pace_s: float = AT_ONCE_S

    @cached_property
    def tell(self) -> Callable[[RecordedEvent], CloudEvent]:
        """Turns recorded events of the service into CloudEvents."""
        return teller(self.service, self.tellings)

    @cached_property
    def inbox(self) -> Inbox:
        """Takes in what other services tell."""
        return Inbox(
            application=self.application,
            service=self.service,
            reactions=self.reactions,
            known=self.known,
            sources=self.follows,
            reader=LogCaller(self.caller, self.service, self.events_after),
            needs=self.needs,
            keeping=self.keeping,
        )

    def wiring(self, rooms: Any) -> Wiring:
        """Return what the host of the service is given."""
        return Wiring(
            rooms=rooms,
            verifier=self.surroundings.verifier,
            inbox=self.inbox if self.follows else None,
            background=(*self.tickers, self._watch(), self._relay()),
            close=self.close,
        )

    def _relay(self) -> Relay:
        publisher = event_publisher(self.surroundings.amqp_uri, self.service)
        return Relay(self.application.log_of_events, self.tell, publisher, self.relay_pace_s)

    def _watch(self) -> Ticker:
        watch = LossWatch(self.application, self.inbox, self.followed, self._follow_anew)
        return Ticker(self.application.log_of_events, "read models", watch.look, LOOK_EVERY_S)

    def close(self) -> None:
        """Give connections and files up."""
        self.caller.close()
        self.application.close()

    def events_after(self, position: int, limit: int) -> tuple[list[CloudEvent], int]:
        """Return a page of the service's own log, and the log's head."""
        log = self.application.log_of_events
        return [
            self.tell(recorded) for recorded in log.select_recorded(position, limit)
        ], log.head()

    def events_of(self, stream: UUID) -> list[CloudEvent]:
        """Return the events of one stream of the service."""
        recorded = self.application.log_of_events.select_recorded_of(stream)
        return [self.tell(each) for each in recorded]

    def parked(self, limit: int) -> dict[str, Any]:
        """Return what waits for an operator: parked events, dead letters with their reasons."""
        dead = dead_letters(self.surroundings.amqp_uri, self.service)
        return {
            "events": self.inbox.list_parked(limit),
            "total": self.inbox.parked(),
            "dead_letters": dead.count,
            "dead_reasons": dict(dead.reasons),
        }

    def redrive(self, subject: str | None, by: str) -> dict[str, int]:
        """Apply parked events again; return how many took effect and how many are left.

        Args:
            subject: only those of this petition; all when None.
            by: staff number of the operator.
        """
        applied, left = self.inbox.redrive(subject), self.inbox.parked()
        log.info("parked_redriven", by=by, subject=subject, applied=applied, left=left)
        return {"applied": applied, "left": left}

    def rebuild(self) -> int:
        """Fill the read models anew from the logs; return the length of the own log.

        What comes from other services is filled by the running service, which finds that it has
        applied nothing yet.
        """
        if self.followed is not None:
            self._follow_anew(self.followed)
        return self.application.rebuild()

    def _follow_anew(self, followed: Followed) -> None:
        def forget(transaction: Transaction) -> None:
            for table in (*followed.tables, "applied_position", "parked_event"):
                transaction.execute(f"DELETE FROM {table}")  # noqa: S608 - names from our code

        self.application.log_of_events.transact(forget)

    def health(self) -> Health:
        """Return how the service is; answering at all means that database and broker answer."""
        with self.application.log_of_events.reading() as transaction:
            published = transaction.query("SELECT position FROM published_position WHERE id = 1")
        parked = self.inbox.parked()
        return {
            "service": self.service,
            "version": __version__,
            "ok": parked == 0,
            "head": self.application.log_of_events.head(),
            "published": int(published[0][0]) if published else 0,
            "applied": self.inbox.positions(),
            "parked": parked,
        }


def rpc_caller(surroundings: Surroundings, service: str) -> RpcCaller:
    """Return what a service calls the others with."""
    return RpcCaller(surroundings.amqp_uri, lambda: surroundings.service_token(service))
