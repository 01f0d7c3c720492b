"""Accusation material is sealed: it opens to named people only, and every reading is a fact."""

import pytest

from services.intake.domain.petition import Petition
from services.intake.domain.refusals import OfficeNotAllowed, PetitionUnknown, Sealed
from tests.builders import CITY, CLERK, COUNTY, HEAD, OTHER_COUNTY, actor, number, raised
from tests.unit.intake.desk import Desk

ACCUSATION = raised(petition_class="accusation")
HEAD_OF_COUNTY = actor(HEAD, COUNTY)


@pytest.fixture
def sealed(desk: Desk) -> str:
    return desk.registered(ACCUSATION)["number"]


class TestWhoMayReadIt:
    def test_the_clerk_who_registered_it(self, desk: Desk, sealed: str):
        """He has read it already."""
        content = desk.application.read_content(actor(CLERK), sealed, is_head=False)
        assert content.text["title"] == "小区外墙渗水两年无人修"

    def test_the_head_of_the_office(self, desk: Desk, sealed: str):
        """He answers for it."""
        assert desk.application.read_content(HEAD_OF_COUNTY, sealed, is_head=True).principal

    @pytest.mark.parametrize(
        ("reader", "is_head"),
        [
            (actor("K330424002", COUNTY), False),
            (actor("L330424001", COUNTY), False),
            (actor("D330424002", "330424-02"), True),
            (actor("D330400001", CITY), True),
        ],
        ids=["colleague", "leader", "head of another office", "head of the city"],
    )
    def test_nobody_else(self, desk: Desk, sealed: str, reader, is_head):
        """Neither without a need nor by rank; and the attempt leaves the content unread."""
        with pytest.raises(Sealed):
            desk.application.read_content(reader, sealed, is_head=is_head)
        with pytest.raises(Sealed):
            desk.application.petition(reader, sealed, is_head=is_head, auditing=False)
        assert len(desk.facts()) == 1

    def test_another_county_is_not_even_told_that_it_is_sealed(self, desk: Desk, sealed: str):
        """The office comes first."""
        with pytest.raises(OfficeNotAllowed):
            desk.application.read_content(actor(HEAD, OTHER_COUNTY), sealed, is_head=True)

    def test_an_auditor_sees_that_it_is_there(self, desk: Desk, sealed: str):
        """Without its content."""
        auditor = actor("A330000001", "330000-01")
        row = desk.application.petition(auditor, sealed, is_head=False, auditing=True)
        assert row["number"] == sealed


class TestWhatIsSealed:
    @pytest.mark.parametrize("petition_class", ["suggestion", "appeal"])
    def test_other_classes_are_open_to_their_office(self, desk: Desk, petition_class: str):
        """A colleague may help."""
        number_ = desk.registered(raised(petition_class=petition_class))["number"]
        colleague = actor("K330424002", COUNTY)
        assert desk.application.read_content(colleague, number_, is_head=False).principal

    def test_the_seal_is_on_record(self, desk: Desk, sealed: str):
        """From registration on."""
        assert desk.facts()[0].sealed is True


class TestReading:
    def test_is_a_fact_of_its_own(self, desk: Desk, sealed: str):
        """Who read it stands in the log before he sees it."""
        desk.application.read_content(HEAD_OF_COUNTY, sealed, is_head=True)
        recorded = desk.application.log_of_events.select_recorded(1, 10)
        assert [each.actor for each in recorded] == [HEAD]
        assert isinstance(desk.facts()[1], Petition.ContentRead)

    def test_twice_in_one_instant_is_two_facts(self, desk: Desk, sealed: str):
        """Two calls, two readings, however fast the machine."""
        for call in ("call-1", "call-2"):
            reader = actor(HEAD, COUNTY, call)
            desk.application.read_content(reader, sealed, is_head=True)
        assert len(desk.facts()) == 3

    def test_what_does_not_exist_is_refused(self, desk: Desk):
        """Nothing was read."""
        with pytest.raises(PetitionUnknown):
            desk.application.read_content(HEAD_OF_COUNTY, number(9), is_head=True)
