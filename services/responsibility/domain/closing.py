"""How a matter comes to its end (办结), and is opened again (重新办理)."""

from dataclasses import replace
from datetime import datetime

from services.responsibility.domain.evidence import ClosingStatement, Reply
from services.responsibility.domain.kept_out import KeptOut
from services.responsibility.domain.refusals import (
    CaseNotClosed,
    ClosingConditionsUnmet,
    DisputeOpen,
    NotTheOwner,
)


class Closing(KeptOut):
    """The reply, the closure, the reopening."""

    def deliver_reply(self, reply: Reply) -> None:
        """Record that the written reply was delivered; a later one takes its place.

        Raises:
            NotOwned, CaseClosed.
        """
        self._open_owner()
        self._record_reply(
            timestamp=reply.delivered_at, document=reply.document, delivered_by=reply.delivered_by
        )

    def correct_reply(self, document: str, reason: str, at: datetime) -> None:
        """Correct the reference of the reply on record."""
        if self.reply is not None and self.reply.document != document:
            self._record_reply_correction(
                timestamp=at,
                document=document,
                previous_document=self.reply.document,
                reason=reason,
            )

    def _closing_not_before(self, document: str) -> dict[str, datetime]:
        reply = self.reply
        meant = reply is not None and reply.document == document
        instants = {
            "the matter was reopened": self.record.reopened_at,
            "the reply was delivered": reply.delivered_at if reply and meant else None,
        }
        return {words: instant for words, instant in instants.items() if instant is not None}

    def close(
        self,
        by: str,
        statement: ClosingStatement,
        at: datetime,
        by_course: ClosingStatement | None = None,
    ) -> None:
        """Record closure by the owner (rule 7).

        A reply on record need not be stated again.

        Args:
            by_course: what the closure rests on where the course of the matter led to it; its
                table then holds the conditions.

        Raises:
            NotOwned, CaseClosed, NotTheOwner: the step is not open to `by`.
            DisputeOpen: a claim to first contact waits for a ruling.
            ClosingConditionsUnmet: with what is missing, by field.

        Source: closing conditions, `policy.CLOSING_CONDITIONS`.
        """
        owner = self._open_owner()
        if by != owner:
            raise NotTheOwner(owner=owner)
        if self.open_disputes:
            raise DisputeOpen(number=self.number)
        statement = by_course or self._met(statement)
        self._record_closure(
            timestamp=at,
            owner=owner,
            outcome=statement.outcome,
            reply_document=statement.reply_document,
            follow_up_visit_at=statement.follow_up_visit_at,
            evaluation_asked_at=statement.evaluation_asked_at,
        )

    def _met(self, statement: ClosingStatement) -> ClosingStatement:
        if self.reply is not None and not statement.reply_document:
            statement = replace(statement, reply_document=self.reply.document)
        if unmet := statement.unmet(self._closing_not_before(statement.reply_document)):
            raise ClosingConditionsUnmet(**unmet)
        return statement

    def reopen(self, reason: str, document: str, at: datetime) -> None:
        """Open a closed matter again by order; its owner stays.

        Raises:
            CaseNotClosed: it is open.
        """
        if self.closed_at is None:
            raise CaseNotClosed(number=self.number)
        self._reopen(at, "order", reason=reason, document=document)

    def _reopen(
        self,
        at: datetime,
        ground: str,
        *,
        repeat_number: str | None = None,
        reason: str = "",
        document: str = "",
    ) -> None:
        self._record_reopening(
            timestamp=at,
            owner=self.current_owner,
            ground=ground,
            repeat_number=repeat_number,
            reason=reason,
            document=document,
        )
        self._look_for_recusal(at)

    # Records. Replayed for ever, so they decide nothing.
