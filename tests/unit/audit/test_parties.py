"""The history of what is sealed is nobody's who is a party to it, or has no need of it."""

from typing import Any

import pytest

from contracts.envelope import CloudEvent
from services.audit.application.sight import Reader
from services.audit.domain.refusals import PetitionUnknown
from services.audit.domain.timeline import Period
from statute.parties import mark_of
from tests.builders import (
    CITY,
    COUNTY,
    HEAD,
    SAME_COUNTY,
    actor,
    cloud_event,
    number,
    petition_id,
    registered,
)
from tests.unit.audit.desk import Desk

HEAD_OF_COUNTY = Reader(actor(HEAD, COUNTY), auditing=False)


def sealed(position: int = 1, *codes: str, **given: Any) -> CloudEvent:
    event = registered(position, **given)
    event.data.update(sealed=True, kept_out=[mark_of(number(), code) for code in codes])
    return event


def named(position: int, *codes: str) -> CloudEvent:
    marks = [mark_of(number(), code) for code in codes]
    data = {"petition_id": petition_id(), "number": number(), "kept_out": marks}
    return cloud_event("intake", position, "party.named.v1", data)


def asked(desk: Desk, reader: Reader) -> Any:
    return desk.application.replay(reader, number(), Period(), None, {})


class TestTheHistoryOfAnAccusation:
    def test_is_read_by_the_head_of_its_office(self, desk: Desk):
        desk.take_in(sealed())
        assert asked(desk, HEAD_OF_COUNTY)["entries"]

    @pytest.mark.parametrize("code", [HEAD, COUNTY])
    def test_is_unknown_to_a_head_who_is_accused(self, desk: Desk, code: str):
        desk.take_in(sealed(1, code))
        with pytest.raises(PetitionUnknown):
            asked(desk, HEAD_OF_COUNTY)

    def test_is_unknown_to_an_auditor_named_later(self, desk: Desk):
        auditor = Reader(actor("A9", ""), auditing=True)
        desk.take_in(sealed())
        assert asked(desk, auditor)["entries"]
        desk.take_in(named(2, "A9"))
        with pytest.raises(PetitionUnknown):
            asked(desk, auditor)
        assert len(desk.recorded()) == 2

    def test_is_unknown_to_the_head_of_an_office_that_registered_a_repeat(self, desk: Desk):
        """He has no say in the matter, and no need of it."""
        desk.take_in(sealed(), sealed(2, serial=2, original=1, office=SAME_COUNTY))
        with pytest.raises(PetitionUnknown):
            asked(desk, Reader(actor("D3", SAME_COUNTY), auditing=False))

    def test_against_an_office_is_read_by_the_head_above_it(self, desk: Desk):
        desk.take_in(sealed(1, COUNTY))
        assert asked(desk, Reader(actor("D2", CITY), auditing=False))["entries"]

    def test_that_has_left_a_matter_is_told_to_nobody_by_what_it_left(self, desk: Desk):
        """The matter is an appeal again; that something sealed was part of it stays sealed."""
        about = {"petition_id": petition_id(), "number": number()}
        marks = [mark_of(number(2), HEAD)]
        kept_out = {**about, "office": COUNTY, "sealed": True, "kept_out": marks}
        classes = {"petition_class": "appeal", "previous_class": "accusation"}
        channels = {"channel": "visit", "previous_channel": "visit"}
        desk.take_in(
            registered(1),
            cloud_event("responsibility", 1, "parties.kept_out.v1", kept_out),
            cloud_event("responsibility", 2, "matter.corrected.v1", about | classes | channels),
        )
        assert asked(desk, Reader(actor("D9", COUNTY), auditing=False))["entries"]
        for reader in (HEAD_OF_COUNTY, Reader(actor("D2", CITY), auditing=False)):
            with pytest.raises(PetitionUnknown):
                asked(desk, reader)

    def test_is_sealed_with_the_correction_that_made_it_one(self, desk: Desk):
        data = {"petition_id": petition_id(), "number": number(), "sealed": True}
        city = Reader(actor("D2", CITY), auditing=False)
        desk.take_in(registered(1))
        assert asked(desk, city)["entries"]
        desk.take_in(cloud_event("intake", 2, "petition.corrected.v1", data))
        with pytest.raises(PetitionUnknown):
            asked(desk, city)
