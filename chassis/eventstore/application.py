"""A service's application on its log: load, decide, append, and all effects in one transaction.

A use case works on a `Unit`: it loads aggregates, lets them decide, and adds what else has to be
written. `run` appends the unit's events, feeds the read models and writes the rest as one
transaction; when somebody else wrote one of the streams first, the use case decides again on what
is now on record.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol, TypeVar, cast
from uuid import UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import EnvType

from chassis.eventstore.facts import FactMapper
from chassis.eventstore.log import (
    AppendTransaction,
    Entry,
    EventIdReused,
    EventLog,
    RecordedEvent,
    VersionConflict,
)
from chassis.eventstore.losses import Made
from chassis.eventstore.recording import Apart
from chassis.eventstore.remembering import LongStreams, Remembered
from chassis.eventstore.requests import CommandKey, RequestIdReused, recall, remember
from chassis.eventstore.transaction import Writing
from chassis.eventstore.turns import Turns

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")
Answer = dict[str, Any]
Write = Callable[[Writing], None]

EVENT_IDS: Final = UUID("6f0c0d4e-6b1c-5f43-9a52-0c1f2f6f4b1d")
DECIDE_AGAIN_FOR_S: Final = 10.0
REPLAY_PAGE: Final = 500


class TooBusy(Exception):  # noqa: N818 - it says what is the case
    """Others kept writing the same stream first until the time was over; nothing was done."""

    code = "busy"
    fields: ClassVar = {"retry_after_s": 1}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who and what a unit of work goes back to.

    Attributes:
        cause: id of the request or event that led to it; ids of new events derive from it, so that
            doing the work twice cannot record it twice.
    """

    actor: str
    correlation_id: str
    cause: str


class ReadModel(Protocol):
    """Tables that follow the log in the transaction of each append."""

    @property
    def tables(self) -> Sequence[str]:
        """Names of the tables, all of them rebuilt from position 0 by `rebuild`."""

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        """Bring the tables up to one more event."""

    def made_by(self, event: Any) -> Iterable[Made]:
        """Return the rows that stand in the tables ever since the event."""


@dataclass
class Unit:
    """What one use case loads and changes.

    Attributes:
        preparing: run under the append lock, before the events are collected: may allocate from
            tables, add aggregates and complete the answer.
        writing: run after the append, with the read models: rows that are not derived from events.
        recorded: what the append has recorded, once it has.
    """

    application: "EventSourcedApplication"
    provenance: Provenance
    preparing: list[Write] = field(default_factory=list)
    writing: list[Write] = field(default_factory=list)
    recorded: Sequence[RecordedEvent] = ()
    _loaded: dict[UUID, Aggregate | None] = field(default_factory=dict)
    _in_hand: dict[UUID, Aggregate] = field(default_factory=dict)
    _collected: list[tuple[Any, Provenance]] = field(default_factory=list)
    _decided: list[tuple[Any, Provenance]] | None = None

    def find(self, aggregate_class: type[A], id_: UUID) -> A | None:
        """Return an aggregate as this unit has it so far, or None when it does not exist."""
        if id_ not in self._loaded:
            self._loaded[id_] = self.application.find(aggregate_class, id_)
        found = cast("A | None", self._loaded[id_])
        if found is not None:
            self._in_hand[id_] = found
        return found

    def forget(self, id_: UUID) -> None:
        """Look at the record again the next time that an aggregate is asked for."""
        self._loaded.pop(id_, None)
        self._in_hand.pop(id_, None)

    def load(self, ids: Iterable[UUID]) -> None:
        """Load aggregates that will be asked for, all in one question."""
        missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._loaded]
        if missing:
            self._loaded |= self.application.load(missing)

    def take(self, known: Mapping[UUID, Aggregate | None]) -> None:
        """Take aggregates as they were read just now; the append says when they have changed."""
        self._loaded |= known

    def add(self, aggregate: Aggregate) -> None:
        """Take a new aggregate into the unit."""
        self._loaded[aggregate.id] = self._in_hand[aggregate.id] = aggregate

    def attribute(self, provenance: Provenance) -> None:
        """Go on under another provenance: what happened so far keeps its own.

        Whatever is changed from here on has to be found again first.
        """
        self._collect(self._in_hand)
        self._in_hand.clear()
        self.provenance = provenance

    def begin_append(self) -> None:
        """Go back to what was decided: preparing runs again when a connection was lost."""
        if self._decided is None:
            self._collect(self._loaded)
            self._decided = list(self._collected)
        self._collected = list(self._decided)

    def entries(self) -> list[tuple[Any, Entry]]:
        """Return new events with their entries, in the order in which they happened."""
        self._collect(self._loaded)
        numbers: dict[str, int] = {}
        made = []
        for event, provenance in self._collected:
            number = numbers[provenance.cause] = numbers.get(provenance.cause, 0) + 1
            made.append((event, self._entry(event, provenance, number)))
        return made

    def _collect(self, aggregates: Mapping[UUID, Aggregate | None]) -> None:
        for aggregate in aggregates.values():
            if aggregate is not None and aggregate.pending_events:
                new = aggregate.collect_events()
                self._collected.extend((event, self.provenance) for event in new)

    def _entry(self, event: Any, provenance: Provenance, number: int) -> Entry:
        scope = f"{self.application.name}:{provenance.actor}:{provenance.cause}:{number}"
        return Entry(
            stored=self.application.mapper.to_stored_event(event),
            event_id=uuid5(EVENT_IDS, scope),
            actor=provenance.actor,
            correlation_id=provenance.correlation_id,
            causation_id=provenance.cause,
        )


class EventSourcedApplication(Application[UUID]):
    """What the applications of all services share."""

    def __init__(
        self,
        env: EnvType,
        clock: Callable[[], datetime],
        read_models: Sequence[ReadModel] = (),
    ) -> None:
        self.clock = clock
        self.read_models = read_models
        self._turns = Turns()
        self._long_streams = LongStreams()
        super().__init__(env)

    def construct_mapper(self) -> FactMapper:
        """Make what writes facts down."""
        return FactMapper()

    def construct_factory(self, env: Any) -> InfrastructureFactory[Any]:
        """Make the store of the configured database, telling it our clock."""
        factory = super().construct_factory(env)
        factory.clock = self.clock  # type: ignore[attr-defined]
        return factory

    @property
    def log_of_events(self) -> EventLog:
        """The service's log."""
        return cast("EventLog", self.recorder)

    def find(self, aggregate_class: type[A], id_: UUID) -> A | None:
        """Return an aggregate as it is on record, or None when it does not exist."""
        found = self._read([id_])[id_]
        if not isinstance(found, aggregate_class | None):
            raise TypeError(f"{id_} is a {type(found).__name__}, not a {aggregate_class.__name__}")
        return found

    def awaited(self, look: Callable[[], T | None], within_s: float) -> T | None:
        """Look now and after each commit of this process, until something is found; else None."""
        deadline = time.monotonic() + within_s
        while True:
            seen = self.log_of_events.commits_seen()
            found, left = look(), deadline - time.monotonic()
            if found is not None or left <= 0:
                return found
            self.log_of_events.wait_for_commit(seen, left)

    def load(self, ids: Sequence[UUID]) -> dict[UUID, Aggregate | None]:
        """Return aggregates as they are on record; None for those that do not exist."""
        return self._read(ids)

    def _read(self, ids: Sequence[UUID]) -> dict[UUID, Any]:
        """Read aggregates; of those whose long streams were read before, only what is new.

        Without the library's repository: on Python 3.11 its check of each event against a protocol
        takes more time than everything else that loading takes.
        """
        remembered = self._long_streams.of(ids)
        since = {id_: each.version for id_, each in remembered.items()}
        recorded = self.log_of_events.select_recorded_of(*ids, since=since)
        events: dict[UUID, list[RecordedEvent]] = {id_: [] for id_ in ids}
        for each in recorded:
            events[cast("UUID", each.originator_id)].append(each)
        return {id_: self._added_up(id_, events[id_], remembered.get(id_)) for id_ in events}

    def _added_up(
        self, id_: UUID, events: Sequence[RecordedEvent], remembered: Remembered | None
    ) -> Any:
        aggregate: Any = None
        if remembered is not None:
            if not remembered.is_on_record(events):
                self._long_streams.forget(id_)
                return self._read([id_])[id_]
            aggregate, events = remembered.again(), events[1:]
        for each in events:
            event: Any = self.mapper.to_domain_event(each)
            aggregate = event.mutate(aggregate)
        if events and aggregate is not None:
            self._long_streams.keep(aggregate, events[-1])
        return aggregate

    def run(
        self,
        provenance: Provenance,
        decide: Callable[[Unit], Answer],
        command: CommandKey | None = None,
        stream: UUID | None = None,
    ) -> Answer:
        """Decide and append, again when others were first, and return the answer.

        With a command, the answer is kept with the append: the same command sent again is answered
        from the record.

        Args:
            stream: where many may meet at once; those of this process then take turns.

        Raises:
            RequestIdReused: the request id belongs to another command.
            TooBusy: the streams did not hold still for ten seconds.
        """
        if stream is None:
            return self._decided(provenance, decide, command)
        with self._turns.at(stream, DECIDE_AGAIN_FOR_S) as came:
            if not came:
                raise TooBusy(f"too many wait at {stream}")
            return self._decided(provenance, decide, command)

    def _decided(
        self,
        provenance: Provenance,
        decide: Callable[[Unit], Answer],
        command: CommandKey | None,
    ) -> Answer:
        deadline = time.monotonic() + DECIDE_AGAIN_FOR_S
        met_itself = False
        while True:
            try:
                return self._answer(provenance, decide, command)
            except EventIdReused:
                # The same cause was worked off beside us, on another state of things: that is on
                # record now, and there should be nothing left to do.
                if met_itself:
                    raise
                met_itself = True
            except VersionConflict as conflict:
                if time.monotonic() > deadline:
                    raise TooBusy(str(conflict)) from conflict
                # Spread those who meet at one stream; nothing depends on the length.
                time.sleep(random.uniform(0, 0.005))  # noqa: S311 - not a secret

    def _answer(
        self,
        provenance: Provenance,
        decide: Callable[[Unit], Answer],
        command: CommandKey | None,
    ) -> Answer:
        unit = Unit(self, provenance)
        try:
            answer = decide(unit)
        except Exception:
            # The same command may have been carried out before, which is why this one refuses.
            known = self._recalled(command)
            if known is not None:
                return known
            raise
        return self.log_of_events.transact(
            lambda transaction: self._commit(transaction, unit, answer, command)
        )

    def _recalled(self, command: CommandKey | None) -> Answer | None:
        if command is None:
            return None
        return recall(self.log_of_events, command)

    def _commit(
        self,
        transaction: AppendTransaction,
        unit: Unit,
        answer: Answer,
        command: CommandKey | None,
    ) -> Answer:
        if transaction.careful and command is not None:
            known = recall(transaction, command)
            if known is not None:
                return known
        unit.begin_append()
        for prepare in unit.preparing:
            prepare(transaction)
        made = unit.entries()
        appended = transaction.append([entry for _, entry in made])
        if appended.repeated and made:
            return answer
        unit.recorded = appended.recorded
        self._project(transaction, [event for event, _ in made], appended.recorded)
        for write in unit.writing:
            write(transaction)
        if command is not None:
            remember(transaction, command, answer, self.clock())
        return answer

    def _project(
        self, transaction: Writing, events: Sequence[Any], recorded: Sequence[RecordedEvent]
    ) -> None:
        for event, record in zip(events, recorded, strict=True):
            for read_model in self.read_models:
                read_model.apply(transaction, event, record)

    def made_by(self, recorded: Sequence[RecordedEvent]) -> list[Made]:
        """Return the rows that stand in the read models ever since these events."""
        events = [self.mapper.to_domain_event(record) for record in recorded]
        return [
            row for event in events for model in self.read_models for row in model.made_by(event)
        ]

    def rebuild(self) -> int:
        """Empty the read models and fill them from position 0; return the number of events."""
        return self.log_of_events.transact(self._rebuild)

    def _rebuild(self, transaction: AppendTransaction) -> int:
        if not transaction.careful:
            # What others append in the same transaction is not in the log to be read yet.
            raise Apart
        for read_model in self.read_models:
            for table in read_model.tables:
                transaction.execute(f"DELETE FROM {table}")  # noqa: S608 - names from our code
        position = 0
        while page := self.log_of_events.select_recorded(position, REPLAY_PAGE):
            events = [self.mapper.to_domain_event(record) for record in page]
            self._project(transaction, events, page)
            position = page[-1].id
        return position


def canonical(content: Mapping[str, Any]) -> str:
    """Return content as text that is the same for the same content."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


__all__ = [
    "Answer",
    "CommandKey",
    "EventSourcedApplication",
    "Provenance",
    "ReadModel",
    "RequestIdReused",
    "TooBusy",
    "Unit",
    "canonical",
]
