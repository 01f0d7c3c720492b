"""Rule 1: first is decided by the record; a stated time is evidence and never decides."""

from datetime import timedelta

import pytest

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import CLOCK_TOLERANCE
from services.responsibility.domain.refusals import (
    DisputeRuled,
    DisputeUnknown,
    InTheFuture,
    OwnClaim,
    PetitionUnknown,
)
from tests.builders import (
    CITY,
    DAY,
    HEAD,
    HOUR,
    HUANG,
    NOON,
    SHEN,
    TAO,
    actor,
    happened,
    number,
    registration,
)
from tests.unit.responsibility.casebook import Casebook, receive, rule

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
DISPUTED = (
    happened(
        Ownership.ReceptionRecorded,
        reception_id="reception-1",
        leader=SHEN,
        standing="disputed",
        timestamp=NOON - HOUR,
    ),
    happened(
        Ownership.DisputeOpened,
        dispute_id="D-reception-1",
        reception_id="reception-1",
        claimant=SHEN,
        timestamp=NOON - HOUR,
    ),
)


class TestTheFirstReceptionOnRecordMakesTheOwner:
    def test_whoever_is_recorded_first_owns_the_petition(self, case: Casebook):
        """The first reception on record is the first contact."""
        case.given(AWAITED)
        case.when(receive(HUANG))
        case.then(
            happened(Ownership.ReceptionRecorded, leader=HUANG, standing="first"),
            happened(Ownership.Taken, owner=HUANG, ground="reception", timestamp=NOON),
        )
        assert case.answer["standing"] == "first"
        assert case.answer["owner"] == HUANG

    def test_a_later_reception_is_a_rival_and_is_told_the_owner(self, case: Casebook):
        """The second leader's reception goes on record; the owner stays."""
        case.given(AWAITED, TAKEN)
        case.when(receive(SHEN))
        case.then(happened(Ownership.ReceptionRecorded, leader=SHEN, standing="rival"))
        assert case.answer["owner"] == HUANG

    def test_the_owner_may_receive_again_and_remains_what_he_is(self, case: Casebook):
        """Receiving one's own petition again is on record and changes nothing."""
        case.given(AWAITED, TAKEN)
        case.when(receive(HUANG))
        case.then(happened(Ownership.ReceptionRecorded, leader=HUANG, standing="owner"))
        assert case.owners() == [HUANG]

    def test_a_back_dated_first_reception_still_is_the_first(self, case: Casebook):
        """With nobody on record the stated time, however old, stands as evidence."""
        case.given(AWAITED)
        case.when(receive(HUANG, NOON - 3 * DAY))
        case.then(
            happened(Ownership.ReceptionRecorded, standing="first", timestamp=NOON - 3 * DAY),
            happened(Ownership.Taken, owner=HUANG, timestamp=NOON - 3 * DAY),
        )

    def test_a_petition_that_intake_has_just_acknowledged_can_be_received(self, case: Casebook):
        """What has not arrived yet is fetched: never "not found"."""
        case.arrivals.acknowledge(registration())
        case.when(receive(HUANG))
        case.then(
            happened(Ownership.Awaited, awaits="reception"),
            happened(Ownership.ReceptionRecorded, standing="first"),
            happened(Ownership.Taken, owner=HUANG),
        )

    def test_what_was_fetched_does_nothing_when_it_arrives_after_all(self, case: Casebook):
        """The event of a petition that was fetched before comes late, and is no news."""
        case.arrivals.acknowledge(registration())
        case.when(receive(HUANG))
        case.when_registered(registration())
        case.then_nothing()

    def test_an_unknown_petition_is_refused(self, case: Casebook):
        """Neither here nor in intake: there is nothing to own."""
        case.when(receive(HUANG, of=number(99)))
        case.then_refused(PetitionUnknown, number=number(99))


class TestAStatedTimeNeverDisplacesAnOwner:
    def test_a_back_dated_claim_opens_a_dispute_and_the_owner_stays(self, case: Casebook):
        """A reception dated before the first contact is contested, not decided."""
        case.given(AWAITED, TAKEN)
        case.when(receive(SHEN, NOON - HOUR))
        case.then(
            happened(Ownership.ReceptionRecorded, leader=SHEN, standing="disputed"),
            happened(Ownership.DisputeOpened, claimant=SHEN, timestamp=NOON - HOUR),
        )
        assert case.answer["dispute_id"] == f"D-{case.answer['reception_id']}"
        assert case.answer["owner"] == HUANG

    def test_a_claim_of_the_very_same_instant_is_a_rival(self, case: Casebook):
        """Not before the first contact: nothing to rule on."""
        case.given(AWAITED, TAKEN)
        case.when(receive(SHEN, NOON))
        case.then(happened(Ownership.ReceptionRecorded, standing="rival"))

    def test_a_time_that_nobody_stated_contests_nothing(self, case: Casebook):
        """A first contact dated slightly ahead does not turn the next reception into a claim."""
        ahead = NOON + timedelta(minutes=4)
        case.given(AWAITED, happened(Ownership.Taken, timestamp=ahead))
        case.when(receive(SHEN))
        case.then(happened(Ownership.ReceptionRecorded, standing="rival"))

    def test_a_leader_disputes_a_first_contact_once(self, case: Casebook):
        """The second back-dated claim of the same leader is a rival, open dispute or not."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(receive(SHEN, NOON - 2 * HOUR))
        case.then(happened(Ownership.ReceptionRecorded, leader=SHEN, standing="rival"))

    def test_a_claim_that_was_rejected_cannot_be_raised_again(self, case: Casebook):
        """A ruling ends it for this leader."""
        ruled = happened(Ownership.DisputeRuled, dispute_id="D-reception-1", ruling="rejected")
        case.given(AWAITED, TAKEN, *DISPUTED, ruled)
        case.when(receive(SHEN, NOON - 2 * HOUR))
        case.then(happened(Ownership.ReceptionRecorded, standing="rival"))

    def test_another_leader_may_dispute_beside_him(self, case: Casebook):
        """Each leader has one dispute of his own."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(receive(TAO, NOON - 2 * HOUR))
        case.then(
            happened(Ownership.ReceptionRecorded, leader=TAO, standing="disputed"),
            happened(Ownership.DisputeOpened, claimant=TAO),
        )

    def test_the_first_contact_cannot_dispute_that_he_was_first(self, case: Casebook):
        """A leader who passed the petition on does not get it back by dating himself earlier."""
        case.given(AWAITED, TAKEN, happened(Ownership.Recused, owner=SHEN))
        case.when(receive(HUANG, NOON - HOUR))
        case.then(happened(Ownership.ReceptionRecorded, leader=HUANG, standing="rival"))

    def test_a_closed_matter_is_not_disputed(self, case: Casebook):
        """After closure a back-dated reception is on record as a rival."""
        case.given(AWAITED, TAKEN, happened(Ownership.Closed))
        case.when(receive(SHEN, NOON - HOUR))
        case.then(happened(Ownership.ReceptionRecorded, standing="rival"))


class TestTheOfficeRulesOnADispute:
    def test_an_upheld_claim_passes_the_ownership_on_by_succession(self, case: Casebook):
        """The claimant owns it from the ruling on; the first contact stays on record."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(rule("upheld"))
        case.then(
            happened(Ownership.DisputeRuled, ruling="upheld", ruled_by=HEAD),
            happened(
                Ownership.Succeeded,
                previous_owner=HUANG,
                owner=SHEN,
                ground="dispute_upheld",
                approver=HEAD,
                timestamp=NOON,
            ),
        )
        assert case.owners() == [HUANG, SHEN]

    def test_a_rejected_claim_leaves_the_owner(self, case: Casebook):
        """The ruling is on record with its reason, nothing else changes."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(rule("rejected"))
        case.then(happened(Ownership.DisputeRuled, ruling="rejected", reason="登记簿有此记录"))
        assert case.owners() == [HUANG]

    def test_an_upheld_claim_of_him_who_owns_it_by_now_moves_nothing(self, case: Casebook):
        """The claimant became the owner by succession before the ruling."""
        case.given(AWAITED, TAKEN, *DISPUTED, happened(Ownership.Succeeded, owner=SHEN))
        case.when(rule("upheld"))
        case.then(happened(Ownership.DisputeRuled, ruling="upheld"))
        assert case.owners() == [HUANG, SHEN]

    @pytest.mark.parametrize("party", [HUANG, SHEN])
    def test_neither_owner_nor_claimant_rules_on_it(self, case: Casebook, party: str):
        """Nobody decides his own cause."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(rule("upheld", by=actor(party)))
        case.then_refused(OwnClaim)

    def test_a_ruling_is_final(self, case: Casebook):
        """What was ruled on is not ruled on again."""
        ruled = happened(Ownership.DisputeRuled, dispute_id="D-reception-1")
        case.given(AWAITED, TAKEN, *DISPUTED, ruled)
        case.when(rule("upheld"))
        case.then_refused(DisputeRuled)

    def test_a_dispute_that_does_not_exist_is_not_ruled_on(self, case: Casebook):
        """Not even when the petition has another one."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(rule("upheld", "D-reception-2"))
        case.then_refused(DisputeUnknown)

    def test_the_office_above_may_rule(self, case: Casebook):
        """A city office acts for the counties in it."""
        case.given(AWAITED, TAKEN, *DISPUTED)
        case.when(rule("rejected", by=actor("D330400001", CITY)))
        case.then(happened(Ownership.DisputeRuled, ruled_by="D330400001"))


class TestAReceptionIsNotInTheFuture:
    def test_clocks_may_differ_a_little(self, case: Casebook):
        """Up to the tolerance a reception is on record as stated."""
        case.given(AWAITED)
        case.when(receive(HUANG, NOON + CLOCK_TOLERANCE))
        case.then(
            happened(Ownership.ReceptionRecorded, timestamp=NOON + CLOCK_TOLERANCE),
            happened(Ownership.Taken, owner=HUANG),
        )

    def test_beyond_the_tolerance_it_is_a_mistake(self, case: Casebook):
        """A reception that lies ahead is refused."""
        case.given(AWAITED)
        case.when(receive(HUANG, NOON + CLOCK_TOLERANCE + timedelta(microseconds=1)))
        case.then_refused(InTheFuture, received_at="lies in the future")
