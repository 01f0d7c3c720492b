"""Use cases of the plans of terms: made, dropped, and told as their points fall due."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID, uuid5

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.instants import text_of
from services.notify.application import (
    DELIVERER,
    LEASE,
    Notify,
    Subject,
    newest,
)
from services.notify.application.ports import Claimed, Lane
from services.notify.domain.calendars import CALENDARS, Calendars
from services.notify.domain.plan import By, plan_of
from services.notify.domain.planning import OFFICE_HOURS, Span, day_of, instant
from services.notify.domain.preferences import Preferences
from services.notify.domain.refusals import TermNotCounted
from services.notify.domain.reminders import PetitionReminders
from statute.counting import SHANGHAI, Term
from statute.terms import FOLLOW_UP_VISIT, REMINDED_TERMS, TERMS
from statute.workdays import WorkCalendar

FALL_PAGE: Final = 100
VISIT: Final = FOLLOW_UP_VISIT.code
# A class of petitions that is not sealed, for a plan that is only looked at.
OPEN_TO_ALL: Final = "appeal"
# Of a term that only ends on another day nobody is told that it begins, nor that it began late.
STARTS: Final = frozenset({"registered", "term_begun"})
# Of a term that ran before there were plans nobody knows from which day on, and so no half.
FOUND_RUNNING: Final = "found_running"
# What has ended, or is held up, does not begin again because its last day moves.
CHANGES: Final = frozenset({"term_extended", "term_recounted"})


@dataclass(frozen=True, slots=True)
class TermTold:
    """What an event tells of a term; `runs_from` is None where it does not say."""

    term: str
    why: str
    due_on: date
    runs_from: date | None = None


@dataclass(frozen=True)
class Plans:
    """The plans of the terms that run."""

    notify: Notify

    def plan_first_step(
        self,
        unit: Unit,
        subject: Subject,
        petition_class: str,
        received_at: datetime,
        at: datetime,
    ) -> None:
        """Plan the term that runs from the receipt (Art 22)."""
        self.notify.begin(unit, subject, at, petition_class)
        runs_from = received_at.astimezone(SHANGHAI).date()
        *_, last = Term.begin("first_step", runs_from).days(self.calendar(unit))
        told = TermTold("first_step", "registered", last.day, runs_from)
        self.plan(unit, subject, told, at)

    def plan_visit(self, unit: Unit, subject: Subject, replied_at: datetime, at: datetime) -> None:
        """Plan the visit that a reply is followed by (回访), in the place of one planned before."""
        reminders = self.notify.begin(unit, subject, at)
        by = self.by(unit, reminders.office, VISIT, at)
        runs_from = day_of(replied_at)
        span = Span(at, runs_from, last_day_of(VISIT, runs_from, by))
        reminders.plan_term(VISIT, span, "replied", by)

    def plan_visit_again(self, unit: Unit, subject: Subject, at: datetime) -> None:
        """Plan the visit anew that nobody was told of because the matter was part of another."""
        reminders = _known(unit, subject)
        if reminders is not None and reminders.dropped_because.get(VISIT) == "merged":
            self.plan_again(unit, subject, [VISIT], at)

    def plan(self, unit: Unit, subject: Subject, told: TermTold, at: datetime) -> None:
        """Plan a term that began, or ends on another day than was known."""
        reminders = self.notify.begin(unit, subject, at)
        day = at.astimezone(SHANGHAI).date()
        runs_from = told.runs_from or reminders.runs_from(told.term) or day
        by = self.by(unit, reminders.office, told.term, at)
        if told.why in CHANGES and reminders.dropped(told.term):
            return
        begins = told.why in STARTS
        if not begins:
            by = replace(by, policy=replace(by.policy, start=False))
        if told.why == FOUND_RUNNING:
            by = replace(by, policy=replace(by.policy, half=False))
        span = Span(at, runs_from, told.due_on, begins=begins)
        reminders.plan_term(told.term, span, told.why, by)

    def drop(self, unit: Unit, subject: Subject, term: str, why: str, at: datetime) -> None:
        """Tell nobody of a term any more."""
        reminders = _known(unit, subject)
        if reminders is not None:
            reminders.drop(term, why, at)

    def drop_all(self, unit: Unit, subject: Subject, why: str, at: datetime) -> None:
        """Tell nobody of the terms that end with the matter; closure is outlasted by some."""
        reminders = _known(unit, subject)
        if reminders is None:
            return
        stay = {code for code, rule in TERMS.items() if rule.outlasts and why == "case_closed"}
        for term in [term for term in reminders.plans if term not in stay]:
            reminders.drop(term, why, at)

    def plan_again(self, unit: Unit, subject: Subject, terms: Sequence[str], at: datetime) -> None:
        """Plan terms that run again, to the days that they ran to."""
        reminders = _known(unit, subject)
        known = {} if reminders is None else dict(reminders.latest)
        for term in terms:
            if term in known:
                told = TermTold(term, "split", known[term].due_on, known[term].runs_from)
                self.plan(unit, subject, told, at)

    def hear_of_calendar(self, unit: Unit, told: dict[str, Any], at: datetime) -> None:
        """Plan by another calendar of working days from now on."""
        known = unit.find(Calendars, CALENDARS)
        if known is not None:
            known.replace(told, at)
            return
        heard = Calendars._create(  # noqa: SLF001 - the library's way to pass the time in
            Calendars.Heard, id=CALENDARS, timestamp=at, **told
        )
        unit.add(heard)

    @staticmethod
    def calendar(unit: Unit) -> WorkCalendar:
        """Return the calendar of working days that is known to say most."""
        return newest(unit.find(Calendars, CALENDARS))

    def by(self, unit: Unit, office: str, term: str, at: datetime) -> By:
        """Return what a plan of a term of an office's matter is made by."""
        return By(self.notify.policies.of(office, term), self.calendar(unit), at)

    def preview(
        self, term: str, runs_from: date, office: str, as_of: datetime | None
    ) -> dict[str, Any]:
        """Return what the policy of an office makes of a term.

        Raises:
            TermNotCounted: its last day does not follow from where it runs from.
        """
        if term not in REMINDED_TERMS or REMINDED_TERMS[term].stated:
            raise TermNotCounted(term=f"is none of {', '.join(_counted())}")
        begun = instant(runs_from, time(9))
        unit = Unit(self.notify, Provenance(DELIVERER, "", ""))
        by = self.by(unit, office, term, as_of or begun)
        span = Span(begun, runs_from, last_day_of(term, runs_from, by))
        plan = plan_of(term, span, office, OPEN_TO_ALL, by)
        points = [
            {"kind": kind, "at": text_of(at), "recipients": list(plan.recipients(kind, "owner"))}
            for kind, at in plan.points.items()
        ]
        told = plan.told()
        return {**{name: told[name] for name in ("term", "due_on", "policy", "calendar")},
                "points": points}  # fmt: skip

    def fall_due(self) -> int:
        """Let the points be told that have come; return of how many terms."""
        now = self.notify.clock()
        claimed = self.notify.due.claim(
            self.notify.log_of_events, Lane.PLANS, now, now + LEASE, FALL_PAGE
        )
        if claimed:
            self.notify.run(
                Provenance(DELIVERER, "", ""), lambda unit: self._fall(unit, claimed, now + LEASE)
            )
        return len(claimed)

    def _fall(self, unit: Unit, claimed: Sequence[Claimed], until: datetime) -> Answer:
        due, ids = self.notify.due, [each.id for each in claimed]
        unit.writing.append(lambda transaction: due.release(transaction, ids, until))
        streams = [PetitionReminders.create_id(each.petition_id) for each in claimed]
        unit.load([CALENDARS, *streams])
        unit.load(map(Preferences.create_id, self._told_next(unit, streams, claimed)))
        for stream, each in zip(streams, claimed, strict=True):
            self._fall_one(unit, stream, each)
        return {}

    def _told_next(
        self, unit: Unit, streams: Sequence[UUID], claimed: Sequence[Claimed]
    ) -> Iterator[str]:
        for stream, each in zip(streams, claimed, strict=True):
            reminders = unit.find(PetitionReminders, stream)
            if reminders is not None:
                yield from reminders.told_next(term_of(each), *self._when(unit))

    def _fall_one(self, unit: Unit, stream: UUID, claimed: Claimed) -> None:
        term, now = term_of(claimed), self.notify.clock()
        reminders = unit.find(PetitionReminders, stream)
        plan = reminders and reminders.plans.get(term)
        if reminders is None or not plan or not plan.due(now):
            return
        by = self.by(unit, reminders.office, term, now)
        _, tells = self._when(unit)
        deputies = self._deputies(unit, reminders, term, now, tells)
        # A term that is planned anew may have a point at the instant of one that was told.
        cause = str(uuid5(stream, f"{term}/{plan.next_at}/{reminders.version}"))
        unit.attribute(Provenance(DELIVERER, cause, cause))
        found = unit.find(PetitionReminders, stream)
        if found is not None:
            found.fall_due(term, tells, by, deputies)

    def _when(self, unit: Unit) -> tuple[datetime, datetime]:
        """Return what time it is, and when people may be told."""
        now = self.notify.clock()
        return now, OFFICE_HOURS.first_from(now, self.calendar(unit))

    @staticmethod
    def _deputies(
        unit: Unit, reminders: PetitionReminders, term: str, now: datetime, tells: datetime
    ) -> Mapping[str, Sequence[str]]:
        """Return recipient to who is told beside him on the day on which that is."""
        day, deputies = tells.astimezone(SHANGHAI).date(), dict[str, list[str]]()
        for recipient in reminders.told_next(term, now, tells):
            preferences = unit.find(Preferences, Preferences.create_id(recipient))
            deputies[recipient] = preferences.deputies_on(day) if preferences else []
        return deputies


def term_of(claimed: Claimed) -> str:
    """Return the term whose plan was taken on."""
    return claimed.id.rpartition("/")[2]


def _counted() -> list[str]:
    return [code for code, rule in REMINDED_TERMS.items() if not rule.stated]


def last_day_of(term: str, runs_from: date, by: By) -> date:
    """Return the last day of a term; of one that no article gives days, by the policy."""
    rule = REMINDED_TERMS[term]
    rule = replace(rule, length_days=by.policy.within or rule.length_days)
    *_, last = Term(rule, runs_from, rule.counting).days(by.calendar)
    return last.day


def _known(unit: Unit, subject: Subject) -> PetitionReminders | None:
    return unit.find(PetitionReminders, PetitionReminders.create_id(subject.petition_id))
