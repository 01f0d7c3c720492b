"""Matters that intake's clerks merge and split, as responsibility follows them."""

from dataclasses import dataclass
from uuid import UUID

from chassis.eventstore.application import Unit
from services.responsibility.application import Responsibility
from services.responsibility.application.steps import found_course, has_ended, new_course
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import Joining, Leaving
from services.responsibility.domain.ownership import Ownership
from statute.parties import Parties


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
        into = self.responsibility.whole(unit, self.responsibility.ownership(unit, joining.into))
        if later.record.merged_into is not None or into.id == later.id:
            return
        self._end_course(unit, later, into, joining)
        into.take_in(later, joining.at, ended=has_ended(unit, into))
        later.merge_into(into, joining.at)

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
        ]

    def leave(self, unit: Unit, leaving: Leaving) -> None:
        """Make a petition a matter of its own again (分案).

        The ownership that it had goes on; else it begins with the owner of the matter that it
        leaves, so that it is not without one for an instant.

        Raises:
            PetitionUnknown: the matter is not known here yet; the event is tried again.
        """
        responsibility, at = self.responsibility, leaving.at
        parent = responsibility.ownership(unit, leaving.out_of)
        whole = responsibility.whole(unit, parent)
        own = unit.find(Ownership, Ownership.create_id(leaving.registration.petition_id))
        if own is not None and own.record.merged_into is None:
            return
        known = [number for number in leaving.along if number in whole.record.repeats]
        numbers = [leaving.registration.number, *known]
        # Those whom its petitions named while it was part of the other come along.
        parties = whole.parties.named_in(numbers)
        self._leave_all(unit, parent, leaving, numbers)
        if own is None:
            self._begin(unit, leaving, whole, parties)
            return
        own.split_from(whole, known, at)
        own.keep_out(parties.marks, at)
        course = found_course(unit, own)
        if course is not None:
            course.split(at)

    def _leave_all(
        self, unit: Unit, matter: Ownership, leaving: Leaving, numbers: list[str]
    ) -> None:
        """Leave the matter, and those that it is part of."""
        petition_id, at = leaving.registration.petition_id, leaving.at
        matter.let_go(petition_id, numbers, at)
        while matter.record.merged_into is not None:
            matter = self.responsibility.ownership(unit, matter.record.merged_into)
            matter.let_go(petition_id, numbers, at)

    def _begin(self, unit: Unit, leaving: Leaving, whole: Ownership, parties: Parties) -> None:
        registration = leaving.registration
        own = self.responsibility.await_owner(unit, registration)
        if own is None:
            return
        own.keep_out(parties.marks, leaving.at)
        own.begin_with(whole)
        line = self.responsibility.duty_for(unit, registration)
        if line is not None:
            own.take_by_roster(line, registration.office, leaving.at)
