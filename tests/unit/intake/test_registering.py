"""What may be put on record, and what a second attempt does."""

from datetime import timedelta

import pytest

from chassis.eventstore.requests import RequestIdReused
from services.intake.domain.petition import CLOCK_TOLERANCE, Petition
from services.intake.domain.refusals import (
    HeadcountTooSmall,
    InTheFuture,
    NumberMalformed,
    OfficeNotAllowed,
    OriginalUnknown,
    RegionUnknown,
)
from services.intake.domain.regions import PROVINCES, is_region
from tests.builders import (
    CITY,
    COUNTY,
    NOON,
    OTHER_COUNTY,
    actor,
    content,
    intake_command,
    number,
    person,
    raised,
)
from tests.unit.intake.desk import Desk


class TestTheOffice:
    @pytest.mark.parametrize("region", ["330424", "110000", "650102", "710000", "820000"])
    def test_lies_in_a_province_of_gb_t_2260(self, region: str):
        """Counties come and go, so only the province is checked."""
        assert is_region(region)

    @pytest.mark.parametrize("region", ["000000", "100000", "160424", "990000", "700000"])
    def test_of_a_province_that_does_not_exist_is_refused(self, desk: Desk, region: str):
        """A slip in the first two digits would send the petition nowhere."""
        by = actor("K1", f"{region}-01")
        assert isinstance(desk.refusal_of(raised(office=f"{region}-01"), by), RegionUnknown)

    def test_is_one_of_34_provinces(self):
        """Hong Kong, Macao and Taiwan included."""
        assert len(PROVINCES) == 34

    def test_is_one_that_the_clerk_acts_for(self, desk: Desk):
        """His own, another of his county, or one below his city."""
        assert desk.refusal_of(raised(office="330424-02")) is None
        assert desk.refusal_of(raised(office=COUNTY), actor("K1", CITY)) is None
        assert isinstance(desk.refusal_of(raised(office=OTHER_COUNTY)), OfficeNotAllowed)
        assert isinstance(desk.refusal_of(raised(office=CITY)), OfficeNotAllowed)


class TestTheTime:
    def test_may_be_ahead_by_as_much_as_clocks_differ(self, desk: Desk):
        """Five minutes."""
        assert desk.refusal_of(raised(occurred_at=NOON + CLOCK_TOLERANCE)) is None

    def test_beyond_that_is_a_mistake(self, desk: Desk):
        """Nobody raised a petition tomorrow."""
        ahead = NOON + CLOCK_TOLERANCE + timedelta(microseconds=1)
        assert isinstance(desk.refusal_of(raised(occurred_at=ahead)), InTheFuture)

    def test_of_an_old_letter_is_kept_beside_that_of_the_record(self, desk: Desk):
        """It was raised ten years ago and is on record today."""
        long_ago = NOON - timedelta(days=3_650)
        answer = desk.registered(raised(occurred_at=long_ago))
        assert desk.facts()[0].timestamp == long_ago
        assert answer["registered_at"] == "2026-11-24T04:00:00.000000Z"


class TestTheHeads:
    GROUP = content(persons={"representative": [person(name=f"代表{n}") for n in range(3)]})

    def test_are_at_least_the_representatives_named(self, desk: Desk):
        """Three people cannot be two."""
        refusal = desk.refusal_of(raised(content=self.GROUP, headcount=2))
        assert isinstance(refusal, HeadcountTooSmall)
        assert desk.refusal_of(raised(content=self.GROUP, headcount=3)) is None

    def test_are_at_least_the_petitioner_and_who_signed_with_him(self, desk: Desk):
        """Whoever speaks for them may be one of them."""
        signers = [person(name=f"联名{n}") for n in range(3)]
        signed = content(persons={"cosigner": signers, "representative": signers[:2]})
        refusal = desk.refusal_of(raised(content=signed, headcount=3))
        assert isinstance(refusal, HeadcountTooSmall)
        assert refusal.fields == {"headcount": "is less than the 4 who signed"}
        assert desk.refusal_of(raised(content=signed, headcount=4)) is None

    def test_are_on_record_without_the_names(self, desk: Desk):
        """A number is no personal data."""
        desk.registered(raised(content=self.GROUP, headcount=40))
        (fact,) = desk.facts()
        assert fact.headcount == 40
        assert "代表" not in repr(vars(fact))


class TestTheSameRequestAgain:
    def test_registers_nothing_and_gets_the_same_answer(self, desk: Desk):
        """Also when it comes a day later."""
        command = intake_command("request-a", content="one")
        (first,) = desk.application.register_petitions([(command, raised())])
        desk.clock.advance(timedelta(days=1))
        (second,) = desk.application.register_petitions([(command, raised())])
        assert second == first
        assert len(desk.facts()) == 1

    def test_twice_in_one_batch_registers_once(self, desk: Desk):
        """Both get the one number."""
        command = intake_command("request-a", content="one")
        first, second = desk.application.register_petitions([(command, raised())] * 2)
        assert first == second
        assert len(desk.facts()) == 1

    def test_with_other_content_is_refused_and_the_others_stand(self, desk: Desk):
        """In the same batch or later."""
        one, other = (intake_command("request-a", content=each) for each in ("one", "other"))
        third = intake_command("request-b")
        outcomes = desk.application.register_petitions(
            [(one, raised()), (other, raised()), (third, raised())]
        )
        assert [type(outcome) for outcome in outcomes] == [dict, RequestIdReused, dict]
        (later,) = desk.application.register_petitions([(other, raised())])
        assert isinstance(later, RequestIdReused)
        assert len(desk.registrations()) == 2


class TestOneBadItemOfABatch:
    def test_is_refused_by_its_place_and_takes_no_number(self, desk: Desk):
        """The others are numbered without a gap."""
        unknown = raised(repeat_of=number(99))
        first, second, third = desk.register(raised(), unknown, raised())
        assert isinstance(second, OriginalUnknown)
        assert [answer["number"][19:25] for answer in (first, third)] == ["000001", "000002"]

    def test_a_number_with_a_slip_is_told_from_an_unknown_one(self, desk: Desk):
        """The check character speaks before the register is asked."""
        slipped = number(1)[:-1] + ("A" if number(1)[-1] != "A" else "B")
        assert isinstance(desk.refusal_of(raised(repeat_of=slipped)), NumberMalformed)


class TestTheFact:
    def test_carries_codes_and_a_commitment_and_nothing_personal(self, desk: Desk):
        """What the petitioner wrote, and who he is, stays in the vault."""
        desk.registered()
        (fact,) = desk.facts()
        assert isinstance(fact, Petition.Registered)
        told = repr(vars(fact))
        plain = content()
        secrets = [*person().values(), *(text for text in plain.text.values() if text)]
        assert [secret for secret in secrets if secret in told] == []
        assert len(fact.commitment) == 64
