"""What is part of a matter no longer (分案), and what an undone link leaves behind.

Nothing that was recorded is taken back: what rested on the link alone is said to be void, by facts
of its own, and what somebody has acted on since stays.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import attrgetter, itemgetter

from services.responsibility.domain.course import Course
from services.responsibility.domain.departure import Departure, Met, PassedOn
from services.responsibility.domain.evidence import (
    Claim,
    DutyLine,
    Link,
    Received,
    Registration,
)
from services.responsibility.domain.joining import Joining
from services.responsibility.domain.policy import SEALED


@dataclass(frozen=True)
class Undoing:
    """What of a link that is undone is void, and what is kept since something rests on it."""

    voids_owner: bool
    voids_reopening: bool
    kept: list[str]


class Leaving(Joining):
    """Letting petitions go."""

    def led_on(self, number: str) -> str | None:
        """Return the petition_id of the ownership to look for a number at; None for this one."""
        if self.record.merged_into is not None:
            return self.record.merged_into
        return None if number in self.numbers else self.record.left.get(number)

    def was_split_since(self, at: datetime) -> bool:
        """Tell whether a link that was decided on at an instant has been undone: it comes again."""
        return self.record.split_at is not None and at < self.record.split_at

    def was_merged_since(self, at: datetime) -> bool:
        """Tell whether it was linked anew after a link was undone at an instant."""
        return self.record.merged_at is not None and at < self.record.merged_at

    def behind(self, number: str) -> list[str]:
        """Return the numbers of what repeats one of its petitions, and of what repeats those."""
        return [each for each in self.record.repeats if self._repeats(each, number)]

    def _repeats(self, number: str, of: str) -> bool:
        passed = set()
        while number not in passed:
            passed.add(number)
            number = self.record.behind.get(number, self.number)
            if number == of:
                return True
        return False

    def leaving_with(self, number: str) -> list[str]:
        """Return the numbers that leave with a petition, its own first."""
        return [number, *self.behind(number)]

    def departure_of(self, number: str, met: Sequence[Met], course: Course | None) -> Departure:
        """Return what goes with a petition when it leaves.

        Args:
            met: who came to this matter, or to a part of it, by what leaves.
            course: of this matter.
        """
        numbers = self.leaving_with(number)
        record, leaving = self.record, set(numbers)
        return Departure(
            numbers=numbers,
            named=[record.behind.get(each, number) for each in numbers],
            met=met,
            acting=record.chain[-1] if self._acted_since(number, course) else None,
            withdrawn=[each for each in record.withdrawn if each in leaving],
            parties=self.parties.named_in(numbers),
            classes={each: self._class_leaving(each, number) for each in numbers},
        )

    def _acted_since(self, number: str, course: Course | None) -> bool:
        """Tell whether who owns the matter did something in it since a petition came.

        The record does not say for which of its petitions: he did it for the whole.
        """
        came = self.record.came.get(number)
        if self.owner is None or came is None:
            return False
        steps = course.steps if course is not None else []
        # Where a repeat opened it the course follows by a step of the owner, who did nothing.
        taken = [each for each in steps if each.by == self.owner and each.step != "reopen"]
        return self.record.acted > came.place or any(each.at >= came.at for each in taken)

    def met_by(
        self,
        leaving: Collection[str],
        parts: Mapping[str, Link],
        later: Sequence[PassedOn] = (),
    ) -> list[Met]:
        """Return who came to this matter by petitions that leave, in the order of the record.

        Args:
            parts: number of a matter that is part of this one, and leaves, to who owned it.
            later: by whom the matter was held that this one is part of.
        """
        record, first = self.record, self.record.chain[:1]
        claims = [each for each in self.claims if each.number in leaving and not each.by_merging]
        found = [
            *((link.place, link, record.evidence, None) for link in first),
            *((each.place, _contact_of(each), {}, each) for each in claims),
            *((record.merged[number].place, link, {}, None) for number, link in parts.items()),
        ]
        return [
            Met(link, evidence, claim, [*self._passed_on_after(place), *later])
            for place, link, evidence, claim in sorted(found, key=itemgetter(0))
            if link.number in leaving
        ]

    def joined_among(self, numbers: Collection[str]) -> list[Registration]:
        """Return those of some petitions that never were matters of their own, oldest first."""
        found = (each for number, each in self.record.joined.items() if number in numbers)
        return sorted(found, key=attrgetter("registered_at"))

    def met_on_duty(
        self, registered: Registration, line: DutyLine, later: Sequence[PassedOn] = ()
    ) -> Met:
        """Return who was on duty for a petition that is of this matter, and who followed him.

        Args:
            later: by whom the matter was held that this one is part of.
        """
        given = (line.leader, registered.office, registered.registered_at, "roster")
        evidence = {"roster_day": line.day, "roster_version": line.version}
        came = self.record.came[registered.number].place
        followed = [*self._passed_on_after(came), *later]
        return Met(Link(*given, number=registered.number), evidence, None, followed)

    def _class_leaving(self, number: str, first: str) -> str:
        """Return the class of a petition that leaves, as this record has it.

        Intake tells that of the first. What goes along from a sealed matter stays sealed where
        facts of before do not say what it was.
        """
        unknown = SEALED if self.sealed and number != first else ""
        return self.record.classes.get(number, unknown)

    def passed_on_during(self, number: str) -> list[PassedOn]:
        """Return by whom the matter was held while a petition was part of it."""
        begin, end = self.record.stays.get(number, (0, 0))
        chain = self.record.chain
        return [
            PassedOn(chain[place - 1].owner, link)
            for place, link in enumerate(chain[:end])
            if place >= max(begin, 1) and link.passed_on
        ]

    def _passed_on_after(self, place: int) -> list[PassedOn]:
        return [
            PassedOn(before.owner, link)
            for before, link in pairwise(self.record.chain)
            if link.passed_on and link.place > place
        ]

    def let_go(
        self, petition_id: str, numbers: Sequence[str], at: datetime, course: Course | None = None
    ) -> None:
        """Let a petition, and what repeats it, be part of this matter no longer.

        Nothing happens when none of them is. Who came to the matter by one of them owns it no
        longer, and what one of them opened is closed again, unless something rests on it by now.
        The matter is of the class that its petitions have then.

        Args:
            course: of this matter.
        """
        leaving = [number for number in numbers if number in self.record.repeats]
        if not leaving:
            return
        undoing = self._undoing(set(leaving), course)
        self._record_leaving(
            timestamp=at,
            repeat_petition_id=petition_id,
            repeat_number=numbers[0],
            numbers=leaving,
            # Of a matter that is part of another, that one's owner is told.
            owner=self.owner if self.record.merged_into is None else None,
            kept=undoing.kept,
        )
        self._let_parties_go(numbers, at)
        self._put_right(at, self.record.classes)
        self._undo(undoing, at)

    def _undoing(self, leaving: Collection[str], course: Course | None) -> Undoing:
        """Tell what is void once some numbers are gone; of what is part of another, nothing."""
        remaining = set(self.numbers) - set(leaving)
        if self.record.merged_into is not None:
            return Undoing(voids_owner=False, voids_reopening=False, kept=[])
        chain = self.record.chain
        owner_left = bool(chain) and chain[0].number in leaving
        reopening = self.record.reopening
        reason_left = reopening is not None and remaining.isdisjoint(reopening.joined)
        voids_owner = owner_left and self._owner_has_done_nothing(course)
        voids_reopening = reason_left and self._nothing_was_done_since_reopening(course)
        kept = {
            "owner": owner_left and not voids_owner,
            "open": reason_left and not voids_reopening,
        }
        return Undoing(
            voids_owner, voids_reopening, [name for name, stays in kept.items() if stays]
        )

    def _owner_has_done_nothing(self, course: Course | None) -> bool:
        """Tell whether the one owner that the matter had took no step."""
        stepped = course is not None and any(taken.by == self.owner for taken in course.steps)
        alone = len(self.record.chain) == 1
        return alone and self.closed_at is None and self.record.reply is None and not stepped

    def _nothing_was_done_since_reopening(self, course: Course | None) -> bool:
        """A course follows a reopening with the next step that is taken."""
        reopening = self.record.reopening
        acted = reopening is None or reopening.acted or self.record.reply is not None
        return not acted and (course is None or course.state == "closed")

    def _undo(self, undoing: Undoing, at: datetime) -> None:
        if undoing.voids_owner:
            self._record_voiding(
                timestamp=at,
                previous_owner=self.current_owner,
                office=self.office,
                awaits=self.awaits,
            )
            self._begin_by_claim()
        reopening = self.record.reopening
        if undoing.voids_reopening and reopening is not None:
            self._record_void_reopening(
                timestamp=at,
                owner=self.current_owner,
                repeat_number=self.record.reopened_by,
                closed_at=reopening.closed_at,
                received_at=reopening.reopened_at or self.received_at,
            )

    def _begin_by_claim(self) -> None:
        """Let the first own who received one of the petitions that the matter still has."""
        first = next(
            (
                claim
                for claim in self.claims
                if not self.parties.include(claim.leader, claim.office)
            ),
            None,
        )
        if first is None:
            return
        if first.by_merging:
            self._take_over(Link(first.leader, first.office, first.received_at, "merged"), "merged")
        else:
            self._take_by_reception(received_as(first))


def received_as(claim: Claim) -> Received:
    """Return the reception that a claim is the record of."""
    return Received(
        reception_id=claim.reception_id,
        received_number=claim.number,
        leader=claim.leader,
        office=claim.office,
        received_at=claim.received_at,
        # What was ruled on is contested no longer.
        stated=claim.dispute_id is not None and claim.ruling is None,
    )


def _contact_of(claim: Claim) -> Link:
    return Link(claim.leader, claim.office, claim.received_at, "reception", number=claim.number)
