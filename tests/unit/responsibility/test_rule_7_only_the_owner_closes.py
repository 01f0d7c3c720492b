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
    NotOwned,
    NotTheOwner,
    OfficeNotAllowed,
)
from tests.builders import (
    CITY,
    CLERK,
    COUNTY,
    DAY,
    HEAD,
    HOUR,
    HUANG,
    NOON,
    OTHER_COUNTY,
    SHEN,
    actor,
    happened,
    number,
    statement,
)
from tests.unit.responsibility.casebook import Casebook, close, reply

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
DISPUTED = (
    happened(Ownership.ReceptionRecorded, leader=SHEN, standing="disputed"),
    happened(Ownership.DisputeOpened, claimant=SHEN),
)
REPLIED = happened(Ownership.ReplyDelivered)
REOPENED = happened(Ownership.Reopened, timestamp=NOON + HOUR)
CLOSE_WITHOUT_NAMING_IT = close(statement(reply_document=""), by=HUANG)
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


class TestAReplyOnRecord:
    """The closing condition `reply_document`, fulfilled by `responsibility.reply`."""

    def test_need_not_be_stated_when_closing(self, case: Casebook):
        """It stands in the closure all the same."""
        case.given(AWAITED, TAKEN, REPLIED)
        case.when(CLOSE_WITHOUT_NAMING_IT)
        case.then(happened(Ownership.Closed, reply_document="海信复〔2026〕7号"))

    def test_gives_way_to_a_later_one(self, case: Casebook):
        """The last one delivered is the answer to the petitioner."""
        later = happened(Ownership.ReplyDelivered, document="海信复〔2026〕8号")
        case.given(AWAITED, TAKEN, REPLIED, later)
        case.when(CLOSE_WITHOUT_NAMING_IT)
        case.then(happened(Ownership.Closed, reply_document="海信复〔2026〕8号"))

    def test_gives_way_to_one_that_the_owner_states(self, case: Casebook):
        """He closes with the document that he names."""
        case.given(AWAITED, TAKEN, REPLIED)
        case.when(close(statement(reply_document="海信复〔2026〕9号"), by=HUANG))
        case.then(happened(Ownership.Closed, reply_document="海信复〔2026〕9号"))

    def test_outlives_a_succession(self, case: Casebook):
        """The petitioner has been answered, whoever owns the matter now."""
        case.given(AWAITED, TAKEN, REPLIED, happened(Ownership.Succeeded, owner=SHEN))
        case.when(close(statement(reply_document=""), by=SHEN))
        case.then(happened(Ownership.Closed, reply_document="海信复〔2026〕7号"))

    def test_does_not_outlive_a_reopening(self, case: Casebook):
        """What was answered before did not settle the matter."""
        case.given(AWAITED, TAKEN, REPLIED, happened(Ownership.Closed), REOPENED)
        case.when(CLOSE_WITHOUT_NAMING_IT)
        case.then_refused(
            ClosingConditionsUnmet, reply_document=CLOSING_CONDITIONS["reply_document"]
        )
        assert case.ownership()["reply"] is None

    def test_from_before_a_reopening_does_not_count_when_it_is_recorded_late(self, case: Casebook):
        """Stated to be older than the reopening: on record, and no answer to it."""
        case.given(AWAITED, TAKEN, happened(Ownership.Closed), REOPENED)
        case.clock.advance(DAY)
        case.when(reply(at=NOON))
        case.then(REPLIED)
        case.when(CLOSE_WITHOUT_NAMING_IT)
        assert isinstance(case.refusal, ClosingConditionsUnmet)

    def test_of_after_the_reopening_counts(self, case: Casebook):
        """A new answer for the new round."""
        case.given(AWAITED, TAKEN, REPLIED, happened(Ownership.Closed), REOPENED)
        case.clock.advance(DAY)
        case.when(reply("海信复〔2026〕8号"))
        later = {"follow_up_visit_at": NOON + DAY, "evaluation_asked_at": NOON + DAY}
        case.when(close(statement(reply_document="", **later), by=HUANG))
        case.then(happened(Ownership.Closed, reply_document="海信复〔2026〕8号", **later))

    @pytest.mark.parametrize("field", ["follow_up_visit_at", "evaluation_asked_at"])
    def test_must_not_lie_after_the_visit_or_the_evaluation(self, case: Casebook, field: str):
        """Both are about the reply."""
        case.given(AWAITED, TAKEN, REPLIED)
        case.when(close(statement(**{field: NOON - HOUR}), by=HUANG))
        case.then_refused(ClosingConditionsUnmet, **{field: "lies before the reply was delivered"})

    @pytest.mark.parametrize("field", ["follow_up_visit_at", "evaluation_asked_at"])
    def test_visit_and_evaluation_of_before_a_reopening_do_not_count(
        self, case: Casebook, field: str
    ):
        """They were about the round before."""
        case.given(AWAITED, TAKEN, happened(Ownership.Closed), REOPENED)
        case.clock.advance(DAY)
        later = {"follow_up_visit_at": NOON + DAY, "evaluation_asked_at": NOON + DAY}
        case.when(close(statement(**{**later, field: NOON}), by=HUANG))
        case.then_refused(ClosingConditionsUnmet, **{field: "lies before the matter was reopened"})

    def test_is_none_when_it_is_blank(self, case: Casebook):
        """A form filled with spaces."""
        case.given(AWAITED, TAKEN)
        case.when(close(statement(reply_document=" \t "), by=HUANG))
        case.then_refused(
            ClosingConditionsUnmet, reply_document=CLOSING_CONDITIONS["reply_document"]
        )


class TestDeliveringAReply:
    def test_is_on_record_with_document_person_and_time(self, case: Casebook):
        """Now, unless another time is stated."""
        case.given(AWAITED, TAKEN)
        case.when(reply("海信复〔2026〕7号"))
        case.then(
            happened(
                Ownership.ReplyDelivered,
                document="海信复〔2026〕7号",
                delivered_by=HUANG,
                timestamp=NOON,
            )
        )
        assert case.answer["reply"] == {
            "document": "海信复〔2026〕7号",
            "delivered_by": HUANG,
            "delivered_at": "2026-11-24T04:00:00.000000Z",
        }

    def test_may_be_stated_to_have_been_earlier(self, case: Casebook):
        """The clerk records it the day after."""
        case.given(AWAITED, TAKEN)
        case.clock.advance(DAY)
        case.when(reply(at=NOON, by=actor(CLERK)))
        case.then(happened(Ownership.ReplyDelivered, delivered_by=CLERK, timestamp=NOON))

    def test_may_not_lie_ahead(self, case: Casebook):
        """A reply that is in the post has not been delivered."""
        case.given(AWAITED, TAKEN)
        case.when(reply(at=NOON + CLOCK_TOLERANCE + timedelta(seconds=1)))
        case.then_refused(InTheFuture, delivered_at="lies in the future")

    @pytest.mark.parametrize("office", [COUNTY, CITY])
    def test_is_recorded_by_who_acts_for_the_office_of_the_matter(
        self, case: Casebook, office: str
    ):
        """Clerk and handler too: handling is not the owner's alone."""
        case.given(AWAITED, TAKEN)
        case.when(reply(by=actor(CLERK, office)))
        case.then(happened(Ownership.ReplyDelivered, delivered_by=CLERK))

    def test_is_recorded_by_the_owner_wherever_his_office_is(self, case: Casebook):
        """He answers for the outcome."""
        case.given(AWAITED, TAKEN)
        case.when(reply(by=actor(HUANG, OTHER_COUNTY)))
        case.then(happened(Ownership.ReplyDelivered, delivered_by=HUANG))

    def test_is_not_recorded_by_another_county(self, case: Casebook):
        """It has no say in the matter."""
        case.given(AWAITED, TAKEN)
        case.when(reply(by=actor("K330726001", OTHER_COUNTY)))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_waits_for_an_owner(self, case: Casebook):
        """Nobody would answer for it."""
        case.given(AWAITED)
        case.when(reply(by=actor(CLERK)))
        case.then_refused(NotOwned)

    def test_comes_before_closure(self, case: Casebook):
        """Reopen the matter first."""
        case.given(AWAITED, TAKEN, happened(Ownership.Closed))
        case.when(reply())
        case.then_refused(CaseClosed, owner=HUANG)

    def test_is_recorded_once_however_often_it_is_sent(self, case: Casebook):
        """The same request is answered from the record."""
        case.given(AWAITED, TAKEN)
        case.when(reply(request_id="request-reply"))
        first = case.answer
        case.clock.advance(HOUR)
        case.when(reply(request_id="request-reply"))
        case.then_nothing()
        assert case.answer == first

    def test_may_name_the_matter_by_a_repeat(self, case: Casebook):
        """One matter, one reply."""
        case.given(AWAITED, TAKEN, happened(Ownership.RepeatJoined))
        case.when(reply(of=number(2)))
        case.then(happened(Ownership.ReplyDelivered, number=number(1)))


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
