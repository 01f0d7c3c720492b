"""The parties to a matter take no part in its handling (回避; Arts 27 to 30, 46; ADR 11)."""

from typing import Any

import pytest

from chassis.eventstore.application import Provenance, Unit
from services.responsibility.application import Responsibility
from services.responsibility.application.callers import Viewer
from services.responsibility.application.courses import Courses
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import MatterCorrection
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import day_of
from services.responsibility.domain.refusals import (
    PartyToTheMatter,
    PetitionUnknown,
)
from services.responsibility.readmodels.caseloads import Caseloads, Onlooker
from services.responsibility.readmodels.terms import Seen, TermsAsked, TermTables
from statute.parties import mark_of
from tests.builders import (
    CITY,
    COUNTY,
    DAY,
    HEAD,
    HUANG,
    NOON,
    SAME_COUNTY,
    SHEN,
    TAO,
    actor,
    happened,
    number,
    petition_id,
    registration,
    statement,
)
from tests.unit.responsibility.casebook import (
    Asked,
    Casebook,
    close,
    receive,
    recuse,
    reopen,
    reply,
    rule,
    succeed,
    take,
)
from tests.unit.responsibility.meanwhile import withdrawn
from tests.unit.responsibility.paths import walk

UNIT = "330424-07"


def marks(*codes: str) -> tuple[str, ...]:
    return tuple(sorted(mark_of(number(), code) for code in codes))


def against(*codes: str, **changes: Any) -> Any:
    return registration(petition_class="accusation", kept_out=marks(*codes), **changes)


def named(*codes: str, cause: str = "named-1") -> Asked:
    """Intake tells that parties became known."""

    def tell(application: Responsibility) -> None:
        def decide(unit: Unit) -> dict[str, Any]:
            application.name_parties(unit, petition_id(), marks(*codes), NOON)
            return {}

        application.run(Provenance("service:responsibility", cause, cause), decide)

    return tell


def sealed(case: Casebook) -> Asked:
    """Intake tells that the petition is an accusation, put on record as something else."""

    def tell(application: Responsibility) -> None:
        def decide(unit: Unit) -> dict[str, Any]:
            correction = MatterCorrection(number(), True, "accusation", None)
            application.correct_matter(unit, petition_id(), correction, case.clock())
            return {}

        application.run(Provenance("service:responsibility", "sealed-1", "sealed-1"), decide)

    return tell


class TestTheRoster:
    def test_passes_over_a_leader_on_duty_who_is_accused(self, case: Casebook):
        """The petition waits in the open list, and the record says why."""
        case.given_roster(HUANG)
        case.when_registered(against(HUANG, channel="letter"))
        case.then(
            happened(Ownership.Awaited, awaits="first_leader", roster_passed_over=True),
            happened(Ownership.PartiesKeptOut, sealed=True, kept_out=list(marks(HUANG))),
        )

    def test_passes_over_every_leader_of_an_accused_office(self, case: Casebook):
        case.given_roster(HUANG)
        case.when_registered(against(COUNTY, channel="letter"))
        assert case.new_facts()[0].awaits == "first_leader"

    def test_makes_another_owner_as_ever(self, case: Casebook):
        case.given_roster(HUANG)
        case.when_registered(against(SHEN, channel="letter"))
        assert case.owners() == [HUANG]
        assert not case.new_facts()[0].roster_passed_over

    def test_passes_him_over_when_a_repeat_joins(self, case: Casebook):
        case.when_registered(against(HUANG))
        case.given_roster(HUANG)
        repeat = registration(
            2, petition_class="accusation", repeats=petition_id(), channel="letter"
        )
        case.when_registered(repeat)
        assert case.owners() == []


class TestAnAccusation:
    def test_cannot_be_received_by_the_accused(self, case: Casebook):
        case.when_registered(against(HUANG))
        case.when(receive(HUANG))
        case.then_refused(PetitionUnknown)

    def test_cannot_be_received_in_his_name(self, case: Casebook):
        """Who knows of the matter is told; who does not is told nothing."""
        case.when_registered(against(HUANG))
        case.when(receive(HUANG, by=actor(HEAD)))
        case.then_refused(
            PartyToTheMatter, leader="is a party to the matter; name another who is none"
        )
        case.when(receive(HUANG, office=SAME_COUNTY, by=actor("K9", SAME_COUNTY)))
        case.then_refused(PetitionUnknown)

    @pytest.mark.parametrize("office", [SAME_COUNTY, CITY])
    def test_cannot_be_received_by_whoever_was_given_its_number(self, case: Casebook, office: str):
        """A number proves no reception, and whoever owns an accusation reads it."""
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG, office=office))
        case.then_refused(PetitionUnknown)
        assert case.owners() == []

    def test_is_received_by_a_leader_of_elsewhere_where_its_office_says_so(self, case: Casebook):
        """He stood before the petitioner at that office; its clerk puts it on record."""
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG, by=actor()))
        assert case.owners() == [HUANG]

    def test_is_received_again_by_its_owner(self, case: Casebook):
        """Wherever he is by then; and by nobody else of that office."""
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG))
        case.when(receive(HUANG, office=SAME_COUNTY))
        assert case.answer["standing"] == "owner"
        case.when(receive(SHEN, office=SAME_COUNTY))
        case.then_refused(PetitionUnknown)

    def test_against_its_office_is_received_by_the_one_above(self, case: Casebook):
        """Nobody of its own office may."""
        case.when_registered(against(COUNTY))
        case.when(receive(HUANG, office=CITY))
        assert case.owners() == [HUANG]

    @pytest.mark.parametrize(
        "step",
        [
            succeed(SHEN),
            recuse(SHEN),
            take("transfer", unit=UNIT),
            take("assign", unit=UNIT),
        ],
        ids=["succession", "recusal", "transfer", "assignment"],
    )
    def test_goes_to_no_party(self, case: Casebook, step: Asked):
        case.when_registered(against(SHEN, UNIT))
        case.when(receive(HUANG))
        case.when(step)
        case.then_refused(PartyToTheMatter)

    @pytest.mark.parametrize(
        ("step", "given"),
        [
            ("name_handler", {"handler": SHEN}),
            ("name_team", {"team": [TAO, SHEN]}),
            ("ask_assistance", {"unit": UNIT}),
        ],
    )
    def test_is_worked_at_by_no_party(self, case: Casebook, step: str, given: dict[str, Any]):
        case.when_registered(against(SHEN, UNIT))
        case.when(receive(HUANG))
        case.when(take("accept"))
        case.when(take(step, **given))
        case.then_refused(
            PartyToTheMatter,
            **dict.fromkeys(given, "is a party to the matter; name another who is none"),
        )

    def test_is_not_there_for_the_head_who_is_accused(self, case: Casebook):
        case.when_registered(against(HEAD))
        case.when(receive(HUANG))
        for step in (
            succeed(SHEN),
            recuse(SHEN),
            rule("rejected"),
            take("accept"),
            reply(by=actor(HEAD)),
        ):
            case.when(step)
            case.then_refused(PetitionUnknown)

    def test_is_not_there_for_an_auditor_who_is_accused(self, case: Casebook):
        case.when_registered(against("A9"))
        accused = Viewer(actor("A9", ""), follows=True)
        with pytest.raises(PetitionUnknown):
            case.application.owner_of(number(), accused)
        with pytest.raises(PetitionUnknown):
            Courses(case.application).course_of(number(), None, accused)

    def test_against_an_office_is_seen_by_the_one_above_it(self, case: Casebook):
        """So that it is not lost where everybody of its own office is kept out."""
        case.when_registered(against(COUNTY))
        above, beside = Viewer(actor("D2", CITY)), Viewer(actor("D3", SAME_COUNTY))
        assert case.application.owner_of(number(), above)["state"] == "awaited"
        with pytest.raises(PetitionUnknown):
            case.application.owner_of(number(), beside)

    @pytest.mark.parametrize(
        ("accused", "office", "found"),
        [(COUNTY, CITY, True), (COUNTY, SAME_COUNTY, False), (COUNTY, COUNTY, False),
         (SHEN, CITY, False), (CITY, CITY, False)],
    )  # fmt: skip
    def test_against_an_office_is_found_by_the_one_above_it(
        self,
        case: Casebook,
        accused: str,
        office: str,
        *,
        found: bool,
    ):
        """In the lists that it acts on: nobody tells it the number."""
        case.when_registered(against(accused))
        case.clock.advance(16 * DAY)
        looks, today = Onlooker("D2", office), day_of(case.clock())
        with case.application.log_of_events.reading() as questions:
            waiting, _ = Caseloads.open_of(questions, looks, COUNTY, office, 9, "")
            asked = TermsAsked(office=COUNTY, sealed_of=("D2", office))
            terms, _ = TermTables.listed(questions, looks, asked, today, 9, "")
            seen = Seen("3304", office)
            late, _ = TermTables.to_supervise(questions, looks, seen, today, 9, "")
        assert [bool(each) for each in (waiting, terms, late)] == [found] * 3

    def test_leaves_no_gap_in_the_list_of_the_accused(self, case: Casebook):
        """Page and cursor are as if it were not there."""
        case.when_registered(
            registration(2), against(HUANG), registration(3, registered_at=case.clock())
        )
        accused, other = Onlooker(HUANG, COUNTY), Onlooker(SHEN, COUNTY)
        with case.application.log_of_events.reading() as questions:
            shown, cursor = Caseloads.open_of(questions, accused, COUNTY, COUNTY, 2, "")
            whole, _ = Caseloads.open_of(questions, other, COUNTY, COUNTY, 3, "")
        assert ([row["number"] for row in shown], cursor) == ([number(2), number(3)], "")
        assert len(whole) == 3


class TestWhenThePartyIsKnownLater:
    def test_the_owner_stays_and_his_recusal_is_due(self, case: Casebook):
        """Only succession and recusal move an ownership."""
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG))
        case.when(named(HUANG))
        case.then(
            happened(Ownership.PartiesKeptOut, kept_out=list(marks(HUANG))),
            happened(Ownership.RecusalDue, owner=HUANG, office=COUNTY),
        )
        assert case.owners() == [HUANG]

    def test_the_owner_takes_no_step_any_more(self, case: Casebook):
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG))
        case.when(reply())
        case.when(named(HUANG))
        case.when(close())
        case.then_refused(PetitionUnknown)
        case.when(recuse(SHEN))
        case.when(close(by=SHEN))
        assert case.refusal is None

    def test_it_is_told_once(self, case: Casebook):
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG))
        case.when(named(HUANG))
        case.when(named(HUANG, cause="named-2"))
        case.then_nothing()
        case.when(named(TAO, cause="named-3"))
        case.then(happened(Ownership.PartiesKeptOut))

    def test_nothing_is_due_of_another(self, case: Casebook):
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG))
        case.when(named(SHEN))
        case.then(happened(Ownership.PartiesKeptOut))

    def test_a_closed_matter_has_it_due_when_it_is_opened_again(self, case: Casebook):
        case.when_registered(registration(petition_class="accusation"))
        case.when(receive(HUANG))
        case.when(reply())
        case.when(close())
        case.when(named(HUANG))
        case.then(happened(Ownership.PartiesKeptOut))
        case.when_registered(registration(2, petition_class="accusation", repeats=petition_id()))
        case.then(
            happened(Ownership.RepeatJoined),
            happened(Ownership.Reopened),
            happened(Ownership.RecusalDue, owner=HUANG),
        )


class TestAnOpenMatter:
    """Its parties may know of it; they take no part all the same."""

    def test_is_shown_to_its_party(self, case: Casebook):
        case.when_registered(registration(kept_out=marks(HUANG)))
        assert case.application.owner_of(number(), Viewer(actor(HUANG)))["owner"] is None

    @pytest.mark.parametrize(
        "step", [receive(SHEN), take("accept", by=SHEN), reply(by=actor(SHEN))]
    )
    def test_lets_no_party_take_a_step(self, case: Casebook, step: Asked):
        case.when_registered(registration(kept_out=marks(SHEN)))
        case.when(receive(HUANG))
        case.when(step)
        case.then_refused(PartyToTheMatter)

    def test_upholds_no_claim_of_a_party(self, case: Casebook):
        case.given(
            happened(Ownership.Awaited),
            happened(Ownership.Taken),
            happened(Ownership.ReceptionRecorded, leader=SHEN, standing="disputed"),
            happened(Ownership.DisputeOpened, claimant=SHEN),
        )
        case.when(named(SHEN))
        case.when(rule("upheld", "D-reception-0"))
        case.then_refused(PartyToTheMatter)
        case.when(rule("rejected", "D-reception-0"))
        case.then(happened(Ownership.DisputeRuled))

    def test_is_sealed_with_its_parties_when_it_turns_out_an_accusation(self, case: Casebook):
        case.when_registered(registration(kept_out=marks(SHEN)))
        case.when(receive(HUANG))
        case.when(take("accept"))
        case.when(sealed(case))
        case.then(
            happened(
                Ownership.MatterCorrected, petition_class="accusation", previous_class="appeal"
            ),
            happened(Ownership.PartiesKeptOut, sealed=True),
            happened(Course.Reclassified, petition_class="accusation"),
            happened(Course.TermEnded, term="handling", late_days=0),
        )
        with pytest.raises(PetitionUnknown):
            case.application.owner_of(number(), Viewer(actor(SHEN)))


class TestSomebodyAtWorkWhoIsAParty:
    """Nobody but the office can name another in his place: it is on record that it is due."""

    def handled(self, case: Casebook) -> None:
        case.when_registered(registration())
        for step in (receive(HUANG), take("transfer", unit=UNIT), take("accept")):
            case.when(step)
        case.when(take("handle", handler=SHEN))

    def test_is_on_record_once_with_the_parts_of_the_work(self, case: Casebook):
        self.handled(case)
        case.when(named(UNIT, SHEN))
        case.then(
            happened(Ownership.PartiesKeptOut),
            happened(Course.ReplacementDue, office=COUNTY, parts=["unit", "handler"]),
        )
        case.when(named(UNIT, SHEN, cause="named-2"))
        case.then_nothing()

    def test_is_settled_when_all_are_replaced(self, case: Casebook):
        self.handled(case)
        case.when(named(UNIT, SHEN))
        case.when(take("replace_unit", unit="330424-08", instead_of=UNIT))
        case.then(
            happened(Course.StepTaken, step="replace_unit"),
            happened(Course.ReplacementDue, parts=["handler"]),
        )
        case.when(take("name_handler", handler=TAO))
        case.then(
            happened(Course.StepTaken, step="name_handler"), happened(Course.ReplacementSettled)
        )

    def test_concerns_nobody_who_is_not_at_work(self, case: Casebook):
        self.handled(case)
        case.when(named("330424-05", TAO))
        case.then(happened(Ownership.PartiesKeptOut))

    def test_is_settled_where_the_matter_ends(self, case: Casebook):
        """Withdrawn: nobody works at it any more."""
        self.handled(case)
        case.when(named(UNIT))
        case.when(take("withdraw"))
        assert isinstance(case.new_facts()[-1], Course.ReplacementSettled)

    def test_is_settled_where_the_petitioner_withdraws(self, case: Casebook):
        """By himself, with number and query code."""
        self.handled(case)
        case.when(named(UNIT))
        before = case.application.log_of_events.head()
        withdrawn(case)
        facts = case.application.log_of_events.select_recorded(before, 9)
        assert facts[-1].topic == "replacement.settled.v1"

    def test_is_due_again_where_the_matter_is_opened_again(self, case: Casebook):
        """With the closure nobody was reminded any more."""
        self.handled(case)
        case.when(named(UNIT))
        case.when(take("withdraw"))
        case.when(close(statement(outcome="withdrawn")))
        case.when(reopen())
        assert isinstance(case.new_facts()[-1], Course.ReplacementDue)

    def test_is_due_again_where_he_was_at_work_to_the_end(self, case: Casebook):
        """Closed with him, and opened again by a repeat: looked at when the course goes on."""
        self.handled(case)
        case.when(named(UNIT))
        case.when(reply())
        walk(case, "evaluate", "visit", "check", "verify", "countersign", "close")
        case.when_registered(registration(2, repeats=petition_id(), registered_at=case.clock()))
        case.when(take("report_progress"))
        assert [type(fact) for fact in case.new_facts()] == [
            Course.StepTaken,
            Course.TermBegun,
            Course.ReplacementDue,
            Course.StepTaken,
        ]

    def test_is_due_where_a_repeat_names_him(self, case: Casebook):
        """Of a sealed matter too, where he finds nothing any more."""
        self.handled(case)
        repeat = registration(2, repeats=petition_id(), kept_out=(mark_of(number(2), UNIT),))
        case.when_registered(repeat)
        assert isinstance(case.new_facts()[-1], Course.ReplacementDue)

    def test_names_no_code(self, case: Casebook):
        """The step before has it, under the number of whoever took it; this fact has not."""
        self.handled(case)
        case.when(named(UNIT))
        assert UNIT not in str(vars(case.new_facts()[-1]))
