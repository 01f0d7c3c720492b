"""The history of what is sealed is nobody's who is a party to it, or has no need of it."""

from pathlib import Path
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
    HOUR,
    NOON,
    SAME_COUNTY,
    actor,
    cloud_event,
    number,
    petition_id,
    registered,
)
from tests.unit.audit.desk import AUDITOR, Desk
from tests.unit.audit.ledgers import LedgerDesk
from tests.unit.audit.test_merging import linked, unlinked

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


PARTY, NO_PARTY = Reader(AUDITOR, auditing=True), Reader(actor("A2", ""), auditing=True)
NEXT_DOOR = Reader(actor("D3", SAME_COUNTY), auditing=False)


def parted(desk: Desk) -> str:
    """Have an open case, and what was a repeat of it for a while: an accusation by now."""
    about = {"petition_id": petition_id(), "number": number(), "office": SAME_COUNTY}
    marks = {"sealed": False, "kept_out": [mark_of(number(2), "L9")]}
    joined = {"repeat_number": number(2), "repeat_petition_id": petition_id(2)}
    accused = {"petition_id": petition_id(2), "number": number(2), "sealed": True}
    now_named = {**accused, "kept_out": [mark_of(number(2), AUDITOR.subject)]}
    desk.take_in(registered(1, office=SAME_COUNTY), registered(2, 2), linked(3, 2, 1))
    desk.take_in(cloud_event("responsibility", 1, "repeat.joined.v1", about | joined))
    desk.take_in(cloud_event("responsibility", 2, "parties.kept_out.v1", about | marks))
    desk.replay(of=number(1, SAME_COUNTY), by=actor("A2", ""))
    desk.follow_itself()
    desk.take_in(unlinked(4, 2, 1), cloud_event("intake", 5, "petition.corrected.v1", accused))
    desk.take_in(cloud_event("intake", 6, "party.named.v1", now_named))
    desk.clock.advance(10 * HOUR)
    return number(1, SAME_COUNTY)


class TestAnOpenCaseThatHadToDoWithOne:
    """Is shown without what names the accusation to those for whom there is none."""

    # While it was part of the case, what has changed since then, and now.
    PERIODS = (Period(None, NOON + 3.5 * HOUR), Period(NOON + 3.5 * HOUR), Period())

    @pytest.mark.parametrize("period", PERIODS)
    @pytest.mark.parametrize("reader", [PARTY, NEXT_DOOR])
    def test_to_them(self, desk: Desk, reader: Reader, period: Period):
        answer = desk.application.replay(reader, parted(desk), period, None, {})
        told = str([answer["entries"], answer["left"]])
        assert number(2) not in told
        assert petition_id(2) not in told
        kinds = {each.type for each in answer["entries"]}
        assert ("petition.registered.v1" in kinds) == (period.since is None)

    @pytest.mark.parametrize("period", PERIODS)
    def test_to_an_auditor_who_is_no_party_as_it_is(self, desk: Desk, period: Period):
        answer = desk.application.replay(NO_PARTY, parted(desk), period, None, {})
        assert number(2) in str([answer["entries"], answer["left"]])

    def test_to_be_taken_away_not_at_all(self, desk: Desk, tmp_path: Path):
        """Nothing can be left out of a bundle; an auditor who is no party takes it."""
        of, ledger = parted(desk), LedgerDesk(desk, tmp_path)
        ledger.state_heads()
        for reader in (PARTY, NEXT_DOOR):
            with pytest.raises(PetitionUnknown):
                desk.application.export(reader, of, None)
        assert desk.application.export(NO_PARTY, of, None).facts

    def test_without_a_trace_of_it_in_what_is_on_record_of_the_look(self, desk: Desk):
        """The accusation is on record as shown to whom it was, and to nobody else."""
        of, then = parted(desk), Period(None, NOON + 3.5 * HOUR)
        shown = []
        for reader in (PARTY, NO_PARTY):
            before = len(desk.facts())
            desk.application.replay(reader, of, then, None, {})
            shown.append({each.number for each in desk.facts()[before:]})
            desk.clock.advance(HOUR)
        assert shown == [{of}, {of, number(2)}]
