"""Rule 3: only succession or recusal moves an ownership, with ground, approver and document."""

import pytest

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import (
    CaseClosed,
    OfficeNotAllowed,
    OwnClaim,
    SameOwner,
)
from tests.builders import (
    CITY,
    COUNTY,
    DAY,
    HEAD,
    HUANG,
    NOON,
    OTHER_CITY,
    OTHER_COUNTY,
    SAME_COUNTY,
    SHEN,
    TAO,
    actor,
    approval,
    happened,
    number,
)
from tests.unit.responsibility.casebook import Casebook, recuse, reopen, rule, succeed

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
STEPS = pytest.mark.parametrize("step", [succeed, recuse])


class TestSuccession:
    @pytest.mark.parametrize("ground", ["left_post", "long_leave"])
    def test_the_successor_owns_it_with_ground_approver_and_document(
        self, case: Casebook, ground: str
    ):
        """The owner leaves the post or is on long leave."""
        case.given(AWAITED, TAKEN)
        case.clock.advance(DAY)
        case.when(succeed(SHEN, given=approval(ground=ground)))
        case.then(
            happened(
                Ownership.Succeeded,
                previous_owner=HUANG,
                owner=SHEN,
                office=COUNTY,
                ground=ground,
                approver=HEAD,
                document="海信联〔2026〕12号",
                timestamp=NOON + DAY,
            )
        )


class TestRecusal:
    def test_another_leader_owns_it_because_the_owner_has_an_interest(self, case: Casebook):
        """Recusal is a fact of its own kind."""
        case.given(AWAITED, TAKEN)
        case.when(recuse(SHEN))
        case.then(
            happened(Ownership.Recused, previous_owner=HUANG, owner=SHEN, ground="direct_interest")
        )


class TestBothWays:
    @STEPS
    def test_the_successor_is_somebody_else(self, case: Casebook, step):
        """Passing it on to its owner would be no step at all."""
        case.given(AWAITED, TAKEN)
        case.when(step(HUANG))
        case.then_refused(SameOwner, owner=HUANG)

    @STEPS
    def test_a_closed_matter_is_not_passed_on(self, case: Casebook, step):
        """Reopen it first."""
        case.given(AWAITED, TAKEN, happened(Ownership.Closed))
        case.when(step(SHEN))
        case.then_refused(CaseClosed, owner=HUANG)

    @STEPS
    @pytest.mark.parametrize("party", [HUANG, SHEN])
    def test_neither_the_owner_nor_the_successor_approves_it(
        self, case: Casebook, step, party: str
    ):
        """Nobody rids himself of a petition, and nobody takes one for himself."""
        case.given(AWAITED, TAKEN)
        case.when(step(SHEN, by=actor(party)))
        case.then_refused(OwnClaim)

    @STEPS
    @pytest.mark.parametrize("office", [OTHER_COUNTY, OTHER_CITY, ""])
    def test_the_office_of_another_county_may_not(self, case: Casebook, step, office: str):
        """Nor a city that the county is not in, nor somebody without an office."""
        case.given(AWAITED, TAKEN)
        case.when(step(SHEN, by=actor("D330726001", office)))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    @STEPS
    @pytest.mark.parametrize("office", [COUNTY, CITY, "330000-01"])
    def test_the_office_of_the_matter_or_one_above_it_may(self, case: Casebook, step, office: str):
        """Regions nest: county, city, province."""
        case.given(AWAITED, TAKEN)
        case.when(step(SHEN, by=actor("D330000001", office)))
        assert case.answer["owner"] == SHEN

    @STEPS
    def test_an_office_beside_it_may_not(self, case: Casebook, step):
        """That it is of the same county makes it no office of the matter."""
        case.given(AWAITED, TAKEN)
        case.when(step(SHEN, by=actor("D330424002", SAME_COUNTY)))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    @STEPS
    def test_the_successor_has_the_office_of_the_matter_not_that_of_the_approver(
        self, case: Casebook, step
    ):
        """The city approves; the matter stays with its county."""
        case.given(AWAITED, TAKEN)
        case.when(step(SHEN, by=actor("D330400001", CITY)))
        assert case.new_facts()[0].office == COUNTY
        assert case.ownership()["chain"][-1]["office"] == COUNTY

    @STEPS
    def test_he_may_be_of_another_office_that_the_approver_acts_for(self, case: Casebook, step):
        """Named in the request, and on record in the chain."""
        case.given(AWAITED, TAKEN)
        case.when(step(SHEN, office=SAME_COUNTY, by=actor("D330400001", CITY)))
        assert case.new_facts()[0].office == SAME_COUNTY
        assert case.answer["office"] == SAME_COUNTY

    @STEPS
    def test_he_is_not_of_an_office_that_the_approver_does_not_act_for(self, case: Casebook, step):
        """No head gives his petitions away to another county."""
        case.given(AWAITED, TAKEN)
        case.when(step(SHEN, office=OTHER_COUNTY, by=actor(HEAD, COUNTY)))
        case.then_refused(OfficeNotAllowed, office=OTHER_COUNTY)

    def test_a_county_office_does_not_act_for_its_city(self, case: Casebook):
        """Never the other way round."""
        awaited = happened(Ownership.Awaited, office=CITY, number=number(1, CITY))
        case.given(awaited, happened(Ownership.Taken, office=CITY))
        case.when(succeed(SHEN, of=number(1, CITY), by=actor(HEAD, COUNTY)))
        case.then_refused(OfficeNotAllowed, office=CITY)


class TestARepeatAtAnotherOfficeGivesNoSayOverTheMatter:
    JOINED = happened(
        Ownership.RepeatJoined,
        repeat_number=number(2, OTHER_COUNTY),
        office=OTHER_COUNTY,
    )

    @pytest.mark.parametrize("step", [succeed, recuse])
    def test_it_does_not_pass_the_ownership_on(self, case: Casebook, step):
        """Registering a repeat is no way to take the matter from its owner."""
        case.given(AWAITED, TAKEN, self.JOINED)
        case.when(step(TAO, of=number(2, OTHER_COUNTY), by=actor("D330726001", OTHER_COUNTY)))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_it_does_not_rule_on_its_disputes(self, case: Casebook):
        """The ruling belongs to the office of the matter."""
        dispute = happened(Ownership.DisputeOpened, dispute_id="D-1", reception_id="r-1")
        claim = happened(Ownership.ReceptionRecorded, reception_id="r-1", standing="disputed")
        case.given(AWAITED, TAKEN, self.JOINED, claim, dispute)
        head = actor("D330726001", OTHER_COUNTY)
        case.when(rule("upheld", "D-1", of=number(2, OTHER_COUNTY), by=head))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_it_does_not_reopen_it(self, case: Casebook):
        """A new repeat would open it, an order of a foreign office does not."""
        case.given(AWAITED, TAKEN, self.JOINED, happened(Ownership.Closed))
        head = actor("D330726001", OTHER_COUNTY)
        case.when(reopen(of=number(2, OTHER_COUNTY), by=head))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_the_office_of_the_matter_may_name_it_by_the_repeat(self, case: Casebook):
        """The number of a repeat leads to the matter."""
        case.given(AWAITED, TAKEN, self.JOINED)
        case.when(succeed(SHEN, of=number(2, OTHER_COUNTY)))
        case.then(happened(Ownership.Succeeded, number=number(), owner=SHEN))

    def test_the_office_whose_leader_is_the_owner_may_pass_it_on(self, case: Casebook):
        """He received the repeat first, and it is his office that knows when he leaves."""
        first = happened(Ownership.Taken, owner=TAO, office=OTHER_COUNTY)
        case.given(AWAITED, self.JOINED, first)
        case.when(succeed(SHEN, by=actor("D330726001", OTHER_COUNTY)))
        case.then(
            happened(Ownership.Succeeded, previous_owner=TAO, owner=SHEN, office=OTHER_COUNTY)
        )


class TestTheFirstContactStaysForEver:
    def test_with_the_whole_chain_after_it(self, case: Casebook):
        """Every holder is on record, with since when and by what."""
        case.given(AWAITED, TAKEN)
        case.clock.advance(DAY)
        case.when(succeed(SHEN, given=approval(ground="long_leave")))
        case.clock.advance(DAY)
        case.when(recuse(TAO))
        ownership = case.ownership()
        assert ownership["first_contact"] == ownership["chain"][0]
        assert [
            (link["owner"], link["ground"], link["approver"]) for link in ownership["chain"]
        ] == [
            (HUANG, "reception", ""),
            (SHEN, "long_leave", HEAD),
            (TAO, "direct_interest", HEAD),
        ]
        assert [link["since"][:10] for link in ownership["chain"]] == [
            "2026-11-24",
            "2026-11-25",
            "2026-11-26",
        ]

    def test_also_when_it_comes_back_to_him(self, case: Casebook):
        """He stands in the chain twice; the first contact is still the first link."""
        case.given(AWAITED, TAKEN, happened(Ownership.Succeeded, owner=SHEN))
        case.when(succeed(HUANG))
        assert case.owners() == [HUANG, SHEN, HUANG]
        assert case.ownership()["first_contact"]["ground"] == "reception"
