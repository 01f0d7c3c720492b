"""Rule 7: only the owner closes, and only when the closing conditions hold."""

from datetime import timedelta

import pytest

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import CLOCK_TOLERANCE, CLOSING_CONDITIONS
from services.responsibility.domain.refusals import (
    CaseClosed,
    ClosingConditionsUnmet,
    DisputeOpen,
    InTheFuture,
    NotTheOwner,
)
from tests.builders import HEAD, HUANG, NOON, SHEN, happened, statement
from tests.unit.responsibility.casebook import Casebook, close

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
DISPUTED = (
    happened(Ownership.ReceptionRecorded, leader=SHEN, standing="disputed"),
    happened(Ownership.DisputeOpened, claimant=SHEN),
)
ABSENT = {"reply_document": "", "follow_up_visit_at": None, "evaluation_asked_at": None}


class TestOnlyTheOwnerCloses:
    def test_the_owner_closes_with_what_he_states(self, case: Casebook):
        """Outcome, reply, visit and evaluation are on record."""
        case.given(AWAITED, TAKEN)
        case.when(close(statement(outcome="explained"), by=HUANG))
        case.then(
            happened(
                Ownership.Closed,
                owner=HUANG,
                outcome="explained",
                reply_document="海信复〔2026〕7号",
                follow_up_visit_at=NOON,
                evaluation_asked_at=NOON,
                timestamp=NOON,
            )
        )

    @pytest.mark.parametrize("somebody", [SHEN, HEAD])
    def test_nobody_else_does(self, case: Casebook, somebody: str):
        """Neither another leader nor the head of the office."""
        case.given(AWAITED, TAKEN)
        case.when(close(by=somebody))
        case.then_refused(NotTheOwner, owner=HUANG)

    def test_not_the_first_contact_once_somebody_succeeded_him(self, case: Casebook):
        """The duty went with the ownership."""
        case.given(AWAITED, TAKEN, happened(Ownership.Succeeded, owner=SHEN))
        case.when(close(by=HUANG))
        case.then_refused(NotTheOwner, owner=SHEN)
        case.when(close(by=SHEN))
        case.then(happened(Ownership.Closed, owner=SHEN))

    def test_what_is_closed_is_not_closed_again(self, case: Casebook):
        """By another command; the same one is answered from the record."""
        case.given(AWAITED, TAKEN, happened(Ownership.Closed))
        case.when(close(by=HUANG))
        case.then_refused(CaseClosed, owner=HUANG)

    def test_what_was_reopened_can_be_closed_again(self, case: Casebook):
        """By its owner, with a new statement."""
        case.given(AWAITED, TAKEN, happened(Ownership.Closed), happened(Ownership.Reopened))
        case.when(close(by=HUANG))
        case.then(happened(Ownership.Closed, owner=HUANG))


class TestAnOpenDisputeComesFirst:
    def test_a_disputed_matter_is_not_closed(self, case: Casebook):
        """Who answers for it must be settled before it ends."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(close(by=HUANG))
        case.then_refused(DisputeOpen)

    def test_it_is_once_the_dispute_was_ruled_on(self, case: Casebook):
        """Rejected, so the owner is the same."""
        case.given(AWAITED, TAKEN, *DISPUTED, happened(Ownership.DisputeRuled))
        case.when(close(by=HUANG))
        case.then(happened(Ownership.Closed))


class TestTheClosingConditions:
    @pytest.mark.parametrize("missing", sorted(CLOSING_CONDITIONS))
    @pytest.mark.parametrize("outcome", ["settled", "explained"])
    def test_each_of_them_must_hold(self, case: Casebook, missing: str, outcome: str):
        """The refusal names what is missing, by field."""
        case.given(AWAITED, TAKEN)
        case.when(close(statement(outcome=outcome, **{missing: ABSENT[missing]}), by=HUANG))
        case.then_refused(ClosingConditionsUnmet, **{missing: CLOSING_CONDITIONS[missing]})

    def test_all_that_is_missing_is_named_at_once(self, case: Casebook):
        """Nobody has to try three times."""
        case.given(AWAITED, TAKEN)
        case.when(close(statement(**ABSENT), by=HUANG))
        assert set(case.refusal.fields) == set(CLOSING_CONDITIONS)

    @pytest.mark.parametrize("outcome", ["withdrawn", "routed_elsewhere"])
    def test_what_was_withdrawn_or_routed_elsewhere_ends_without_them(
        self, case: Casebook, outcome: str
    ):
        """There was nothing to reply to here."""
        case.given(AWAITED, TAKEN)
        case.when(close(statement(outcome=outcome, **ABSENT), by=HUANG))
        case.then(happened(Ownership.Closed, outcome=outcome, reply_document=""))

    @pytest.mark.parametrize("field", ["follow_up_visit_at", "evaluation_asked_at"])
    def test_what_lies_in_the_future_has_not_been_done(self, case: Casebook, field: str):
        """A visit that is planned is no visit."""
        case.given(AWAITED, TAKEN)
        ahead = NOON + CLOCK_TOLERANCE + timedelta(seconds=1)
        case.when(close(statement(**{field: ahead}), by=HUANG))
        case.then_refused(InTheFuture, **{field: "lies in the future"})
