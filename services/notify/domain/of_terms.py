"""The plans of terms: made, dropped, put off, and told as their points fall due."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import uuid5

from services.notify.domain.offices import head_of
from services.notify.domain.plan import By, Plan, again_of, is_again, plan_of
from services.notify.domain.planning import OFFICE_HOURS, Span, day_of, is_more_urgent
from services.notify.domain.policy import reason_at
from services.notify.domain.refusals import BeyondTheTerm, NotOfATerm
from services.notify.domain.reminder import (
    OWNS,
    RECUSAL_DUE,
    SPLIT,
    UNTAKEN,
    Occasion,
    Reminder,
)
from services.notify.domain.telling import UNTOLD, Telling
from statute.workdays import WorkCalendar


class OfTerms(Telling):
    """What people are told of the terms that run."""

    def change_owner(
        self, previous: str, owner: str, occasion: Occasion, not_before: datetime
    ) -> None:
        """Tell the new owner instead, also of what the previous one was not told of yet."""
        untold = self._untold(previous)
        self.cancel("owner_changed", occasion.at, recipient=previous)
        self.cancel("owner_changed", occasion.at, about=RECUSAL_DUE)
        self.plan(owner, OWNS, occasion.at, occasion)
        self._tell_instead(untold, not_before, occasion.at)

    def forget_owner(self, owner: str, not_before: datetime, at: datetime) -> None:
        """Tell nothing more to whoever turned out never to own it; he may be told that it split."""
        untold = self._untold(owner)
        if self.owner == owner:
            self._record_forgetting(timestamp=at, owner=owner)
        self.cancel("owner_changed", at, recipient=owner, sparing=SPLIT)
        self.cancel("owner_changed", at, about=RECUSAL_DUE)
        self._tell_instead(untold, not_before, at)

    def forget_voided(self, not_before: datetime, at: datetime) -> None:
        """Forget an owner of whom no fact says that he was voided, though he was.

        Somebody was to see that it is taken after he was told that he owns it: so nobody did.
        """
        told = [each.reason for each in self.reminders.values() if each.reason in {OWNS, UNTAKEN}]
        if self.owner is not None and told and told[-1] == UNTAKEN:
            self.forget_owner(self.owner, not_before, at)

    def _untold(self, recipient: str) -> list[Reminder]:
        """Return what he has not been told of terms yet, the latest of each."""
        own = [each for each in self.reminders.values() if each.recipient == recipient]
        untold = {each.point.term: each for each in own if each.point and each.state in UNTOLD}
        return list(untold.values())

    def _tell_instead(self, untold: Sequence[Reminder], not_before: datetime, at: datetime) -> None:
        """Let points fall due again, for who is told of the matter by now."""
        who = self.owner or head_of(self.office)
        for each in untold:
            plan = each.point and self.plans.get(each.point.term)
            if not each.point or not plan or plan.due_on != each.point.due_on:
                continue
            if self._is_news(plan, each, who, max(at, not_before)):
                self._fall_again(plan, each.point.kind, each.due_at, who, not_before, at)

    def _is_news(self, plan: Plan, untold: Reminder, who: str, tells: datetime) -> bool:
        """Tell whether he is not told it anyway, by a point of the day or as he was of another."""
        day = day_of(tells)
        follows = day_of(untold.due_at) < day and day in map(day_of, plan.points.values())
        kind = untold.point.kind if untold.point else ""
        return not (follows or self.keeps_out(who)) and self._may_tell(plan, kind, who, day)

    def _fall_again(
        self, plan: Plan, kind: str, due_at: datetime, who: str, not_before: datetime, at: datetime
    ) -> None:
        self.cancel("superseded", at, recipient=who, term=plan.term)
        self._record_fall(
            timestamp=at,
            term=plan.term,
            kind=kind,
            due_at=due_at,
            due_on=plan.due_on.isoformat(),
            passed_over=[],
            told={who: self._id_of(who, plan, kind, due_at)},
            not_before=not_before,
            next_at=plan.next_at,
            beside={},
        )

    def plan_term(self, term: str, span: Span, why: str, by: By) -> None:
        """Plan when people are told of a term that runs; what was planned of it is no longer.

        Whoever was told of it today is told of its new days on the next working day.

        Args:
            why: what led to it.
        """
        known = self.plans.get(term)
        if known is not None and (known.runs_from, known.due_on) == (span.runs_from, span.due_on):
            return
        self.cancel("term_changed", by.at, term=term)
        plan = plan_of(term, span, self.office, self.petition_class, by)
        plan = plan.deferred(self._told_already(plan, by.at), by)
        self._record_plan_of_term(timestamp=by.at, why=why, **plan.told())

    def _told_already(self, plan: Plan, at: datetime) -> list[str]:
        """Return the kinds of the points of today of which nobody is told who was told today."""
        today = day_of(at)
        of_today = [kind for kind, point in plan.points.items() if day_of(point) == today]
        return [kind for kind in of_today if self._told_enough(plan, kind, today)]

    def _told_enough(self, plan: Plan, kind: str, day: date) -> bool:
        """Tell whether all of a point were told of its term on a day, of what is as urgent."""
        told = [
            [before for before, each in self._of_term(plan.term, who) if day in each.told_on]
            for who in self._recipients(plan, kind)
        ]
        return not any(is_more_urgent(kind, kinds) for kinds in told)

    def _may_tell(self, plan: Plan, kind: str, recipient: str, day: date) -> bool:
        """Tell whether a point is the first of its term on a day that somebody is told of.

        Or a more urgent one; who has put it off until then has asked for it, and nobody else has.
        """
        if is_again(kind):
            return kind == again_of(recipient)
        before = [
            earlier
            for earlier, each in self._of_term(plan.term, recipient)
            if each.day == day and each.state != "cancelled"
        ]
        return is_more_urgent(kind, before)

    def drop(self, term: str, why: str, at: datetime) -> None:
        """Tell nobody of a term any more."""
        if term in self.plans:
            self._record_drop(timestamp=at, term=term, why=why)
            self.cancel(why, at, term=term)

    def told_next(self, term: str, at: datetime, tells: datetime) -> list[str]:
        """Return who is told of a term at the point that has come last."""
        plan = self.plans.get(term)
        due = plan.due_by(at, tells) if plan else []
        return list(self._recipients(plan, due[-1])) if plan and due else []

    def fall_due(
        self, term: str, not_before: datetime, by: By, deputies: Mapping[str, Sequence[str]]
    ) -> None:
        """Let the latest point that has come be told; what it has overtaken is passed over.

        Args:
            not_before: when people may be told, where that is later.
            deputies: recipient to who is told beside him; of what is sealed nobody is.
        """
        tells = max(by.at, not_before)
        self.follow_calendar(term, by)
        plan = self.plans.get(term)
        if plan is None or not (due := plan.due_by(by.at, tells)):
            return
        *passed_over, kind = due
        told, beside = self._told_at(plan, kind, tells, deputies)
        kept_out = {who: told.pop(who) for who in list(told) if self.keeps_out(who)}
        # What they have not been told yet says how it stood then.
        for who in told:
            self.cancel("superseded", by.at, recipient=who, term=term)
        # Who is told now has put it off until now.
        passed_over += [again_of(who) for who in told if again_of(who) in plan.due(tells)]
        left = plan.without([*due, *passed_over])
        self._record_fall(
            timestamp=by.at,
            term=term,
            kind=kind,
            due_at=plan.points[kind],
            due_on=plan.due_on.isoformat(),
            passed_over=passed_over,
            told=told,
            not_before=not_before,
            next_at=left.next_at,
            beside={who: whose for who, whose in beside.items() if who in told},
        )
        for reminder_id in kept_out.values():
            self._record_withholding(
                timestamp=by.at, reminder_id=reminder_id, reason=reason_at(kind)
            )
        if not left.points and by.policy.late:
            follows = replace(by, at=max(by.at, plan.points[kind]))
            self._record_plan_of_term(
                timestamp=by.at, why="goes_on", **left.going_on(follows).told()
            )

    def _told_at(
        self, plan: Plan, kind: str, tells: datetime, deputies: Mapping[str, Sequence[str]]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return who is told at a point, to the id of his reminder; and deputies, to whose."""
        recipients = self._recipients(plan, kind)
        beside = {deputy: whose for whose in recipients for deputy in self._beside(whose, deputies)}
        told = {
            who: self._id_of(who, plan, kind, plan.points[kind])
            for who in dict.fromkeys((*recipients, *beside))
            if plan.awaited_by(who, tells) and self._may_tell(plan, kind, who, day_of(tells))
        }
        return told, {who: whose for who, whose in beside.items() if who not in recipients}

    def _id_of(self, who: str, plan: Plan, kind: str, due_at: datetime) -> str:
        """Name a reminder: the same in each try to record it, another where it falls due again."""
        return str(uuid5(self.id, f"{who}/{plan.term}/{kind}/{due_at}/{self.version}"))

    def follow_calendar(self, term: str, by: By) -> None:
        """Plan what is left of a term by the calendar that is known by now."""
        plan = self.plans.get(term)
        if plan is None or plan.calendar == by.calendar.version:
            return
        told = {
            each.point.kind
            for each in self.reminders.values()
            if each.point and (each.point.term, each.point.due_on) == (term, plan.due_on)
        }
        changed, why = plan.by_calendar(by, told), "calendar_changed"
        self._record_plan_of_term(timestamp=by.at, why=why, **changed.told())

    def snooze(
        self, reminder_id: str, until: datetime, reason: str, calendar: WorkCalendar, at: datetime
    ) -> None:
        """Let its recipient be told of the term again at an instant, and not before.

        At night, or on a day that is not worked, he is told when people are told next.

        Raises:
            NotOfATerm: it is about no term that runs.
            BeyondTheTerm: the instant has passed, or lies after the last day.
        """
        reminder = self.reminders[reminder_id]
        plan = self.plans.get(reminder.point.term) if reminder.point else None
        if reminder.point is None or plan is None or plan.due_on != reminder.point.due_on:
            raise NotOfATerm(reminder_id="is about no term that runs")
        told_at = OFFICE_HOURS.first_from(until, calendar)
        if not at < until <= told_at < plan.ends:
            raise BeyondTheTerm(until=f"people are told of it before the end of {plan.due_on} only")
        points = plan.put_off_until(told_at, reminder.recipient).points
        self._record_snooze(
            timestamp=at,
            reminder_id=reminder_id,
            term=plan.term,
            recipient=reminder.recipient,
            until=told_at,
            reason=reason,
            next_at=min(points.values()),
        )

    def _recipients(self, plan: Plan, kind: str) -> list[str]:
        """Return who is told at a point, as the petition is classed by now."""
        told = plan.recipients(kind, self.owner)
        return [each for each in told if not (self.sealed and self._is_outside(each))]

    def _beside(self, recipient: str, deputies: Mapping[str, Sequence[str]]) -> Sequence[str]:
        return () if self.sealed else deputies.get(recipient, ())
