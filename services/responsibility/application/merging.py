"""Matters that intake's clerks merge (并案), as responsibility follows them."""

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
from services.responsibility.domain.evidence import Joining
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
