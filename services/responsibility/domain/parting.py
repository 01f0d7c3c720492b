"""A petition that is a matter of its own again (分案), and who is the first contact of it."""

from collections.abc import Sequence
from datetime import datetime

from services.responsibility.domain.course import Course
from services.responsibility.domain.departure import Departure, Met, PassedOn
from services.responsibility.domain.evidence import Claim, DutyLine, Received, Registration
from services.responsibility.domain.leaving import Leaving, received_as
from services.responsibility.domain.policy import DISPUTE_UPHELD, class_of_all


class Parting(Leaving):
    """Being a matter of its own again."""

    def split_from(
        self,
        matter: Leaving,
        departure: Departure,
        passed_on: Sequence[PassedOn],
        at: datetime,
        registered: Registration,
        course: Course | None = None,
    ) -> None:
        """Be a matter of its own again, as it was before.

        Its class and channel are those of its petitions by now; that is on record before it is, so
        that an accusation is told to nobody meanwhile.

        Its owner is the one that it had, or who has followed him since. If it had none it is who
        received one of its petitions first, else who held the matter that it leaves and did
        something in it meanwhile, else who was on duty for the first of them (rule 5). Else nobody
        is: the owner of a matter that it never was of is no first contact of it.

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
        self._follow(passed_on, departure)
        self.keep_out(departure.parties.marks, at)
        self._meet(departure.met, departure)
        if self.owner is None and departure.acting is not None:
            self._take_over(departure.acting, "split")
        if self.owner is None:
            self._meet(departure.on_duty, departure)
        self._look_for_recusal(at)

    def _classes_of(self, departure: Departure, registered: Registration) -> dict[str, str]:
        """Return number to class of what is a matter again.

        Of the first intake tells it too. Where the two differ a correction is on its way: until
        then it is the one of which nothing is lost.
        """
        known = {**self.record.classes, **{n: its for n, its in departure.classes.items() if its}}
        told = (departure.classes.get(registered.number, ""), registered.petition_class)
        known[registered.number] = class_of_all(filter(None, told))
        return {each: known[each] for each in departure.numbers if each in known}

    def _follow(self, passed_on: Sequence[PassedOn], departure: Departure) -> None:
        """Let an owner who passed the whole on have passed this on with it.

        A dispute that was upheld passed on no more than what was contested.
        """
        for each in passed_on:
            link = each.link
            contested = link.ground == DISPUTE_UPHELD and link.owner not in departure.upheld
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

    def _meet(self, those: Sequence[Met], departure: Departure) -> None:
        """Put on record here who received its petitions while it was part of another matter.

        The first of them owns it where nobody does, or who has followed him since.
        """
        for met in those:
            awaited = self.owner is None
            if met.claim is not None:
                self._take_over_claim(met.claim)
            elif awaited:
                self._begin_as(met)
            if awaited and self.owner is not None:
                self._follow(met.followed, departure)

    def _take_over_claim(self, claim: Claim) -> None:
        known = {each.reception_id for each in self.claims}
        if claim.reception_id not in {*known, self.record.evidence.get("reception_id")}:
            received = received_as(claim)
            self._put_reception(received, self._standing(received))

    def _begin_as(self, met: Met) -> None:
        """Begin as the whole did, or what became part of it."""
        link, evidence = met.link, met.evidence
        if evidence.get("reception_id"):
            given = (evidence["reception_id"], link.number, link.owner, link.office, link.since)
            self._put_reception(Received(*given, stated=False), "first")
        elif evidence.get("roster_day"):
            line = DutyLine(link.owner, evidence["roster_day"], evidence["roster_version"])
            self.take_by_roster(line, link.office, link.since, link.number)
        elif not self.parties.include(link.owner, link.office):
            self._take_over(link, "merged", link.number)
