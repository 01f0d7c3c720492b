"""What was put on record wrongly is put right by facts of its own; what it said stays readable."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from services.intake.application.ports import Corrected, Parties
from services.intake.domain.petition import Petition
from services.intake.domain.refusals import (
    AlreadyWithdrawn,
    CourseBegun,
    HeadcountTooSmall,
    InTheFuture,
    NothingChanged,
    OfficeNotAllowed,
    PetitionUnknown,
    QueryCodeWrong,
    Sealed,
    SealedStays,
    VersionChanged,
    VersionUnknown,
)
from services.intake.gateways.content import commitment
from services.intake.gateways.vault import Vault
from services.intake.readmodels.register import RegisterTables, Sight
from statute.parties import mark_of
from tests.builders import (
    CITY,
    CLERK,
    COUNTY,
    HEAD,
    HOUR,
    NOON,
    OTHER_COUNTY,
    actor,
    content,
    intake_command,
    person,
    raised,
)
from tests.unit.intake.desk import VAULT_KEY, Desk, reader

_requests = count(1)
ACCUSED = "L330424009"
COLLEAGUE = "K330424002"


def sent(by: Any = None, sees: int | None = None) -> Any:
    return replace(intake_command(f"correction-{next(_requests)}", by), expected_version=sees)


def correct(desk: Desk, number: str, *, by: Any = None, sees: int | None = None, **codes: Any):
    text, persons = codes.pop("text", {}), codes.pop("persons", {})
    who = by or actor(CLERK)
    corrected = Corrected(codes, text, persons, "登记有误")
    return desk.application.correct_petition(sent(who, sees), reader(who), number, corrected)


def name(desk: Desk, number: str, *codes: str, by: Any = None, sees: int | None = None):
    who = by or actor(CLERK)
    named = Parties(codes, (), "查阅附件后得知", "海信登〔2026〕31号")
    return desk.application.name_parties(sent(who, sees), reader(who), number, named)


def read(desk: Desk, number: str, version: int | None = None) -> Any:
    # Two readings at one instant, in one call, would be one.
    desk.clock.advance(HOUR)
    return desk.application.read_content(reader(actor(CLERK)), number, version)


@pytest.fixture
def appeal(desk: Desk) -> str:
    return desk.registered(raised(headcount=2))["number"]


class TestACode:
    def test_shows_as_corrected_and_that_it_was(self, desk: Desk, appeal: str):
        correct(desk, appeal, category="城乡建设/物业管理", headcount=3, channel="letter")
        row = desk.application.petition(reader(actor(CLERK)), appeal)
        assert (row["category"], row["headcount"], row["channel"]) == (
            "城乡建设/物业管理",
            3,
            "letter",
        )
        assert row["corrected_at"]
        assert row["revision"] == 2

    def test_is_on_record_as_it_was_and_as_it_is(self, desk: Desk, appeal: str):
        correct(desk, appeal, headcount=3, category="城乡建设")
        fact = desk.facts()[-1]
        assert (fact.before, fact.after) == ({"headcount": 2}, {"headcount": 3})
        assert fact.commitment is None

    def test_is_found_by_what_it_is_now(self, desk: Desk, appeal: str):
        correct(desk, appeal, category="劳动")
        sight = Sight("3304", CLERK, "", auditing=False)
        with desk.application.log_of_events.reading() as questions:
            search = RegisterTables().search
            assert search(questions, {"category": "劳动"}, sight, 9, "")[0]
            assert not search(questions, {"category": "城乡建设"}, sight, 9, "")[0]

    @pytest.mark.parametrize(
        ("codes", "refusal"),
        [
            ({"headcount": 2}, NothingChanged),
            ({"occurred_at": NOON.isoformat()}, NothingChanged),
            ({"occurred_at": "2199-01-01T00:00:00+00:00"}, InTheFuture),
            ({"persons": {"representative": [person(), person(), person()]}}, HeadcountTooSmall),
            ({"by": actor("K9", OTHER_COUNTY), "headcount": 3}, OfficeNotAllowed),
            ({"sees": 0, "headcount": 3}, VersionChanged),
        ],
    )
    def test_is_refused_without_a_trace(
        self, desk: Desk, appeal: str, codes: dict[str, Any], refusal: type[Exception]
    ):
        with pytest.raises(refusal):
            correct(desk, appeal, **codes)
        assert len(desk.facts()) == 1

    def test_of_two_clerks_the_second_is_told(self, desk: Desk, appeal: str):
        correct(desk, appeal, headcount=3, sees=1)
        with pytest.raises(VersionChanged):
            correct(desk, appeal, headcount=4, sees=1)

    def test_is_the_same_after_a_rebuild(self, desk: Desk, appeal: str):
        correct(desk, appeal, headcount=3, occurred_at="2026-11-20T00:00:00+00:00")
        name(desk, appeal, ACCUSED)
        before = desk.application.petition(reader(actor(CLERK)), appeal)
        desk.application.rebuild()
        assert desk.application.petition(reader(actor(CLERK)), appeal) == before


class TestTheContent:
    def test_has_a_new_version_and_keeps_the_old_one(self, desk: Desk, appeal: str):
        """Emoji and all; whoever may read the one may read the other."""
        correct(desk, appeal, text={"body": "更正😀"}, persons={"petitioner": [person(phone="1")]})
        assert read(desk, appeal).text["body"] == "更正😀"
        assert read(desk, appeal).principal["phone"] == "1"
        assert read(desk, appeal, 1).text["body"] == "多次反映,至今没有答复。"
        with pytest.raises(VersionUnknown):
            read(desk, appeal, 3)

    def test_is_what_the_new_commitment_says(self, desk: Desk, appeal: str):
        correct(desk, appeal, text={"body": "更正"})
        fact = next(each for each in desk.facts() if isinstance(each, Petition.Corrected))
        opened = read(desk, appeal)
        salt = bytes.fromhex(opened.text["salt"])
        assert commitment(salt, opened.changed({}, {})) == fact.commitment

    def test_leaves_no_words_in_the_log(self, desk: Desk, appeal: str):
        correct(desk, appeal, text={"body": "秘密话"}, persons={"agent": [{"name": "代某"}]})
        rows = desk.application.log_of_events.query("SELECT state FROM event_log")
        assert not [row for row in rows if "秘密话" in str(row) or "代某" in str(row)]

    def test_of_a_person_who_leaves_a_role_is_gone_from_the_new_version(
        self, desk: Desk, appeal: str
    ):
        correct(desk, appeal, persons={"agent": [person(name="代某")]})
        correct(desk, appeal, persons={"agent": []})
        assert "agent" not in read(desk, appeal).persons
        assert "agent" in read(desk, appeal, 2).persons


class TestTheClass:
    def test_changes_among_the_open_ones_before_the_course_has_begun(self, desk: Desk, appeal: str):
        correct(desk, appeal, petition_class="suggestion")
        assert not desk.facts()[-1].sealed

    def test_stays_once_the_course_has_begun(self, desk: Desk, appeal: str):
        desk.application.log_of_events.transact(
            lambda transaction: transaction.put(
                "course_begun", {"number": appeal, "begun_at": ""}, key="number"
            )
        )
        with pytest.raises(CourseBegun):
            correct(desk, appeal, petition_class="suggestion")
        correct(desk, appeal, petition_class="accusation")
        assert desk.facts()[-1].sealed

    def test_becomes_an_accusation_and_is_sealed(self, desk: Desk, appeal: str):
        correct(desk, appeal, petition_class="accusation")
        with pytest.raises(Sealed):
            desk.application.petition(reader(actor(COLLEAGUE)), appeal)
        with pytest.raises(SealedStays):
            correct(desk, appeal, petition_class="appeal")

    def test_seals_all_petitions_of_the_matter(self, desk: Desk, appeal: str):
        repeat = desk.registered(raised(repeat_of=appeal))["number"]
        correct(desk, repeat, petition_class="accusation")
        with pytest.raises(Sealed):
            desk.application.petition(reader(actor(COLLEAGUE)), appeal)

    def test_lets_nothing_open_be_taken_for_a_repeat_of_it(self, desk: Desk, appeal: str):
        """Its number must not stand in a petition that is open to many."""
        correct(desk, appeal, petition_class="accusation")
        assert desk.registered(raised())["repeat_of"] is None
        assert desk.registered(raised(petition_class="accusation"))["repeat_of"] == appeal


class TestTheAccused:
    def against(self, desk: Desk, *staff: str, units: Any = (), **changes: Any) -> str:
        accusation = raised(
            petition_class="accusation", accused_staff=staff, accused_units=units, **changes
        )
        return desk.registered(accusation)["number"]

    def test_stand_in_the_log_as_marks(self, desk: Desk):
        made = self.against(desk, ACCUSED, units=["330424-09"])
        assert set(desk.facts()[0].kept_out) == {mark_of(made, ACCUSED), mark_of(made, "330424-09")}
        assert ACCUSED not in str(desk.application.log_of_events.query("SELECT * FROM event_log"))

    @pytest.mark.parametrize(
        "who",
        [
            reader(actor(CLERK), "clerk"),
            reader(actor(HEAD, COUNTY), "office_head"),
            reader(actor("A9", ""), "auditor"),
            reader(actor("X1", "330424-09"), "office_head"),
        ],
        ids=["registrar", "head", "auditor", "of the accused unit"],
    )
    def test_learn_nothing_whoever_they_are(self, desk: Desk, who: Any):
        number = self.against(desk, CLERK, HEAD, "A9", units=["330424-09"])
        with pytest.raises(PetitionUnknown):
            desk.application.petition(who, number)
        with pytest.raises(PetitionUnknown):
            desk.application.read_content(who, number)

    def test_find_it_in_no_list_and_see_no_gap(self, desk: Desk):
        self.against(desk, CLERK)
        desk.registered(raised(content=content(title="又一件")))
        with desk.application.log_of_events.reading() as questions:
            sight = Sight("330424", CLERK, "", auditing=False, office=COUNTY)
            rows, cursor = RegisterTables().search(questions, {}, sight, 1, "")
        assert ([row["sealed"] for row in rows], cursor) == ([0], "")

    def test_of_an_accused_office_the_heads_above_it_read(self, desk: Desk):
        number = self.against(desk, units=[COUNTY])
        above = reader(actor("D330400001", CITY), "office_head")
        assert desk.application.read_content(above, number)
        with pytest.raises(PetitionUnknown):
            desk.application.petition(reader(actor(HEAD, COUNTY), "office_head"), number)

    def test_of_an_accused_office_the_heads_above_it_find(self, desk: Desk):
        """And nobody else who is not named: no clerk above, no head beside."""
        number = self.against(desk, units=[COUNTY])
        sights = {
            "head above": Sight("3304", "D330400001", CITY, auditing=False, office=CITY),
            "clerk above": Sight("3304", "K330400001", "", auditing=False, office=CITY),
            "head beside": Sight("330424", "D2", "330424-02", auditing=False, office="330424-02"),
            "its head": Sight("330424", HEAD, COUNTY, auditing=False, office=COUNTY),
        }
        with desk.application.log_of_events.reading() as questions:
            found = {
                who: [
                    row["number"] for row in RegisterTables().search(questions, {}, sight, 9, "")[0]
                ]
                for who, sight in sights.items()
            }
        assert {who: numbers for who, numbers in found.items() if numbers} == {
            "head above": [number]
        }

    def test_named_later_are_kept_out_from_then_on(self, desk: Desk):
        number = desk.registered(raised(petition_class="accusation"))["number"]
        head = reader(actor(HEAD, COUNTY), "office_head")
        assert desk.application.petition(head, number)
        assert name(desk, number, HEAD)["content_version"] == 2
        with pytest.raises(PetitionUnknown):
            desk.application.petition(head, number)
        assert read(desk, number).text["accused_staff"] == [HEAD]

    def test_named_twice_are_named_once(self, desk: Desk):
        number = self.against(desk, ACCUSED)
        with pytest.raises(NothingChanged):
            name(desk, number, ACCUSED)

    def test_of_a_repeat_are_kept_out_of_the_original(self, desk: Desk):
        number = desk.registered(raised(petition_class="accusation"))["number"]
        self.against(desk, HEAD, repeat_of=number)
        with pytest.raises(PetitionUnknown):
            desk.application.petition(reader(actor(HEAD, COUNTY), "office_head"), number)

    def test_of_an_appeal_may_see_it(self, desk: Desk):
        """They are kept out of its handling; it is not sealed."""
        number = desk.registered(raised(accused_staff=[COLLEAGUE]))["number"]
        assert desk.application.petition(reader(actor(COLLEAGUE)), number)


class TestWithdrawal:
    def withdraw(self, desk: Desk, number: str, code: str | None = None) -> Any:
        code = code or Vault(VAULT_KEY).query_code(number)
        petitioner = sent(actor(f"petitioner:{number}", ""))
        return desk.application.withdraw_petition(petitioner, number, code, "settled")

    def test_takes_number_and_query_code(self, desk: Desk, appeal: str):
        assert self.withdraw(desk, appeal)["withdrawn_at"]
        assert desk.facts()[-1].ground == "settled"

    def test_is_refused_with_another_code(self, desk: Desk, appeal: str):
        with pytest.raises(QueryCodeWrong):
            self.withdraw(desk, appeal, "AAAAAAAAAA")

    def test_is_made_once(self, desk: Desk, appeal: str):
        self.withdraw(desk, appeal)
        with pytest.raises(AlreadyWithdrawn):
            self.withdraw(desk, appeal)


LI = person(name="李某", phone="13700000001", id_number="")
WU = person(name="吴某", phone="13700000002", id_number="")


class TestWhoComesAgainAfterACorrection:
    """Repeats are found by the people and the words that a petition has now."""

    @staticmethod
    def comes(desk: Desk, who: Any, **with_him: Any) -> Any:
        told = content(who, with_him, body="外墙渗水,物业和社区互相推诿,多次反映至今没有答复。" * 2)
        return desk.registered(raised(content=told, headcount=1 + len(with_him)))

    def test_a_co_signer_who_was_added_belongs_to_it(self, desk: Desk):
        number = self.comes(desk, LI)["number"]
        correct(desk, number, headcount=2, persons={"co_signer": [WU]})
        assert self.comes(desk, WU)["repeat_of"] == number

    def test_a_co_signer_who_was_struck_does_not(self, desk: Desk):
        number = self.comes(desk, LI, co_signer=[WU])["number"]
        correct(desk, number, persons={"co_signer": []})
        assert self.comes(desk, WU)["repeat_of"] is None

    def test_of_two_petitioners_the_right_one_does(self, desk: Desk):
        number = self.comes(desk, LI)["number"]
        correct(desk, number, persons={"petitioner": [WU]})
        assert self.comes(desk, LI)["repeat_of"] is None
        assert self.comes(desk, WU)["repeat_of"] == number

    def test_a_repeat_is_found_by_what_it_says_now_as_well(self, desk: Desk):
        number = self.comes(desk, LI)["number"]
        repeat = self.comes(desk, LI, co_signer=[WU])
        assert repeat["repeat_of"] == number
        correct(desk, repeat["number"], persons={"co_signer": []})
        assert self.comes(desk, WU)["repeat_of"] is None
