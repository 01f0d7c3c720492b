"""Matters that intake's clerks merge and split, as responsibility follows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
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
from services.responsibility.domain.departure import Met, PassedOn
from services.responsibility.domain.evidence import Joining, Leaving, Link
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

        The ownership that it had goes on; else it begins as it would have at its registration: with
        who received it first, else with the leader on duty then (rule 5), else it is awaited. Who
        did something in the matter that it leaves since it came stays its owner. What repeats it
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
        met = self._met(unit, passed, registration.number)
        departure = whole.departure_of(registration.number, met, found_course(unit, whole))
        passed_on = self._passed_on(unit, own)
        for matter in passed:
            course = found_course(unit, matter)
            matter.let_go(registration.petition_id, departure.numbers, at, course)
            if matter.record.merged_into is None:
                follow_class(unit, matter, at, calendar)
        line = None
        if own is None:
            registered = replace(registration, kept_out=sorted(departure.parties.marks))
            line = self.responsibility.duty_for(unit, registered, registered.registered_at)
            own = self.responsibility.await_owner(unit, registered, line)
        if own is None:
            return
        course = found_course(unit, own)
        own.split_from(whole, departure, passed_on, at, registration, course)
        if course is not None:
            course.split(at)
        follow_class(unit, own, at, calendar)
        for matter in (own, whole):
            look_for_replacement(unit, matter, at)
        if line is not None:
            # As it was decided on at its registration, had it repeated nothing.
            own.take_by_roster(
                line, registration.office, registration.registered_at, registration.number
            )

    @staticmethod
    def _met(unit: Unit, passed: Sequence[Ownership], number: str) -> list[Met]:
        """Return who came to the matters that a petition leaves by what leaves them.

        Args:
            passed: the matter that it was linked to, and those that it has become part of since.
        """
        leaving, found = set(passed[-1].leaving_with(number)), list[Met]()
        for place, matter in enumerate(passed, start=1):
            parts = _owned_parts(unit, matter, leaving - {number})
            later = [each for beyond in passed[place:] for each in beyond.passed_on_during(number)]
            found += matter.met_by(leaving, parts, later)
        return found

    def _passed_on(self, unit: Unit, own: Ownership | None) -> list[PassedOn]:
        """Return by whom the matters that one is part of were held while it was."""
        if own is None:
            return []
        passed = self.responsibility.trace(unit, own.petition_id, own.number)
        return [each for matter in passed[1:] for each in matter.passed_on_during(own.number)]


def _owned_parts(unit: Unit, matter: Ownership, leaving: Collection[str]) -> dict[str, Link]:
    """Return number of a matter that is part of one, and leaves it, to who owns it.

    By a petition of its own that leaves with it; what he owes to another he owns no longer.
    """
    found = {}
    for number in matter.record.merged.keys() & set(leaving):
        part = unit.find(Ownership, Ownership.create_id(matter.record.merged[number].petition_id))
        chain = part.record.chain if part is not None else []
        if chain:
            found[number] = replace(chain[-1], number=chain[0].number)
    return found
