"""Who was shown sealed cases among others is on record: one fact an answer, before it is given."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.jurisdiction import Actor
from services.audit.application.disclosing import Disclosing
from services.audit.application.looking import Asked, Looking
from services.audit.application.sight import Reader
from services.audit.domain.evidence import Sought
from services.audit.domain.refusals import PetitionOnRecord
from services.audit.domain.timeline import Period
from services.audit.readmodels.lists import FactLists
from statute.parties import mark_of
from tests.builders import HUANG, Clock, actor, number, petition_id, registered
from tests.unit.audit.desk import AUDITOR, Desk, audit
from tests.unit.audit.ledgers import LedgerDesk
from tests.unit.audit.test_merging import linked
from tests.unit.stores import Stores, rows

READER = Reader(AUDITOR, auditing=True)
OTHER = Reader(actor("A330000002", ""), auditing=True)


def sealed(position: int, serial: int, **changes: Any) -> Any:
    original = changes.pop("original", None)
    event = registered(position, serial, original=original)
    event.data.update(sealed=True, petition_class="accusation", **changes)
    return event


def disclosing(desk: Desk) -> Disclosing:
    return Disclosing(desk.application, FactLists())


def shown(desk: Desk) -> list[tuple[str, list[str]]]:
    """Return of each fact on record the method and the petitions."""
    facts = [each for each in desk.facts() if type(each).__qualname__ == "SealedCases.Shown"]
    return [(fact.method, fact.petition_ids) for fact in facts]


def looks(desk: Desk, by: Reader = OTHER, number: str = "", who: str = "") -> list[str]:
    looking = Looking(desk.application.log_of_events, FactLists(), desk.clock)
    found, _ = looking.looks(by, number, who, Period(), "", 50)
    return [each.fact.type for each in found]


class TestAnAnswer:
    @given(whose=st.lists(st.booleans(), min_size=1, max_size=9))
    def test_is_on_record_with_the_sealed_ones_in_it_and_no_others(self, stores: Stores, whose):
        """However many they are, it is one fact; where there is none, there is none."""
        with stores.opened("audit", lambda environment: audit(environment, Clock())) as made:
            desk = Desk(made, Clock())
            desk.take_in(
                *(
                    sealed(at, at) if closed else registered(at, at)
                    for at, closed in enumerate(whose, start=1)
                )
            )
            ids = [petition_id(at) for at in range(1, len(whose) + 1)]
            disclosing(desk).shown(READER, "audit.feed", [*ids, *ids, "", "no petition"])
            expected = sorted(each for each, closed in zip(ids, whose, strict=True) if closed)
            assert shown(desk) == ([("audit.feed", expected)] if expected else [])

    def test_that_shows_a_repeat_of_a_sealed_case_shows_that(self, desk: Desk):
        """The open one that was linked to it is a part of it."""
        desk.take_in(sealed(1, 1), registered(2, 2), linked(3, 2, 1))
        disclosing(desk).shown(READER, "audit.leaves", [petition_id(2)])
        assert shown(desk) == [("audit.leaves", [petition_id(2)])]

    def test_to_a_program_of_the_installation_is_not(self, desk: Desk):
        desk.take_in(sealed(1, 1))
        program = Reader(actor("service:responsibility", ""), auditing=False, is_program=True)
        disclosing(desk).shown(program, "audit.feed", [petition_id(1)])
        assert desk.facts() == []

    def test_to_an_operator_is(self, desk: Desk):
        desk.take_in(sealed(1, 1))
        operator = Reader(actor("O330424001", ""), auditing=False)
        disclosing(desk).shown(operator, "audit.feed", [petition_id(1)])
        assert [each.actor for each in desk.recorded()] == ["O330424001"]

    def test_is_on_record_each_time_it_is_given(self, desk: Desk):
        """A second time in the same moment is no other fact, and no fault."""
        desk.take_in(sealed(1, 1))
        for _ in range(2):
            disclosing(desk).shown(READER, "audit.feed", [petition_id(1)])
        assert len(shown(desk)) == 1
        again = Reader(Actor(AUDITOR.subject, AUDITOR.office, "another call"), auditing=True)
        disclosing(desk).shown(again, "audit.feed", [petition_id(1)])
        assert len(shown(desk)) == 2

    def test_that_shows_what_was_shown_leads_to_no_further_fact(self, desk: Desk):
        """Or whoever follows the feed would be told of himself for ever."""
        desk.take_in(sealed(1, 1))
        disclosing(desk).shown(READER, "audit.feed", [petition_id(1)])
        desk.follow_itself()
        (fact,) = [each for each in desk.log.events if each.service == "audit"]
        disclosing(desk).shown(READER, "audit.feed", [fact.subject])
        assert len(shown(desk)) == 1


class TestAbsence:
    @pytest.mark.parametrize(
        "sought", [Sought("number", number(1)), Sought("petition", petition_id(1))]
    )
    def test_refused_tells_that_there_is_one_and_is_on_record(self, desk: Desk, sought: Sought):
        desk.take_in(sealed(1, 1))
        with pytest.raises(PetitionOnRecord):
            disclosing(desk).absence(READER, sought, None)
        assert shown(desk) == [("audit.absence", [petition_id(1)])]

    def test_refused_of_an_open_case_is_not(self, desk: Desk):
        desk.take_in(registered(1))
        with pytest.raises(PetitionOnRecord):
            disclosing(desk).absence(READER, Sought("number", number(1)), None)
        assert desk.facts() == []


class TestLooks:
    def test_at_a_sealed_case_are_those_among_others_too(self, desk: Desk):
        """Of the whole matter; by whom it was seen, and what a person saw."""
        desk.take_in(sealed(1, 1), sealed(2, 2), sealed(3, 3, original=1))
        disclosing(desk).shown(READER, "audit.standings", [petition_id(1)])
        disclosing(desk).shown(READER, "audit.feed", [petition_id(2), petition_id(3)])
        desk.follow_itself()
        assert looks(desk, number=number(1)) == ["sealed_cases.shown.v1"] * 2
        assert looks(desk, number=number(2)) == ["sealed_cases.shown.v1"]
        assert looks(desk, who=AUDITOR.subject) == ["sealed_cases.shown.v1"] * 2

    def test_are_not_shown_to_a_party_of_any_case_among_them(self, desk: Desk):
        """He would learn from them that there is one."""
        mark = mark_of(number(2), OTHER.actor.subject)
        desk.take_in(sealed(1, 1), sealed(2, 2, kept_out=[mark]))
        disclosing(desk).shown(READER, "audit.standings", [petition_id(1), petition_id(2)])
        desk.follow_itself()
        assert looks(desk, who=AUDITOR.subject) == []
        assert looks(desk, number=number(1)) == []
        assert looks(desk, by=READER, number=number(1)) == ["sealed_cases.shown.v1"]

    def test_that_others_had_at_it_are_told_of_once_each(self, desk: Desk):
        """A fact that names three petitions of a matter is one."""
        desk.take_in(sealed(1, 1), sealed(2, 2, original=1), sealed(3, 3, original=1))
        disclosing(desk).shown(READER, "audit.feed", [petition_id(at) for at in (1, 2, 3)])
        desk.follow_itself()
        assert looks(desk, number=number(1)) == ["sealed_cases.shown.v1"]


def test_who_looks_at_looks_is_shown_what_they_name(desk: Desk):
    """The page is about the cases in its facts, and not about the reader of then."""
    desk.take_in(sealed(1, 1))
    disclosing(desk).shown(READER, "audit.feed", [petition_id(1)])
    desk.follow_itself()
    looking = Looking(desk.application.log_of_events, FactLists(), desk.clock)
    (found,), _ = looking.deeds(OTHER, Asked(AUDITOR.subject), "", 50)
    assert petition_id(1) in found.about


def test_what_a_reader_was_shown_is_one_chain_of_the_ledger(desk: Desk, tmp_path: Any):
    """His own; a case that he was shown has no more leaves for it."""
    ledger = LedgerDesk(desk, tmp_path / "ledger")
    ledger.take_in(sealed(1, 1), registered(2, 2, actor=HUANG))
    for serial in (1, 2):
        reader = Reader(Actor(AUDITOR.subject, "", f"call {serial}"), auditing=True)
        disclosing(desk).shown(reader, "audit.feed", [petition_id(1)])
    disclosing(desk).shown(OTHER, "audit.feed", [petition_id(1)])
    ledger.take_in_own()
    counts = [row[3:5] for row in rows(desk.application, "ledger_leaf")]
    assert sorted(count for _, count in counts) == [1, 1, 1, 1, 2]
    ledger.sign()
    assert ledger.verified()[0] == 0
