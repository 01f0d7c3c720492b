"""The reminders of one petition: what their facts add up to.

The rules are beside this, a file a side: `telling`, `of_terms`.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.notify.domain.facts import PetitionReminders as Facts
from services.notify.domain.of_terms import OfTerms
from services.notify.domain.plan import Plan, plan_told
from services.notify.domain.planning import day_of
from services.notify.domain.policy import reason_at
from services.notify.domain.reminder import OWNS, Point, Reminder
from statute.parties import Parties

REMINDERS: Final = UUID("5b0d6f0e-4d0c-5d0e-8a8c-0d7f5a3e9b42")


class PetitionReminders(OfTerms, Aggregate):
    """All reminders about one petition."""

    TOPIC = "reminders.v1"

    Event = Facts.Event
    Created = Facts.Begun

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(REMINDERS, petition_id)

    @event(Facts.Begun)
    def __init__(
        self, petition_id: str, number: str, office: str, petition_class: str = ""
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.petition_class = petition_class
        self.plans: dict[str, Plan] = {}
        self.latest: dict[str, Plan] = {}
        self.dropped_because: dict[str, str] = {}
        self.owner: str | None = None
        self.reminders: dict[str, Reminder] = {}
        self.parties = Parties()
        self.withheld: set[str] = set()

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact names its petition."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    # Records. Replayed for ever, so they decide nothing.

    @event(Facts.Planned)
    def _record_plan(
        self,
        timestamp: datetime,
        reminder_id: str,
        recipient: str,
        reason: str,
        due_at: datetime,
    ) -> None:
        self.reminders[reminder_id] = Reminder(reminder_id, recipient, reason, due_at)
        if reason == OWNS:
            self.owner = recipient

    @event(Facts.PlanMade)
    def _record_plan_of_term(
        self,
        timestamp: datetime,
        why: str,
        term: str,
        office: str,
        policy: str,
        calendar: str,
        provisional: bool,  # noqa: FBT001 - a field of the fact
        runs_from: str,
        due_on: str,
        points: dict[str, str],
        rises: dict[str, int],
    ) -> None:
        told = {
            "term": term,
            "office": office,
            "policy": policy,
            "calendar": calendar,
            "provisional": provisional,
            "runs_from": runs_from,
            "due_on": due_on,
            "points": points,
            "rises": rises,
        }
        plan, known = plan_told(told), self.plans.get(term)
        # By another calendar, or late, it is the same term: who has put it off has done so.
        if known is not None and (known.runs_from, known.due_on) == (plan.runs_from, plan.due_on):
            plan = replace(plan, put_off=known.put_off)
        self.plans[term] = self.latest[term] = plan

    @event(Facts.PlanDropped)
    def _record_drop(self, timestamp: datetime, term: str, why: str) -> None:
        del self.plans[term]
        self.dropped_because[term] = why

    @event(Facts.FellDue)
    def _record_fall(
        self,
        timestamp: datetime,
        term: str,
        kind: str,
        due_at: datetime,
        due_on: str,
        passed_over: list[str],
        told: dict[str, str],
        not_before: datetime,
        next_at: datetime | None,
        beside: dict[str, str] | None = None,
    ) -> None:
        self.plans[term] = self.plans[term].without([*passed_over, kind])
        point = Point(term, kind, date.fromisoformat(due_on))
        reason, day = reason_at(kind), day_of(max(timestamp, not_before))
        for recipient, reminder_id in told.items():
            self.reminders[reminder_id] = Reminder(
                reminder_id,
                recipient,
                reason,
                due_at,
                point=point,
                beside=(beside or {}).get(recipient, ""),
                day=day,
            )

    @event(Facts.Attempted)
    def _record_attempt(
        self,
        timestamp: datetime,
        reminder_id: str,
        attempt: int,
        channel: str,
        outcome: str,
        again_at: datetime | None = None,
    ) -> None:
        reminder = self.reminders[reminder_id]
        reminder.attempts = attempt
        reminder.tried_from = reminder.tried_from or timestamp
        if outcome == "ok":
            reminder.done.add(channel)
            reminder.told_on.add(day_of(timestamp))

    @event(Facts.Delivered)
    def _record_delivery(self, timestamp: datetime, reminder_id: str, attempts: int) -> None:
        self.reminders[reminder_id].state = "delivered"

    @event(Facts.Cancelled)
    def _record_cancellation(self, timestamp: datetime, reminder_id: str, reason: str) -> None:
        self.reminders[reminder_id].state = "cancelled"

    @event(Facts.KeptOut)
    def _record_parties(self, timestamp: datetime, kept_out: list[str]) -> None:
        self.parties = Parties(frozenset(kept_out))

    @event(Facts.Reclassified)
    def _record_class(self, timestamp: datetime, petition_class: str) -> None:
        self.petition_class = petition_class

    @event(Facts.Withheld)
    def _record_withholding(self, timestamp: datetime, reminder_id: str, reason: str) -> None:
        self.withheld.add(reminder_id)
        # Whoever owned it before does not any more, and its owner is told nothing: the head is.
        if reason == OWNS:
            self.owner = None

    @event(Facts.OwnerForgotten)
    def _record_forgetting(self, timestamp: datetime, owner: str) -> None:
        self.owner = None

    @event(Facts.GivenUp)
    def _record_giving_up(
        self, timestamp: datetime, reminder_id: str, attempts: int, outcome: str
    ) -> None:
        self.reminders[reminder_id].state = "given_up"
        self.reminders[reminder_id].given_up_at = attempts

    @event(Facts.Acknowledged)
    def _record_acknowledgement(self, timestamp: datetime, reminder_id: str) -> None:
        self.reminders[reminder_id].state = "acknowledged"

    @event(Facts.Snoozed)
    def _record_snooze(
        self,
        timestamp: datetime,
        reminder_id: str,
        term: str,
        recipient: str,
        until: datetime,
        reason: str,
        next_at: datetime,
    ) -> None:
        self.reminders[reminder_id].state = "acknowledged"
        self.plans[term] = self.plans[term].put_off_until(until, recipient)

    @event(Facts.Redriven)
    def _record_redrive(self, timestamp: datetime, reminder_id: str) -> None:
        self.reminders[reminder_id].state = "planned"
        self.reminders[reminder_id].tried_from = None
