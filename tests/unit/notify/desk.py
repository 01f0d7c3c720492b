"""Notify at work: what responsibility tells goes in, what people are told comes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chassis.eventstore.instants import instant_of, text_of
from chassis.messaging.inbox import Inbox
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.notify.application import Notify
from services.notify.application.delivering import Deliveries
from services.notify.application.planning import Plans
from services.notify.application.ports import OK, Channel, Endpoint, Outcome, Reach, Told, Way
from services.notify.application.recounting import Recounting
from services.notify.domain.planning import Hours
from services.notify.gateways.pace import EndpointPace
from services.notify.reactions import reactions
from services.notify.readmodels.plans import PlanTable
from services.notify.readmodels.preferences import PreferenceTable
from services.notify.readmodels.queue import DueQueue
from services.notify.readmodels.reminders import ReminderTable
from tests.builders import COUNTY, DAY, HOUR, HUANG, Clock, cloud_event, number, petition_id
from tests.unit.stores import SourceLog


class Crash(BaseException):
    """The process ends here."""


@dataclass
class FakeChannel:
    """Attributes: outcomes: of the next attempts, or what it dies of; `ok` afterwards."""

    name: str = "file"
    endpoint: str = ""
    per_minute: int = 0
    wait: timedelta = timedelta(0)
    outcomes: list[str | BaseException] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def tell(self, told: Told) -> Outcome:
        self.told.append(told)
        outcome = self.outcomes.pop(0) if self.outcomes else "ok"
        if isinstance(outcome, BaseException):
            raise outcome
        return OK if outcome == "ok" else Outcome(outcome, self.wait)

    @property
    def recipients(self) -> list[str]:
        return [each.recipient for each in self.told]


@dataclass
class FakeWays:
    """The same ways for everybody, and hours for some."""

    ways: Sequence[Way]
    hours: dict[str, Hours] = field(default_factory=dict)

    def of(self, recipients: Iterable[str]) -> dict[str, Reach]:
        return {each: Reach(self.ways, self.hours.get(each)) for each in recipients}

    def channel_to(self, endpoint: Endpoint) -> Channel | None:
        return None if endpoint.kind == "sms" else FakeChannel(endpoint.kind)


def notify(environment: dict[str, str], clock: Clock) -> Notify:
    due = DueQueue()
    models = [ReminderTable(), PlanTable(), PreferenceTable()]
    return Notify(environment, clock, models, due, DAY)


def deliveries(application: Notify, *ways: Sequence[FakeChannel]) -> Deliveries:
    """Deliver over ways, each of channels of which one is enough, without any chance."""
    found = FakeWays([Way(channels, len(channels) > 1, own=len(channels) > 1) for channels in ways])
    return Deliveries(application, found, EndpointPace(application.log_of_events), lambda: 0.0)


@dataclass
class Desk:
    """One notify on a store of its own."""

    application: Notify
    clock: Clock
    deliveries: Deliveries
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
        return self.deliveries.deliver_due()

    def fall(self) -> int:
        return Plans(self.application).fall_due()

    def recount(self) -> int:
        """Plan a page of terms by the calendar that came in."""
        return Recounting(self.application, PlanTable()).go_on()

    def run_until(self, end: datetime) -> None:
        """Look every few hours what is due, and tell it, until an instant."""
        while self.clock() < end:
            self.clock.now = min(end, self.clock() + 3 * HOUR)
            self.look()

    def run_to(self, end: datetime) -> None:
        """Go to an instant by way of everything that falls due before it."""
        while (at := self._next_due()) is not None and at < end:
            self.clock.now = max(self.clock(), at)
            self.look()
        self.clock.now = max(self.clock(), end)

    def look(self) -> None:
        """Tell what is due now."""
        while self.fall() + self.deliver():
            pass

    def hear(self, told: Iterable[tuple[str, datetime, dict[str, Any]]]) -> None:
        """Let responsibility tell many things at once, each with when it was recorded."""
        first = len(self.log.events) + 1
        events = [event_of(n, type_, at, **data) for n, (type_, at, data) in enumerate(told, first)]
        self.log.events += events
        self.inbox.receive(events)

    def _next_due(self) -> datetime | None:
        found = self.application.log_of_events.query(
            "SELECT min(next_at) FROM term_plan WHERE next_at <> '' UNION ALL"
            " SELECT min(max(next_attempt_at, COALESCE(until, ''))) FROM reminder"
            " LEFT JOIN lease ON id = reminder_id WHERE state = 'planned'"
        )
        return min((instant_of(at) for (at,) in found if at), default=None)

    def deliver_after(self, pause: timedelta) -> int:
        self.clock.advance(pause)
        return self.deliver()

    def reminders(self) -> list[tuple[str, str, str]]:
        """Recipient, reason and state of all reminders, oldest first."""
        return [(row["recipient"], row["reason"], row["state"]) for row in reversed(self.listed())]

    def listed(self) -> list[dict[str, Any]]:
        return self.listed_to()

    def listed_to(self, *onlooker: str) -> list[dict[str, Any]]:
        """All reminders that somebody is shown, newest first."""
        with self.application.log_of_events.reading() as transaction:
            return ReminderTable().listed(transaction, onlooker, None, None, 200, "")[0]

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
