"""What is part of a matter no longer (分案), and what an undone link leaves behind.

Nothing that was recorded is taken back: what rested on the link alone is said to be void, by facts
of its own, and what somebody has acted on since stays.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import Claim, Link, Received, Registration
from services.responsibility.domain.joining import Joining
from services.responsibility.domain.policy import DISPUTE_UPHELD, SEALED, class_of_all
from statute.parties import Parties


@dataclass(frozen=True)
class Departure:
    """What goes with a petition that leaves a matter.

    Attributes:
        numbers: its own first, then those of what repeats it; `named` those that each repeats.
        holder: who holds the matter that it leaves; None where nobody does.
        by_contact: he came to it by one of these petitions.
        claims: receptions under these numbers.
        withdrawn: those of the numbers that were withdrawn.
        parties: whom these petitions name.
        classes: number to the class of that petition; empty where it is not on record.
    """

    numbers: Sequence[str]
    named: Sequence[str]
    holder: Link | None
    by_contact: bool
    claims: Sequence[Claim]
    withdrawn: Sequence[str]
    parties: Parties
    classes: Mapping[str, str]


@dataclass(frozen=True)
class PassedOn:
    """A succession or recusal of a matter, by which another that was part of it is held too."""

    previous_owner: str
    link: Link


@dataclass(frozen=True)
class Undoing:
    """What of a link that is undone is void, and what is kept since something rests on it."""

    voids_owner: bool
    voids_reopening: bool
    kept: list[str]


class Leaving(Joining):
    """Splitting."""

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

    def departure_of(self, number: str) -> Departure:
        """Return what goes with a petition when it leaves."""
        numbers = [number, *self.behind(number)]
        record, leaving = self.record, set(numbers)
        return Departure(
            numbers=numbers,
            named=[record.behind.get(each, number) for each in numbers],
            holder=record.chain[-1] if record.chain else None,
            by_contact=bool(record.chain) and record.chain[0].number in leaving,
            claims=[claim for claim in self.claims if claim.number in leaving],
            withdrawn=[each for each in record.withdrawn if each in leaving],
            parties=self.parties.named_in(numbers),
            classes={each: self._class_leaving(each, number) for each in numbers},
        )

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
                received_at=reopening.reopened_at or self.registered_at,
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
            self._take_by_reception(_received(first))

    def split_from(
        self,
        matter: "Leaving",
        departure: Departure,
        passed_on: Sequence[PassedOn],
        at: datetime,
        registered: Registration,
        course: Course | None = None,
    ) -> None:
        """Be a matter of its own again, as it was before, never without an owner for it.

        Its class and channel are those of its petitions by now; that is on record before it is, so
        that an accusation is told to nobody meanwhile.

        Its owner is the one that it had, or who has followed him since. If it had none it is who
        received one of its petitions first, else who holds the matter that it leaves.

        Args:
            registered: its first petition as intake has it by now.
            course: of this matter.
        """
        classes = self._classes_of(departure, registered)
        self._put_right(at, classes, channel=registered.channel)
        self._record_split(
            timestamp=at,
            from_petition_id=matter.petition_id,
            from_number=matter.number,
            numbers=list(departure.numbers),
            office=self.office,
            awaits=self.awaits,
            owner=self.owner,
            state=self.state,
            named_numbers=list(departure.named),
            withdrawn=list(departure.withdrawn),
            classes=[classes.get(each, "") for each in departure.numbers],
        )
        chain = self.record.chain
        gone = {chain[0].number} - set(self.numbers) if chain else set()
        self._undo(self._undoing(gone, course), at)
        self._follow(passed_on, departure.claims)
        if departure.by_contact:
            self._begin_with(departure.holder)
        self._take_over_claims(departure.claims)
        self._begin_with(departure.holder)
        self.keep_out(departure.parties.marks, at)

    def _classes_of(self, departure: Departure, registered: Registration) -> dict[str, str]:
        """Return number to class of what is a matter again.

        Of the first intake tells it too. Where the two differ a correction is on its way: until
        then it is the one of which nothing is lost.
        """
        known = {**self.record.classes, **{n: its for n, its in departure.classes.items() if its}}
        told = (departure.classes.get(registered.number, ""), registered.petition_class)
        known[registered.number] = class_of_all(filter(None, told))
        return {each: known[each] for each in departure.numbers if each in known}

    def _follow(self, passed_on: Sequence[PassedOn], claims: Sequence[Claim]) -> None:
        """Let an owner who passed the whole on have passed this on with it.

        A dispute that was upheld passed on no more than what was contested.
        """
        upheld = {claim.leader for claim in claims if claim.ruling == "upheld"}
        for each in passed_on:
            link = each.link
            contested = link.ground == DISPUTE_UPHELD and link.owner not in upheld
            if self.owner != each.previous_owner or self.closed_at is not None or contested:
                continue
            record = self._record_recusal if link.recused else self._record_succession
            record(
                timestamp=link.since,
                previous_owner=self.owner,
                owner=link.owner,
                office=link.office,
                ground=link.ground,
                approver=link.approver,
                document=link.document,
            )

    def _take_over_claims(self, claims: Sequence[Claim]) -> None:
        """Put on record here who received its petitions while it was part of another matter."""
        known = {claim.reception_id for claim in self.claims}
        known.add(str(self.record.evidence.get("reception_id")))
        for claim in claims:
            if claim.reception_id in known or claim.by_merging:
                continue
            received = _received(claim)
            standing = self._standing(received)
            self._put_reception(received, standing)

    def _begin_with(self, holder: Link | None) -> None:
        if self.owner is None and holder is not None:
            self._take_over(holder, "split")


def _received(claim: Claim) -> Received:
    return Received(
        reception_id=claim.reception_id,
        received_number=claim.number,
        leader=claim.leader,
        office=claim.office,
        received_at=claim.received_at,
        # What was ruled on is contested no longer.
        stated=claim.dispute_id is not None and claim.ruling is None,
    )
