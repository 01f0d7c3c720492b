"""Notify at work: what responsibility tells goes in, what people are told comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chassis.eventstore.instants import text_of
from chassis.messaging.inbox import Inbox
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.notify.application import Notify
from services.notify.application.planning import Plans
from services.notify.application.ports import Told
from services.notify.reactions import reactions
from services.notify.readmodels.plans import PlanTable
from services.notify.readmodels.queue import DueQueue
from services.notify.readmodels.reminders import ReminderTable
from tests.builders import COUNTY, DAY, HOUR, HUANG, Clock, cloud_event, number, petition_id
from tests.unit.stores import SourceLog


class Crash(BaseException):
    """The process ends here."""


@dataclass
class FakeChannel:
    """Attributes: outcomes: of the next attempts, `ok` once they have run out; a Crash ends all."""

    name: str = "file"
    outcomes: list[str | Crash] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def tell(self, told: Told) -> str:
        self.told.append(told)
        outcome = self.outcomes.pop(0) if self.outcomes else "ok"
        if isinstance(outcome, Crash):
            raise outcome
        return outcome

    @property
    def recipients(self) -> list[str]:
        return [each.recipient for each in self.told]


def notify(environment: dict[str, str], clock: Clock, channels: Sequence[Any]) -> Notify:
    due = DueQueue()
    models = [ReminderTable(), PlanTable(), due]
    return Notify(environment, clock, models, due, channels, DAY)


@dataclass
class Desk:
    """One notify on a store of its own."""

    application: Notify
    clock: Clock
    log: SourceLog = field(default_factory=SourceLog)

    def tell(self, type_: str, **changes: Any) -> CloudEvent:
        """Let responsibility tell something about petition 1."""
        event = event_of(len(self.log.events) + 1, type_, self.clock(), **changes)
        self.log.events.append(event)
        self.inbox.receive([event])
        return event

    @property
    def inbox(self) -> Inbox:
        return Inbox(
            application=self.application,
            service="notify",
            reactions=reactions(self.application),
            known=frozenset(MESSAGES),
            sources=("responsibility",),
            reader=self.log,
        )

    def deliver(self) -> int:
        return self.application.deliver_due()

    def fall(self) -> int:
        return Plans(self.application).fall_due()

    def run_until(self, end: datetime) -> None:
        """Look every few hours what is due, and tell it, until an instant."""
        while self.clock() < end:
            self.clock.now = min(end, self.clock() + 3 * HOUR)
            while self.fall() + self.deliver():
                pass

    def deliver_after(self, pause: timedelta) -> int:
        self.clock.advance(pause)
        return self.deliver()

    def reminders(self) -> list[tuple[str, str, str]]:
        """Recipient, reason and state of all reminders, oldest first."""
        return [(row["recipient"], row["reason"], row["state"]) for row in reversed(self.listed())]

    def listed(self) -> list[dict[str, Any]]:
        with self.application.log_of_events.reading() as transaction:
            return ReminderTable().listed(transaction, None, None, 200, "")[0]

    def facts(self) -> list[Any]:
        log = self.application.log_of_events.select_recorded(0, 1_000)
        return [self.application.mapper.to_domain_event(recorded) for recorded in log]


def event_of(position: int, type_: str, at: datetime, **changes: Any) -> CloudEvent:
    data = {
        "petition_id": petition_id(),
        "number": number(),
        "office": COUNTY,
        "awaits": "reception",
        "owner": HUANG,
        "petition_class": "appeal",
        "registered_at": text_of(at),
    }
    return cloud_event("responsibility", position, type_, {**data, **changes}, recordedtime=at)
