"""Notify's planning with nothing beside it: aggregates stay in memory, nothing is stored or sent.

What reacts, plans and lets points fall due is notify's own; only where it looks and writes is ours.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from services.notify.application import Notify
from services.notify.application.planning import Plans
from services.notify.application.ports import Claimed
from services.notify.domain.reminders import PetitionReminders
from services.notify.reactions import reactions
from services.notify.readmodels.plans import plan_id
from tests.builders import DAY, Clock


class OneUnit(Unit):
    """What is loaded once stays; nothing is on record."""

    def find(self, aggregate_class: type[Any], id_: UUID) -> Any:
        del aggregate_class
        return self._loaded.get(id_)

    def load(self, ids: Iterable[UUID]) -> None:
        """There is nothing to load from."""

    def attribute(self, provenance: Provenance) -> None:
        self.provenance = provenance


@dataclass
class Waiting:
    """The plan that is looked at: it is taken on once."""

    claimed: list[Claimed] = field(default_factory=list)

    def claim(self, *_asked: object) -> Sequence[Claimed]:
        claimed, self.claimed = self.claimed, []
        return claimed

    def release(self, *_asked: object) -> None:
        """Nobody else would take it on."""


class Planner(Notify):
    """Notify, whose use cases all work on one unit."""

    unit: Unit

    @classmethod
    def on(cls, environment: dict[str, str], clock: Clock) -> "Planner":
        planner = cls(environment, clock, [], cast("Any", Waiting()), DAY)
        planner.begin_anew()
        return planner

    def begin_anew(self) -> None:
        self.unit = OneUnit(self, Provenance("planner", "", ""))

    def run(
        self, _provenance: Provenance, decide: Callable[[Unit], Answer], *_command: Any
    ) -> Answer:
        return decide(self.unit)

    @cached_property
    def reactions(self) -> Mapping[str, Reaction]:
        return reactions(self)

    def hear(self, event: CloudEvent) -> None:
        self.reactions[event.type](self.unit, event)

    def reminders_of(self, petition_id: str) -> PetitionReminders:
        return self.unit.find(PetitionReminders, PetitionReminders.create_id(petition_id))

    def fall_until(self, petition_id: str, clock: Clock, end: datetime) -> None:
        """Let every point be told at its time, until an instant."""
        reminders = self.reminders_of(petition_id)
        while (found := _next_of(reminders)) is not None and found[0] < end:
            at, term = found
            clock.now = max(clock(), at)
            cast("Waiting", self.due).claimed = [Claimed(plan_id(petition_id, term), petition_id)]
            Plans(self).fall_due()
            # Everybody is reached at once: what is still to be told would be told to a successor.
            for each in reminders.reminders.values():
                each.state = "delivered" if each.state == "planned" else each.state


def _next_of(reminders: PetitionReminders | None) -> tuple[datetime, str] | None:
    plans = reminders.plans if reminders else {}
    points = [(plan.next_at, term) for term, plan in plans.items() if plan.next_at]
    return min(points, default=None)
