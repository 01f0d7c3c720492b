"""Matters that intake's clerks merge and split, as responsibility follows them."""

from dataclasses import dataclass
from uuid import UUID

from chassis.eventstore.application import Unit
from services.responsibility.application import Responsibility
from services.responsibility.application.steps import (
    follow_class,
    found_course,
    has_ended,
    look_for_replacement,
    new_course,
)
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import Joining, Leaving
from services.responsibility.domain.leaving import PassedOn
from services.responsibility.domain.ownership import Ownership


@dataclass(frozen=True)
class Merging:
    """Each matter has one ownership, whatever was linked in which order; none is ever lost."""

    responsibility: Responsibility

    @staticmethod
    def needed_to_join(joining: Joining) -> list[UUID]:
        """Return the ids of the aggregates that `join` asks for."""
        ids = (joining.petition_id, joining.into)
        return [make(each) for each in ids for make in (Ownership.create_id, Course.create_id)]

    def join(self, unit: Unit, joining: Joining) -> None:
        """Merge a matter into an earlier one (并案).

        Nothing happens when it is part of one already.

        Raises:
            PetitionUnknown: one of the two is not known here yet; the event is tried again.
        """
        later = self.responsibility.ownership(unit, joining.petition_id)
        into = self.responsibility.holder(unit, joining.into, joining)
        if later.record.merged_into is not None or into.id == later.id:
            return
        if later.was_split_since(joining.at):
            return
        into.take_in(
            later,
            joining.at,
            ended=has_ended(unit, into),
            named_number=joining.named_number,
            course=found_course(unit, later),
        )
        follow_class(unit, into, joining.at, self.responsibility.calendar())
        self._end_course(unit, later, into, joining)
        later.merge_into(into, joining.at)
        look_for_replacement(unit, into, joining.at)

    def _end_course(self, unit: Unit, later: Ownership, into: Ownership, joining: Joining) -> None:
        """End the course of the later matter; one that had none yet begins and ends.

        So nobody begins it beside the merging: both would write its first event.
        """
        course = found_course(unit, later)
        if course is None:
            if later.closed_at is not None:
                return
            course = new_course(later, self.responsibility.calendar())
            unit.add(course)
        course.merge(into.number, joining.at)

    @staticmethod
    def needed_to_leave(leaving: Leaving) -> list[UUID]:
        """Return the ids of the aggregates that `leave` asks for."""
        own = leaving.registration.petition_id
        return [
            Ownership.create_id(own),
            Course.create_id(own),
            Ownership.create_id(leaving.out_of),
            Course.create_id(leaving.out_of),
        ]

    def leave(self, unit: Unit, leaving: Leaving) -> None:
        """Make a petition a matter of its own again (分案).

        The ownership that it had goes on; else it begins with who received it first, or the owner
        of the matter that it leaves, so that it is not without one for an instant. What repeats it
        goes with it, as the record of that matter says.

        Raises:
            PetitionUnknown: the matter is not known here yet; the event is tried again.
        """
        registration, at = leaving.registration, leaving.at
        calendar = self.responsibility.calendar()
        own = unit.find(Ownership, Ownership.create_id(registration.petition_id))
        if own is not None and (own.record.merged_into is None or own.was_merged_since(leaving.at)):
            return
        passed = self.responsibility.trace(unit, leaving.out_of, registration.number)
        whole = passed[-1]
        departure = whole.departure_of(registration.number)
        passed_on = self._passed_on(unit, own)
        for matter in passed:
            course = found_course(unit, matter)
            matter.let_go(registration.petition_id, departure.numbers, at, course)
            if matter.record.merged_into is None:
                follow_class(unit, matter, at, calendar)
        if own is None:
            own = self.responsibility.await_owner(unit, registration)
        if own is None:
            return
        course = found_course(unit, own)
        own.split_from(whole, departure, passed_on, at, registration, course)
        if course is not None:
            course.split(at)
        follow_class(unit, own, at, calendar)
        for matter in (own, whole):
            look_for_replacement(unit, matter, at)
        line = self.responsibility.duty_for(unit, registration)
        if line is not None:
            own.take_by_roster(line, registration.office, at)

    def _passed_on(self, unit: Unit, own: Ownership | None) -> list[PassedOn]:
        """Return by whom the matters that one is part of were held while it was."""
        if own is None:
            return []
        passed = self.responsibility.trace(unit, own.petition_id, own.number)
        return [each for matter in passed[1:] for each in matter.passed_on_during(own.number)]
