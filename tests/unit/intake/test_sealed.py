"""Accusation material is sealed: it opens to named people only, and every reading is a fact."""

import pytest

from services.intake.domain.petition import Petition
from services.intake.domain.refusals import OfficeNotAllowed, PetitionUnknown, Sealed
from tests.builders import CITY, CLERK, COUNTY, HEAD, OTHER_COUNTY, actor, number, raised
from tests.unit.intake.desk import Desk, reader

ACCUSATION = raised(petition_class="accusation")
HEAD_OF_COUNTY = reader(actor(HEAD, COUNTY), "office_head")


@pytest.fixture
def sealed(desk: Desk) -> str:
    return desk.registered(ACCUSATION)["number"]


class TestWhoMayReadIt:
    def test_the_clerk_who_registered_it(self, desk: Desk, sealed: str):
        """He has read it already."""
        content = desk.application.read_content(reader(actor(CLERK)), sealed)
        assert content.text["title"] == "小区外墙渗水两年无人修"

    def test_the_head_of_the_office(self, desk: Desk, sealed: str):
        """He answers for it."""
        assert desk.application.read_content(HEAD_OF_COUNTY, sealed).principal

    @pytest.mark.parametrize(
        ("other", "refusal"),
        [
            (reader(actor("K330424002", COUNTY)), Sealed),
            (reader(actor("L330424001", COUNTY)), Sealed),
            (reader(actor("D330424002", "330424-02"), "office_head"), PetitionUnknown),
            (reader(actor("D330400001", CITY), "office_head"), PetitionUnknown),
            (reader(actor(HEAD, OTHER_COUNTY), "office_head"), PetitionUnknown),
        ],
        ids=["colleague", "leader", "head of another office", "of the city", "of another county"],
    )
    def test_nobody_else(self, desk: Desk, sealed: str, other, refusal):
        """Neither without a need nor by rank; other offices are not even told that there is one.

        The attempt leaves the content unread.
        """
        with pytest.raises(refusal):
            desk.application.read_content(other, sealed)
        with pytest.raises(refusal):
            desk.application.petition(other, sealed)
        assert len(desk.facts()) == 1

    def test_an_auditor_sees_that_it_is_there(self, desk: Desk, sealed: str):
        """Without its content."""
        auditor = reader(actor("A330000001", "330000-01"), "auditor")
        row = desk.application.petition(auditor, sealed)
        assert row["number"] == sealed


class TestWhatIsSealed:
    @pytest.mark.parametrize("petition_class", ["suggestion", "appeal"])
    def test_other_classes_are_open_to_their_office(self, desk: Desk, petition_class: str):
        """A colleague may help."""
        number_ = desk.registered(raised(petition_class=petition_class))["number"]
        colleague = reader(actor("K330424002", COUNTY))
        assert desk.application.read_content(colleague, number_).principal

    def test_the_seal_is_on_record(self, desk: Desk, sealed: str):
        """From registration on."""
        assert desk.facts()[0].sealed is True


class TestAnAgency:
    AGENCY = actor("S330424001", COUNTY)

    def test_reads_what_it_has_put_on_record(self, desk: Desk):
        """Its own petition, to show it again."""
        number_ = desk.registered(by=self.AGENCY)["number"]
        assert desk.application.read_content(reader(self.AGENCY, "agency"), number_).principal

    @pytest.mark.parametrize("roles", [["agency"], ["agency", "auditor"], ["auditor"]], ids=str)
    def test_reads_nothing_else(self, desk: Desk, roles: list[str]):
        """It has no need of names that it does not have; the number it may see."""
        number_ = desk.registered()["number"]
        agency = reader(self.AGENCY, *roles)
        with pytest.raises(OfficeNotAllowed):
            desk.application.read_content(agency, number_)
        assert desk.application.petition(agency, number_)["number"] == number_
        assert len(desk.facts()) == 1


class TestReading:
    def test_is_a_fact_of_its_own(self, desk: Desk, sealed: str):
        """Who read it stands in the log before he sees it."""
        desk.application.read_content(HEAD_OF_COUNTY, sealed)
        recorded = desk.application.log_of_events.select_recorded(1, 10)
        assert [each.actor for each in recorded] == [HEAD]
        assert isinstance(desk.facts()[1], Petition.ContentRead)

    def test_twice_in_one_instant_is_two_facts(self, desk: Desk, sealed: str):
        """Two calls, two readings, however fast the machine."""
        for call in ("call-1", "call-2"):
            head = reader(actor(HEAD, COUNTY, call), "office_head")
            desk.application.read_content(head, sealed)
        assert len(desk.facts()) == 3

    def test_what_does_not_exist_is_refused(self, desk: Desk):
        """Nothing was read."""
        with pytest.raises(PetitionUnknown):
            desk.application.read_content(HEAD_OF_COUNTY, number(9))
