"""The reminders of one petition: what was planned, attempted, delivered, cancelled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, CanMutateAggregate, event

from services.notify.domain.offices import OFFICE_HEAD, head_of
from services.notify.domain.plan import SEALED, By, Plan, plan_of, plan_told
from services.notify.domain.planning import Span
from services.notify.domain.policy import ATTEMPTS_MAX, TOLD_AGAIN, reason_at
from services.notify.domain.refusals import BeyondTheTerm, NotGivenUp, NotOfATerm
from statute.parties import Parties

REMINDERS: Final = UUID("5b0d6f0e-4d0c-5d0e-8a8c-0d7f5a3e9b42")
OWNS: Final = "ownership_taken"
RECUSAL_DUE: Final = "recusal_due"
REPLACEMENT_DUE: Final = "replacement_due"
SPLIT: Final = "split"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a reminder is about: its id tells one from another, not its time.

    After a clock was set back many facts in a row are recorded at one instant.

    Attributes:
        id: of the event that tells of it.
        at: when that was recorded.
    """

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the plan of a term.

    Attributes:
        kind: start, half, workdays_5, day_1, due, late_1 and the like.
        due_on: last day of the term.
    """

    term: str
    kind: str
    due_on: date


@dataclass
class Reminder:
    """One thing that one person is told.

    Attributes:
        recipient: staff number, or `office_head:<office>`.
        state: planned, delivered, acknowledged, cancelled or given_up.
        given_up_at: how many rounds of attempts were made when it was last given up.
        done: channels over which it has been delivered.
        point: of the plan of a term, where it comes from one.
    """

    reminder_id: str
    recipient: str
    reason: str
    due_at: datetime
    state: str = "planned"
    attempts: int = 0
    done: set[str] = field(default_factory=set)
    point: Point | None = None
    given_up_at: int = 0


class PetitionReminders(Aggregate):
    """All reminders about one petition.

    Attributes:
        owner: who was last told that he owns it; None while nobody was.
        petition_class: empty where it is not known.
        plans: term to its plan, while it runs.
        latest: term to its latest plan, also when it does not run any more.
    """

    TOPIC = "reminders.v1"

    class Event(Aggregate.Event):
        petition_id: str
        number: str

    class Begun(Event, Aggregate.Created):
        TOPIC = "reminders.begun.v1"
        office: str
        petition_class: str

    Created = Begun

    class Planned(Event):
        TOPIC = "reminder.planned.v1"
        reminder_id: str
        recipient: str
        reason: str
        due_at: datetime

    class Attempted(Event):
        TOPIC = "reminder.attempted.v1"
        reminder_id: str
        attempt: int
        channel: str
        outcome: str
        again_at: datetime | None = None

    class Delivered(Event):
        TOPIC = "reminder.delivered.v1"
        reminder_id: str
        attempts: int

    class Cancelled(Event):
        TOPIC = "reminder.cancelled.v1"
        reminder_id: str
        reason: str

    class GivenUp(Event):
        TOPIC = "reminder.given_up.v1"
        reminder_id: str
        attempts: int
        outcome: str

    class PlanMade(Event):
        TOPIC = "reminders.plan_made.v1"
        why: str
        term: str
        office: str
        policy: str
        calendar: str
        provisional: bool
        runs_from: str
        due_on: str
        points: dict[str, str]
        rises: dict[str, int]

    class PlanDropped(Event):
        TOPIC = "reminders.plan_dropped.v1"
        term: str
        why: str

    class FellDue(Event):
        TOPIC = "reminders.fell_due.v1"
        term: str
        kind: str
        due_at: datetime
        due_on: str
        passed_over: list[str]
        told: dict[str, str]
        not_before: datetime
        next_at: datetime | None

    class Acknowledged(Event):
        TOPIC = "reminder.acknowledged.v1"
        reminder_id: str

    class Snoozed(Event):
        TOPIC = "reminder.snoozed.v1"
        reminder_id: str
        term: str
        recipient: str
        until: datetime
        reason: str
        next_at: datetime

    class Redriven(Event):
        TOPIC = "reminder.redriven.v1"
        reminder_id: str

    class KeptOut(Event):
        TOPIC = "reminders.kept_out.v1"
        kept_out: list[str]

    class Reclassified(Event):
        TOPIC = "reminders.reclassified.v1"
        petition_class: str

    class Withheld(Event):
        TOPIC = "reminder.withheld.v1"
        reminder_id: str
        reason: str

    @staticmethod
    def create_id(petition_id: str) -> UUID:
        return uuid5(REMINDERS, petition_id)

    @event(Begun)
    def __init__(
        self, petition_id: str, number: str, office: str, petition_class: str = ""
    ) -> None:
        self.petition_id = petition_id
        self.number = number
        self.office = office
        self.petition_class = petition_class
        self.plans: dict[str, Plan] = {}
        self.latest: dict[str, Plan] = {}
        self.owner: str | None = None
        self.reminders: dict[str, Reminder] = {}
        self.parties = Parties()
        self.withheld: set[str] = set()

    def trigger_event(self, event_class: type[CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Make a fact; every fact names its petition."""
        super().trigger_event(
            event_class, petition_id=self.petition_id, number=self.number, **kwargs
        )

    def plan(self, recipient: str, reason: str, due_at: datetime, occasion: Occasion) -> None:
        """Plan a reminder; the same one is planned once, and a party is told nothing."""
        reminder_id = str(uuid5(self.id, f"{recipient}/{reason}/{occasion.id}"))
        if reminder_id in self.reminders or reminder_id in self.withheld:
            return
        if self.keeps_out(recipient):
            self._record_withholding(timestamp=occasion.at, reminder_id=reminder_id, reason=reason)
        else:
            self._record_plan(
                timestamp=occasion.at,
                reminder_id=reminder_id,
                recipient=recipient,
                reason=reason,
                due_at=due_at,
            )

    def is_planned(self, recipient: str, reason: str) -> bool:
        """Tell whether somebody is going to be told for a reason already."""
        return any(
            each.state == "planned" and (each.recipient, each.reason) == (recipient, reason)
            for each in self.reminders.values()
        )

    def plan_term(self, term: str, span: Span, why: str, by: By) -> None:
        """Plan when people are told of a term that runs; what was planned of it is no longer.

        Args:
            why: what led to it.
        """
        known = self.plans.get(term)
        if known is not None and (known.runs_from, known.due_on) == (span.runs_from, span.due_on):
            return
        self.cancel("term_changed", by.at, term=term)
        plan = plan_of(term, span, self.office, self.petition_class, by)
        self._record_plan_of_term(timestamp=by.at, why=why, **plan.told())

    def dropped(self, term: str) -> bool:
        """Tell whether people were told of a term and are not any more."""
        return term in self.latest and term not in self.plans

    def runs_from(self, term: str) -> date | None:
        """Return the day that a term was last counted from; None where it is not known."""
        return self.latest[term].runs_from if term in self.latest else None

    def drop(self, term: str, why: str, at: datetime) -> None:
        """Tell nobody of a term any more."""
        if term in self.plans:
            self._record_drop(timestamp=at, term=term, why=why)
            self.cancel(why, at, term=term)

    def told_next(self, term: str, at: datetime) -> list[str]:
        """Return who is told of a term at the point that has come last."""
        plan = self.plans.get(term)
        due = plan.due(at) if plan else []
        return list(self._recipients(plan, due[-1])) if plan and due else []

    def fall_due(
        self, term: str, not_before: datetime, by: By, deputies: Mapping[str, Sequence[str]]
    ) -> None:
        """Let the latest point that has come be told; what it has overtaken is passed over.

        Args:
            not_before: when people may be told, where that is later.
            deputies: recipient to who is told beside him; of what is sealed nobody is.
        """
        plan = self.plans.get(term)
        if plan is None or not (due := plan.due(by.at)):
            return
        *passed_over, kind = due
        told = {
            who: str(uuid5(self.id, f"{who}/{term}/{kind}/{plan.points[kind]}"))
            for recipient in self._recipients(plan, kind)
            if plan.awaited_by(recipient, by.at)
            for who in [recipient, *self._beside(recipient, deputies)]
        }
        kept_out = {who: told.pop(who) for who in list(told) if self.keeps_out(who)}
        left = plan.without(due)
        self._record_fall(
            timestamp=by.at,
            term=term,
            kind=kind,
            due_at=plan.points[kind],
            due_on=plan.due_on.isoformat(),
            passed_over=passed_over,
            told={who: id_ for who, id_ in told.items() if id_ not in self.reminders},
            not_before=not_before,
            next_at=left.next_at,
        )
        for reminder_id in kept_out.values():
            self._record_withholding(
                timestamp=by.at, reminder_id=reminder_id, reason=reason_at(kind)
            )
        if not left.points and by.policy.late:
            self._record_plan_of_term(timestamp=by.at, why="goes_on", **left.going_on(by).told())

    def _recipients(self, plan: Plan, kind: str) -> list[str]:
        """Return who is told at a point, as the petition is classed by now."""
        told = plan.recipients(kind, self.owner)
        return [each for each in told if not (self.sealed and self._is_outside(each))]

    def _is_outside(self, recipient: str) -> bool:
        return recipient not in {self.owner, head_of(self.office)}

    @property
    def sealed(self) -> bool:
        """Whether nobody outside its office hears of it; what is not known is taken for that."""
        return self.petition_class in {SEALED, ""}

    def _beside(self, recipient: str, deputies: Mapping[str, Sequence[str]]) -> Sequence[str]:
        return () if self.sealed else deputies.get(recipient, ())

    def reclassify(self, petition_class: str, at: datetime) -> None:
        """Tell of it as of a petition of another class; what becomes sealed stays in its office."""
        if petition_class == self.petition_class:
            return
        self._record_class(timestamp=at, petition_class=petition_class)
        of_terms = [each for each in self.reminders.values() if each.point is not None]
        for recipient in sorted({each.recipient for each in of_terms}):
            if self.sealed and self._is_outside(recipient):
                self.cancel("sealed", at, recipient=recipient)

    def keeps_out(self, recipient: str) -> bool:
        """Tell whether a recipient is a party to what is sealed, or head of an office that is."""
        return self.parties.include(recipient.removeprefix(OFFICE_HEAD))

    def keep_out(self, marks: Iterable[str], at: datetime) -> None:
        """Tell the parties to what is sealed nothing any more; `marks` are those of all of them."""
        parties = Parties(frozenset(marks))
        if parties == self.parties:
            return
        self._record_parties(timestamp=at, kept_out=sorted(parties.marks))
        for recipient in sorted({each.recipient for each in self.reminders.values()}):
            if self.keeps_out(recipient):
                self.cancel("kept_out", at, recipient=recipient)

    def cancel(
        self,
        why: str,
        at: datetime,
        *,
        about: str = "",
        recipient: str = "",
        term: str = "",
        sparing: str = "",
    ) -> None:
        """Cancel what is planned, all of it or that of one reason, recipient or term.

        Args:
            sparing: a reason for which somebody is told all the same.
        """
        for reminder in list(self.reminders.values()):
            meant = about in {"", reminder.reason} and recipient in {"", reminder.recipient}
            if term:
                meant = meant and reminder.point is not None and reminder.point.term == term
            if reminder.state == "planned" and meant and reminder.reason != sparing:
                self._record_cancellation(
                    timestamp=at, reminder_id=reminder.reminder_id, reason=why
                )

    def acknowledge(self, reminder_id: str, at: datetime) -> None:
        """Record that its recipient has taken note; what was not delivered yet need not be."""
        if self.reminders[reminder_id].state in {"planned", "delivered", "given_up"}:
            self._record_acknowledgement(timestamp=at, reminder_id=reminder_id)

    def snooze(self, reminder_id: str, until: datetime, reason: str, at: datetime) -> None:
        """Let its recipient be told of the term again at an instant, and not before.

        Raises:
            NotOfATerm: it is about no term that runs.
            BeyondTheTerm: the instant has passed, or lies after the last day.
        """
        reminder = self.reminders[reminder_id]
        plan = self.plans.get(reminder.point.term) if reminder.point else None
        if reminder.point is None or plan is None or plan.due_on != reminder.point.due_on:
            raise NotOfATerm(reminder_id="is about no term that runs")
        if not at < until < plan.ends:
            raise BeyondTheTerm(until=f"does not lie before the end of {plan.due_on}")
        points = plan.put_off_until(until, reminder.recipient).points
        self._record_snooze(
            timestamp=at,
            reminder_id=reminder_id,
            term=plan.term,
            recipient=reminder.recipient,
            until=until,
            reason=reason,
            next_at=min(points.values()),
        )

    def redrive(self, reminder_id: str, at: datetime) -> None:
        """Deliver a reminder again that was given up.

        Raises:
            NotGivenUp: it was not.
        """
        reminder = self.reminders[reminder_id]
        if reminder.state != "given_up":
            raise NotGivenUp(reminder_id=f"is {reminder.state}")
        if self.keeps_out(reminder.recipient):
            raise NotGivenUp(reminder_id="is for one who is told nothing any more")
        self._record_redrive(timestamp=at, reminder_id=reminder_id)

    def record_attempts(
        self,
        reminder_id: str,
        attempt: int,
        outcomes: Mapping[str, str],
        again_at: datetime,
        again_after: timedelta,
        at: datetime,
        *,
        complete: bool,
    ) -> None:
        """Record one round of attempts.

        Nothing happens when the reminder was cancelled meanwhile, or when another process made
        the same attempt.

        Args:
            attempt: number of the round, from 1.
            outcomes: channel to `ok` or a short word on the failure.
            again_at: when what failed is tried again.
            again_after: when a reminder about an untaken petition is due again.
            complete: it was delivered over every way that it has to go.
        """
        reminder = self.reminders[reminder_id]
        if reminder.state != "planned" or attempt <= reminder.attempts:
            return
        for channel, outcome in outcomes.items():
            self._record_attempt(
                timestamp=at,
                reminder_id=reminder_id,
                attempt=attempt,
                channel=channel,
                outcome=outcome,
                again_at=again_at,
            )
        failed = [outcome for outcome in outcomes.values() if outcome != "ok"]
        if complete:
            self._record_delivery(timestamp=at, reminder_id=reminder_id, attempts=attempt)
            self._plan_again(reminder, again_after, at)
        elif failed and attempt - reminder.given_up_at >= ATTEMPTS_MAX:
            self._record_giving_up(
                timestamp=at, reminder_id=reminder_id, attempts=attempt, outcome=failed[-1]
            )
            self._plan_again(reminder, again_after, at)

    def _plan_again(self, reminder: Reminder, again_after: timedelta, at: datetime) -> None:
        """Go on reminding until somebody takes the petition (rule 5), or the recusal is made.

        Times that have passed meanwhile are left out: nobody is told five times at once.
        """
        if reminder.reason in TOLD_AGAIN:
            passed = max((at - reminder.due_at) // again_after, 0)
            due_at = reminder.due_at + (passed + 1) * again_after
            again = Occasion(f"{reminder.reminder_id}/{due_at.isoformat()}", at)
            self.plan(reminder.recipient, reminder.reason, due_at, again)

    # Records. Replayed for ever, so they decide nothing.

    @event(Planned)
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

    @event(PlanMade)
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
        self.plans[term] = self.latest[term] = plan_told(told)

    @event(PlanDropped)
    def _record_drop(self, timestamp: datetime, term: str, why: str) -> None:
        del self.plans[term]

    @event(FellDue)
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
    ) -> None:
        self.plans[term] = self.plans[term].without([*passed_over, kind])
        point = Point(term, kind, date.fromisoformat(due_on))
        reason = reason_at(kind)
        for recipient, reminder_id in told.items():
            self.reminders[reminder_id] = Reminder(
                reminder_id, recipient, reason, due_at, point=point
            )

    @event(Attempted)
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
        if outcome == "ok":
            reminder.done.add(channel)

    @event(Delivered)
    def _record_delivery(self, timestamp: datetime, reminder_id: str, attempts: int) -> None:
        self.reminders[reminder_id].state = "delivered"

    @event(Cancelled)
    def _record_cancellation(self, timestamp: datetime, reminder_id: str, reason: str) -> None:
        self.reminders[reminder_id].state = "cancelled"

    @event(KeptOut)
    def _record_parties(self, timestamp: datetime, kept_out: list[str]) -> None:
        self.parties = Parties(frozenset(kept_out))

    @event(Reclassified)
    def _record_class(self, timestamp: datetime, petition_class: str) -> None:
        self.petition_class = petition_class

    @event(Withheld)
    def _record_withholding(self, timestamp: datetime, reminder_id: str, reason: str) -> None:
        self.withheld.add(reminder_id)

    @event(GivenUp)
    def _record_giving_up(
        self, timestamp: datetime, reminder_id: str, attempts: int, outcome: str
    ) -> None:
        self.reminders[reminder_id].state = "given_up"
        self.reminders[reminder_id].given_up_at = attempts

    @event(Acknowledged)
    def _record_acknowledgement(self, timestamp: datetime, reminder_id: str) -> None:
        self.reminders[reminder_id].state = "acknowledged"

    @event(Snoozed)
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

    @event(Redriven)
    def _record_redrive(self, timestamp: datetime, reminder_id: str) -> None:
        self.reminders[reminder_id].state = "planned"
