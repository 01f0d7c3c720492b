"""What becomes part of a matter: repeats, and later matters that are merged into it (并案).

What intake and its clerks decided on happens here; nothing is refused.
"""

from collections.abc import Sequence
from datetime import datetime

from services.responsibility.domain.closing import Closing
from services.responsibility.domain.contact import Contact
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import Claim, Link
from services.responsibility.domain.policy import NOT_ACCEPTED_AGAIN


class Joining(Contact, Closing):
    """Repeats and merged matters."""

    def join_repeat(
        self,
        repeat_petition_id: str,
        repeat_number: str,
        office: str,
        at: datetime,
        *,
        named_number: str = "",
        petition_class: str = "",
        channel: str = "",
        ended: bool = False,
    ) -> None:
        """Take a repeat petition in; a closed matter is open again with the same owner (rule 4).

        Nothing happens when the repeat has joined before.

        Args:
            named_number: the petition of the matter that it repeats; its first unless given.
            petition_class: of the repeat; the matter is that of all of its petitions.
            channel: by which it came.
            ended: the matter ended after re-review; the repeat is registered, nothing more.
        """
        if repeat_number in self.record.repeats:
            return
        self._record_repeat(
            timestamp=at,
            repeat_petition_id=repeat_petition_id,
            repeat_number=repeat_number,
            office=office,
            owner=self.owner,
            named_number=named_number or self.number,
            petition_class=petition_class,
            channel=channel,
        )
        self._put_right(at, self.record.classes)
        self._open_for(repeat_number, at, ended=ended)

    def _open_for(self, repeat_number: str, at: datetime, *, ended: bool) -> None:
        """Open a closed matter for a repeat, unless the same facts are not accepted again."""
        if ended:
            self._record_not_accepting(
                timestamp=at,
                repeat_number=repeat_number,
                owner=self.current_owner,
                article=NOT_ACCEPTED_AGAIN,
            )
        elif self.closed_at is not None:
            self._reopen(at, "repeat", repeat_number=repeat_number)

    def take_in(
        self,
        later: "Joining",
        at: datetime,
        *,
        ended: bool,
        named_number: str = "",
        course: Course | None = None,
    ) -> None:
        """Take a later matter in, with all that repeats it.

        The owner stays. Where there is none, the later one's owner owns both; where both have one,
        the later one's contact is kept as a claim. A closed matter opens for one that is open, as
        with any repeat; with one that is closed nothing new was petitioned. A suggestion is an
        appeal once one is part of it.

        Args:
            named_number: the petition of this matter that the later one repeats.
            course: of the later matter, as it stands.
        """
        contact = later.record.chain[-1] if later.record.chain else None
        rival = contact if self.owner is not None and later.owner != self.owner else None
        behind = later.record.behind
        self._record_taking_in(
            timestamp=at,
            merged_petition_id=later.petition_id,
            merged_number=later.number,
            numbers=later.numbers,
            office=later.office,
            owner=self.owner,
            claimant=rival.owner if rival else None,
            claimant_office=rival.office if rival else None,
            claimed_at=rival.since if rival else None,
            named_numbers=[
                named_number or self.number,
                *(behind.get(each, later.number) for each in later.record.repeats),
            ],
            withdrawn=list(later.record.withdrawn),
            unit=course.work.unit if course else "",
            course_state=course.state if course and course.steps else "",
            classes=[later.record.classes.get(each, "") for each in later.numbers],
        )
        self._put_right(at, self.record.classes)
        if self.owner is None and contact is not None:
            self._take_over(contact, "merged")
        self.keep_out(later.parties.marks, at)
        self._carry_on(later.open_disputes)
        if later.closed_at is None:
            self._open_for(later.number, at, ended=ended)

    def _carry_on(self, disputes: Sequence[Claim]) -> None:
        """Let what is contested be contested here, so that nobody closes over it."""
        known = {claim.dispute_id for claim in self.claims}
        for claim in disputes:
            if claim.leader == self.owner or claim.dispute_id in known:
                continue
            self._record_reception(
                timestamp=claim.received_at,
                received_number=claim.number or self.number,
                reception_id=claim.reception_id,
                leader=claim.leader,
                office=claim.office,
                standing="disputed",
            )
            self._record_dispute(
                timestamp=claim.received_at,
                dispute_id=claim.dispute_id or "",
                reception_id=claim.reception_id,
                claimant=claim.leader,
                claimant_office=claim.office,
            )

    def merge_into(self, into: "Joining", at: datetime) -> None:
        """Be part of another matter from now on: its numbers lead there."""
        self._record_merging(
            timestamp=at,
            into_petition_id=into.petition_id,
            into_number=into.number,
            owner=self.owner,
        )

    def _take_over(self, contact: Link, ground: str, by_number: str = "") -> None:
        """Begin with an owner since his contact; one after that contests nothing.

        Args:
            by_number: the petition by which he comes to it, where the record does not show it.
        """
        self._record_taking(
            timestamp=max(contact.since, self.registered_at),
            owner=contact.owner,
            office=contact.office,
            ground=ground,
            reception_id=None,
            roster_day=None,
            roster_version=None,
            by_number=by_number,
        )
