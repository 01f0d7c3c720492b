"""Aggregates of long streams as far as they were read last, so that only what is new is read.

The log only grows, so what it added up to once it adds up to for ever. What is remembered is held
against the record each time: a database that was restored to an earlier state is read from the
beginning again.
"""

import pickle
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from chassis.eventstore.log import RecordedEvent

# Shorter ones are read as fast as they are copied.
LONG_FROM: Final = 64
# Copied anew after so many more events.
EVERY: Final = 32
KEPT: Final = 128


@dataclass(frozen=True, slots=True)
class Remembered:
    """An aggregate up to the event that was its last; its copy is one that nobody else changes."""

    version: int
    event_id: UUID
    copy: bytes

    def is_on_record(self, recorded: Sequence[RecordedEvent]) -> bool:
        """Tell whether events that were read begin with the last one remembered."""
        return bool(recorded) and recorded[0].event_id == self.event_id

    def again(self) -> Any:
        """Return the aggregate."""
        return pickle.loads(self.copy)  # noqa: S301 - made below, in this process


@dataclass
class LongStreams:
    """The aggregates of long streams that were asked for lately."""

    _kept: OrderedDict[UUID, Remembered] = field(default_factory=OrderedDict)

    def of(self, ids: Sequence[UUID]) -> Mapping[UUID, Remembered]:
        """Return what is remembered of some aggregates."""
        found = {id_: self._kept[id_] for id_ in ids if id_ in self._kept}
        for id_ in found:
            self._kept.move_to_end(id_)
        return found

    def keep(self, aggregate: Any, last: RecordedEvent) -> None:
        """Remember an aggregate that was just read, where its stream is long."""
        id_, version = aggregate.id, aggregate.version
        before = self._kept.get(id_)
        if version < LONG_FROM or (before is not None and version < before.version + EVERY):
            return
        self._kept[id_] = Remembered(version, last.event_id, pickle.dumps(aggregate))
        self._kept.move_to_end(id_)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def forget(self, id_: UUID) -> None:
        """Read an aggregate from its beginning the next time."""
        self._kept.pop(id_, None)
