"""Petitions that are matters of their own again (分案), as responsibility follows the clerks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.eventstore.application import Unit
from services.responsibility.application import Responsibility
from services.responsibility.application.steps import (
    follow_class,
    follow_receipt,
    found_course,
    look_for_replacement,
    withdraw_course,
)
from services.responsibility.domain.course import Course
from services.responsibility.domain.departure import Met, PassedOn
from services.responsibility.domain.evidence import (
    DutyLine,
    Leaving,
    Link,
    Registration,
    Withdrawal,
)
from services.responsibility.domain.ownership import Ownership

# Where no fact that is at hand says on what ground a petition was withdrawn.
NO_GROUND: Final = "other"


@dataclass(frozen=True)
class Parting:
    """Each petition has the first contact that it would have had; none is ever lost."""

    responsibility: Responsibility

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
        registered = replace(registration, kept_out=sorted(departure.parties.marks))
        line = None if own is not None else self._line_of(unit, registered)
        on_duty = self._on_duty(unit, passed, departure.numbers, registered, line)
        departure = replace(departure, on_duty=on_duty)
        for matter in passed:
            course, owner = found_course(unit, matter), matter.owner
            matter.let_go(registration.petition_id, departure.numbers, at, course)
            if owner is not None and matter.owner is None:
                self._take_by_roster(unit, matter)
            if matter.record.merged_into is None:
                follow_class(unit, matter, at, calendar)
        if own is None:
            own = self.responsibility.await_owner(unit, registered, line)
        if own is None:
            return
        course = found_course(unit, own)
        own.split_from(whole, departure, passed_on, at, registration, course)
        if course is not None:
            course.split(at)
            follow_receipt(own, course, at, calendar)
        follow_class(unit, own, at, calendar)
        for matter in (own, whole):
            look_for_replacement(unit, matter, at)
            self._end_if_withdrawn(unit, matter, [own, *passed], at)

    def _on_duty(
        self,
        unit: Unit,
        passed: Sequence[Ownership],
        leaving: Sequence[str],
        own: Registration,
        own_line: DutyLine | None,
    ) -> list[Met]:
        """Return who was on duty for what leaves, as each would have decided at its registration.

        Args:
            own: the petition that leaves, with its line where it never was a matter of its own.
        """
        found = []
        for place, matter in enumerate(passed, start=1):
            lines = [(each, self._line_of(unit, each)) for each in matter.joined_among(leaving[1:])]
            if own.number in matter.record.came:
                lines.insert(0, (own, own_line))
            for each, line in lines:
                if line is not None:
                    later = [on for beyond in passed[place:]
                             for on in beyond.passed_on_during(each.number)]  # fmt: skip
                    found.append(matter.met_on_duty(each, line, later))
        return sorted(found, key=lambda met: met.link.since)

    def _take_by_roster(self, unit: Unit, matter: Ownership) -> None:
        """Let who was on duty for the first petition own a matter whose owner came by another.

        Its first petition was decided on when it was registered; those that repeat it were not, for
        somebody owned it then.
        """
        for each in matter.joined_among(matter.numbers):
            line = self._line_of(unit, each)
            if line is not None and matter.owner is None:
                matter.take_by_roster(line, each.office, each.registered_at, each.number)

    def _line_of(self, unit: Unit, registration: Registration) -> DutyLine | None:
        """Return who was on duty for a petition, as the record had it when it was registered."""
        return self.responsibility.duty_for(unit, registration, registration.registered_at)

    def _end_if_withdrawn(
        self, unit: Unit, matter: Ownership, parted: Sequence[Ownership], at: datetime
    ) -> None:
        """End a matter whose petitions were withdrawn while another was of it that was not.

        Not one that was opened again since; what is at its end stays so.
        """
        if not matter.is_withdrawn or {matter.closed_at, matter.record.merged_into} != {None}:
            return
        last, opened_at = _last_withdrawal(unit, matter, parted), matter.record.reopened_at
        if opened_at is None or last.at is None or last.at >= opened_at:
            withdraw_course(unit, matter, last, at, self.responsibility.calendar())

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


def _last_withdrawal(unit: Unit, matter: Ownership, parted: Sequence[Ownership]) -> Withdrawal:
    """Return what was told last of the withdrawals of a matter, by whichever it was told to.

    That is one of those which are parted now, or which one of them has left before.
    """
    left = {each.record.split_from for each in parted} - {""}
    before = [unit.find(Ownership, Ownership.create_id(each)) for each in left]
    told = dict[str, Withdrawal]()
    for each in (*filter(None, before), *parted):
        told |= each.record.withdrawals
    known = [told[number] for number in matter.numbers if number in told]
    unknown = Withdrawal(matter.number, NO_GROUND)
    return max(known, key=lambda each: each.at or matter.registered_at, default=unknown)
