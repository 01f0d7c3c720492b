"""Rule 6: how the first was decided is itself on record."""

from services.responsibility.domain.ownership import Ownership
from tests.builders import COUNTY, HOUR, HUANG, NOON, SHEN, TAO, TODAY, happened, registration
from tests.unit.responsibility.casebook import Casebook, receive, rule, set_roster

LETTER = registration(channel="letter")


class TestWhichReceptionDecided:
    def test_the_reception_is_named(self, case: Casebook):
        """The evidence points at the reception that made the owner."""
        case.given(happened(Ownership.Awaited))
        case.when(receive(HUANG))
        assert case.ownership()["evidence"] == {
            "ground": "reception",
            "reception_id": case.answer["reception_id"],
        }

    def test_taking_it_from_the_open_list_is_told_apart(self, case: Casebook):
        """It was waiting there, and the reception that took it is named."""
        case.when_registered(LETTER)
        case.when(receive(HUANG))
        assert case.ownership()["evidence"] == {
            "ground": "open_list",
            "reception_id": case.answer["reception_id"],
        }


class TestWhichRosterLineDecided:
    def test_the_line_is_named_with_its_version(self, case: Casebook):
        """So that the line can be looked up as it stood."""
        case.given_roster(SHEN)
        case.given_roster(HUANG)
        case.when_registered(LETTER)
        assert case.ownership()["evidence"] == {
            "ground": "roster",
            "roster_day": TODAY.isoformat(),
            "roster_version": 2,
        }

    def test_a_line_replaced_later_does_not_change_the_evidence(self, case: Casebook):
        """What decided is on record as it was."""
        case.given_roster(HUANG)
        case.when_registered(LETTER)
        before = case.ownership()
        case.when(set_roster((TODAY, TAO)))
        assert case.ownership() == before


class TestWhichClaimsLost:
    def test_rivals_are_listed_with_what_they_stated(self, case: Casebook):
        """Who, where, when, and how it stood."""
        case.given(happened(Ownership.Awaited), happened(Ownership.Taken))
        case.when(receive(SHEN, NOON))
        assert case.ownership()["rivals"] == [
            {
                "reception_id": case.answer["reception_id"],
                "leader": SHEN,
                "office": COUNTY,
                "received_at": "2026-11-24T04:00:00.000000Z",
                "standing": "rival",
                "dispute_id": None,
                "ruling": None,
            }
        ]

    def test_a_dispute_is_listed_with_its_ruling(self, case: Casebook):
        """Open at first, then as it was ruled."""
        case.given(happened(Ownership.Awaited), happened(Ownership.Taken))
        case.when(receive(SHEN, NOON - HOUR))
        dispute_id = case.answer["dispute_id"]
        assert [_standing(rival) for rival in case.ownership()["rivals"]] == [("disputed", None)]
        case.when(rule("rejected", dispute_id))
        assert [_standing(rival) for rival in case.ownership()["rivals"]] == [
            ("disputed", "rejected")
        ]

    def test_what_the_owner_received_again_is_no_claim(self, case: Casebook):
        """He is not his own rival."""
        case.given(happened(Ownership.Awaited), happened(Ownership.Taken))
        case.when(receive(HUANG))
        assert case.ownership()["rivals"] == []

    def test_the_evidence_stays_whoever_owns_it_later(self, case: Casebook):
        """A succession changes the owner, never how the first was decided."""
        case.given(happened(Ownership.Awaited), happened(Ownership.Taken))
        before = case.ownership()["evidence"]
        case.given(happened(Ownership.Succeeded))
        assert case.ownership()["evidence"] == before


def _standing(rival: dict[str, str]) -> tuple[str, str]:
    return rival["standing"], rival["ruling"]
