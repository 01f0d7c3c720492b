"""A repeat petition: the same person with the same matter (同人同事)."""

import pytest

from services.intake.application.ports import Corrected
from services.intake.domain.petition import Petition
from services.intake.domain.refusals import Sealed
from tests.builders import (
    OTHER_COUNTY,
    actor,
    content,
    intake_command,
    number,
    person,
    raised,
)
from tests.unit.intake.desk import Desk, reader
from tests.unit.stores import rows

NAMELESS = {"phone": "", "id_number": ""}


WANG = person(name="王阿水", id_number="330424196001010028")
LI = person(name="李阿土", id_number="330424196202020037")
ROLES = ("petitioner", "cosigner", "second petitioner", "representative", "agent")


def together(role: str, somebody: dict[str, str], petitioner: dict[str, str] | None = None, **text):
    """A petition in which somebody takes part, as the petitioner himself or beside another."""
    principal = petitioner or person()
    people = {
        "petitioner": {"petitioner": [somebody]},
        "cosigner": {"petitioner": [principal], "cosigner": [somebody]},
        "second petitioner": {"petitioner": [principal, somebody]},
    }.get(role, {"petitioner": [principal], role: [somebody]})
    return raised(content=content(persons=people, **text), headcount=3)


def by(petitioner: dict[str, str], **changes: str):
    return raised(content=content(petitioner, **changes))


class TestTheSamePersonWithTheSameMatter:
    def test_is_found_by_id_number(self, desk: Desk):
        """Whatever name and phone he gives the second time."""
        first = desk.registered(by(person()))
        second = desk.registered(by(person(name="沈根", phone="15400009999")))
        assert second["repeat_of"] == first["number"]
        assert desk.facts()[1].repeat_ground == "same_person_and_matter"

    def test_is_found_by_name_and_phone(self, desk: Desk):
        """Where no id number was given."""
        first = desk.registered(by(person(id_number="")))
        assert desk.registered(by(person(id_number="")))["repeat_of"] == first["number"]

    @pytest.mark.parametrize(
        ("first", "then"), [("appeal", "accusation"), ("accusation", "appeal")]
    )
    def test_is_not_found_across_a_seal(self, desk: Desk, first: str, then: str):
        """The number of an accusation must not stand in a matter that is open to many."""
        desk.registered(raised(petition_class=first, content=content(person())))
        second = raised(petition_class=then, content=content(person()))
        assert desk.registered(second)["repeat_of"] is None

    @pytest.mark.parametrize("first", ["appeal", "accusation"])
    def test_may_not_be_named_across_a_seal(self, desk: Desk, first: str):
        """By whomever: the number of one would stand in the other."""
        then = {"appeal": "accusation", "accusation": "appeal"}[first]
        original = desk.registered(raised(petition_class=first))["number"]
        (outcome,) = desk.register(raised(petition_class=then, repeat_of=original))
        assert isinstance(outcome, Sealed)
        assert len(desk.facts()) == 1

    def test_an_accusation_finds_the_accusation_before(self, desk: Desk):
        """Sealed, both of them."""
        accusation = raised(petition_class="accusation", content=content(person()))
        first = desk.registered(accusation)
        assert desk.registered(accusation)["repeat_of"] == first["number"]

    def test_is_not_found_by_name_alone(self, desk: Desk):
        """There are many of that name."""
        desk.registered(by(person(**NAMELESS)))
        assert desk.registered(by(person(**NAMELESS)))["repeat_of"] is None

    def test_is_not_found_by_phone_alone(self, desk: Desk):
        """A family shares a telephone."""
        desk.registered(by(person(id_number="")))
        other = by(person(id_number="", name="沈阿水"))
        assert desk.registered(other)["repeat_of"] is None

    @pytest.mark.parametrize(
        "id_number",
        ["３３０４２４１９５５０３１２００１３", "330424 1955 0312 0013", "330424-19550312-0013"],
    )
    def test_is_found_however_it_is_typed(self, desk: Desk, id_number: str):
        """Full-width digits, spaces and hyphens do not make another person."""
        first = desk.registered(by(person()))
        second = desk.registered(by(person(id_number=id_number)))
        assert second["repeat_of"] == first["number"]

    def test_is_found_by_an_id_number_with_a_small_x(self, desk: Desk):
        """The last character is an X for one in eleven."""
        first = desk.registered(by(person(id_number="33042419550312001X")))
        second = desk.registered(by(person(id_number="33042419550312001x")))
        assert second["repeat_of"] == first["number"]

    def test_is_found_whatever_the_punctuation_of_the_title(self, desk: Desk):
        """Width and marks do not make another matter."""
        first = desk.registered(by(person(), title="小区外墙渗水,两年无人修!"))
        second = desk.registered(by(person(), title="小区外墙渗水 两年无人修"))
        assert second["repeat_of"] == first["number"]

    def test_is_a_question_where_only_the_title_is_the_same(self, desk: Desk):
        """Many complain under one word; what they say is about a wall, and about a bus."""
        wall = content(person(), title="投诉", body="承重墙被邻居拆除,楼上住户都很担心,请尽快处理")
        bus = content(person(), title="投诉", body="末班公交取消以后下夜班的工人没有车回家")
        first = desk.registered(raised(content=wall))
        second = desk.registered(
            raised(content=bus, office=OTHER_COUNTY), by=actor("K330726001", OTHER_COUNTY)
        )
        assert (second["repeat_of"], second["may_repeat"]) == (None, first["number"])

    def test_is_found_at_another_office(self, desk: Desk):
        """Wherever he goes."""
        first = desk.registered()
        second = desk.registered(raised(office=OTHER_COUNTY), by=actor("K330726001", OTHER_COUNTY))
        assert second["repeat_of"] == first["number"]
        assert desk.facts()[1].repeats == first["petition_id"]

    def test_is_found_in_the_same_batch(self, desk: Desk):
        """An import brings both at once."""
        first, second = desk.register(raised(), raised())
        assert second["repeat_of"] == first["number"]


class TestWhoeverTakesPartCountsAsThePrincipal:
    """At least one identical petitioner; co-signers, representatives and agents are petitioners."""

    @pytest.mark.parametrize("before", ROLES)
    @pytest.mark.parametrize("after", ROLES)
    def test_in_whatever_part_he_comes(self, desk: Desk, before: str, after: str):
        """First as one of a group, then by himself, or the other way round."""
        first = desk.registered(together(before, WANG))
        second = desk.registered(together(after, WANG, petitioner=LI))
        assert second["repeat_of"] == first["number"]
        assert desk.facts()[1].repeat_ground == "same_person_and_matter"

    def test_but_not_with_another_matter(self, desk: Desk):
        """An agent acts for many."""
        desk.registered(together("agent", WANG))
        other = together("agent", WANG, petitioner=LI, title="养老金少发三个月")
        assert desk.registered(other)["repeat_of"] is None

    def test_nor_who_cannot_be_told_from_others_of_the_name(self, desk: Desk):
        """A representative with no papers and no phone is known by nothing."""
        nameless = person(name="王阿水", **NAMELESS)
        desk.registered(together("representative", nameless))
        assert desk.registered(together("agent", nameless, petitioner=LI))["repeat_of"] is None

    def test_who_came_along_is_known_the_next_time(self, desk: Desk):
        """The second petition brings in a person of whom the first knew nothing."""
        first = desk.registered(by(person()))
        desk.registered(together("representative", WANG))
        assert desk.registered(by(WANG))["repeat_of"] == first["number"]

    def test_in_one_batch_too(self, desk: Desk):
        """An import brings the group and its members at once."""
        first, *others = desk.register(
            together("representative", WANG), by(WANG), by(LI), together("agent", WANG)
        )
        assert [each["repeat_of"] for each in others] == [first["number"], None, first["number"]]

    def test_once_as_himself_and_once_as_his_own_agent(self, desk: Desk):
        """He is one person."""
        first = desk.registered(together("agent", person()))
        assert desk.registered()["repeat_of"] == first["number"]


class TestPeopleOfSeveralMattersWhoComeTogether:
    @pytest.mark.parametrize("first_named", [0, 1])
    def test_join_the_one_that_was_registered_first(self, desk: Desk, first_named: int):
        """Whoever stands first in the petition: the record decides, every time."""
        first = desk.registered(by(WANG))
        desk.registered(by(LI))
        pair = (WANG, LI) if first_named == 0 else (LI, WANG)
        joint = together("representative", pair[1], petitioner=pair[0])
        assert desk.registered(joint)["repeat_of"] == first["number"]

    def test_also_across_counties(self, desk: Desk):
        """The earlier one has the higher number."""
        by_other = actor("K330726001", OTHER_COUNTY)
        elsewhere = raised(content=content(WANG), office=OTHER_COUNTY)
        first = desk.registered(elsewhere, by=by_other)
        later = desk.registered(by(LI))
        assert first["number"] > later["number"]
        joint = together("representative", WANG, petitioner=LI)
        assert desk.registered(joint)["repeat_of"] == first["number"]

    def test_and_within_one_batch(self, desk: Desk):
        """The first of the batch is the first on record."""
        first, _, joint = desk.register(
            by(WANG), by(LI), together("representative", WANG, petitioner=LI)
        )
        assert joint["repeat_of"] == first["number"]

    def test_what_is_on_record_goes_before_what_is_in_the_batch(self, desk: Desk):
        """Though the batch has it first."""
        on_record = desk.registered(by(LI))
        _, joint = desk.register(by(WANG), together("representative", LI, petitioner=WANG))
        assert joint["repeat_of"] == on_record["number"]

    def test_a_matter_that_a_repeat_was_linked_to_keeps_its_age(self, desk: Desk):
        """The clerk links a newcomer to the older matter, within the batch that asks for it."""
        old = desk.registered(by(person(**NAMELESS)))
        link = desk.registered(_repeating(by(person(**NAMELESS)), old["number"]))
        desk.registered(by(LI))
        _, joint = desk.register(
            _repeating(by(WANG), link["number"]), together("representative", WANG, petitioner=LI)
        )
        assert joint["repeat_of"] == old["number"]

    def test_each_goes_on_finding_his_own(self, desk: Desk):
        """The joint petition merges nothing: that takes a clerk."""
        desk.registered(by(WANG))
        second = desk.registered(by(LI))
        desk.registered(together("representative", LI, petitioner=WANG))
        assert desk.registered(by(LI))["repeat_of"] == second["number"]


class TestSomethingElse:
    def test_another_matter_of_the_same_person_is_a_first_petition(self, desk: Desk):
        """He may have two troubles."""
        desk.registered()
        assert desk.registered(by(person(), title="养老金少发三个月"))["repeat_of"] is None

    def test_another_category_is_another_matter(self, desk: Desk):
        """Clerks sort the same words differently when they mean different things."""
        desk.registered()
        assert desk.registered(raised(category="劳动社保"))["repeat_of"] is None

    def test_the_same_matter_of_another_person_is_a_first_petition(self, desk: Desk):
        """His neighbour has an owner of his own."""
        desk.registered()
        neighbour = person(name="王阿水", id_number="330424196001010028")
        assert desk.registered(by(neighbour))["repeat_of"] is None


class TestWhatTheClerkKnows:
    def test_he_may_name_the_original(self, desk: Desk):
        """Other words, no papers: the clerk remembers."""
        first = desk.registered(by(person(**NAMELESS)))
        told = by(person(**NAMELESS), title="还是外墙的事")
        second = desk.registered(_repeating(told, first["number"]))
        assert second["repeat_of"] == first["number"]
        assert desk.facts()[1].repeat_ground == "clerk"

    def test_a_repeat_of_a_repeat_repeats_the_original(self, desk: Desk):
        """There is one matter, and it has one number."""
        first = desk.registered(by(person(**NAMELESS)))
        second = desk.registered(_repeating(by(person(**NAMELESS)), first["number"]))
        third = desk.registered(_repeating(by(person(**NAMELESS)), second["number"]))
        assert third["repeat_of"] == first["number"]

    def test_the_next_time_the_person_and_his_words_are_known(self, desk: Desk):
        """What the clerk linked once is found without him the third time."""
        first = desk.registered(by(person(**NAMELESS)))
        told = by(person(), title="还是外墙的事")
        desk.registered(_repeating(told, first["number"]))
        assert desk.registered(told)["repeat_of"] == first["number"]

    def test_his_word_counts_more_than_the_mark(self, desk: Desk):
        """He says that it repeats another petition than the words suggest."""
        one = desk.registered(by(person(**NAMELESS)))
        desk.registered(by(person()))
        assert (
            desk.registered(_repeating(by(person()), one["number"]))["repeat_of"] == one["number"]
        )

    def test_the_builder_and_the_register_agree_on_the_first_number(self, desk: Desk):
        """So that the samples of other tests are numbers that intake would give."""
        assert desk.registered()["number"] == number(1)


def _repeating(petition, original: str):
    return raised(content=petition.content, repeat_of=original)


HOTLINE = {"id_number": ""}


def evidence(desk: Desk) -> list[dict]:
    """What each question to a clerk rests on."""
    facts = desk.facts()
    return [fact.likeness for fact in facts if isinstance(fact, Petition.RepeatProposed)]


class TestOnePersonWhoRingsAndComes:
    """By telephone he gives name and number, at the counter his identity card (ADR 10)."""

    @pytest.mark.parametrize(("first", "then"), [({}, HOTLINE), (HOTLINE, {})])
    def test_is_asked_about_and_never_linked(self, desk: Desk, first: dict, then: dict):
        """Word for word the same, at one office: a family shares name and phone now and then."""
        one = desk.registered(by(person(**first)))
        other = desk.registered(by(person(**then)))
        assert (other["repeat_of"], other["may_repeat"]) == (None, one["number"])
        (found,) = evidence(desk)
        assert (found["known_by"], found["score"], found["policy"]) == (
            "phone_to_id",
            100,
            "likeness.v2",
        )

    def test_in_one_batch_too(self, desk: Desk):
        """An import brings both at once."""
        one, other = desk.register(by(person()), by(person(**HOTLINE)))
        assert (other["repeat_of"], other["may_repeat"]) == (None, one["number"])

    def test_after_he_came_with_his_card_first_and_gave_a_phone_later(self, desk: Desk):
        """Each petition adds what it knows of him."""
        one = desk.registered(by(person(phone="")))
        desk.registered(by(person(), title="养老金少发三个月", body="养老金少发了三个月"))
        rung = desk.registered(by(person(**HOTLINE)))
        assert rung["may_repeat"] == one["number"]

    def test_is_linked_where_the_card_says_so_whatever_the_phone_would_suggest(self, desk: Desk):
        """An older call is as like: what is certain goes before what has to be asked."""
        body = "外墙渗水两年,多次反映,物业和社区互相推诿,至今没有任何答复,老人担心墙皮脱落"
        desk.registered(by(person(**HOTLINE), body=body))
        visit = desk.registered(by(person(), body=body))
        again = desk.registered(by(person(), body=body, title="小区外墙渗水两年无人修又"))
        assert again["repeat_of"] == visit["number"]

    def test_is_another_with_another_card(self, desk: Desk):
        """Name and phone are the same, the id numbers are not."""
        desk.registered(by(person()))
        other = desk.registered(by(person(id_number="330424196001010028")))
        assert (other["repeat_of"], other.get("may_repeat")) == (None, None)

    def test_is_another_with_another_name(self, desk: Desk):
        """His wife rings from the same telephone."""
        desk.registered(by(person()))
        other = desk.registered(by(person(**HOTLINE, name="王阿水")))
        assert other.get("may_repeat") is None

    def test_an_accusation_stays_within_its_office(self, desk: Desk):
        """As with every other mark."""
        accusation = raised(petition_class="accusation", content=content(person()))
        desk.registered(accusation)
        call = raised(petition_class="accusation", content=content(person(**HOTLINE)),
                      office=OTHER_COUNTY)  # fmt: skip
        other = desk.registered(call, by=actor("K330726001", OTHER_COUNTY))
        assert other.get("may_repeat") is None

    def test_finds_nothing_that_was_erased(self, desk: Desk):
        """With his key the way from his phone is gone."""
        desk.registered(by(person()))
        desk.application.log_of_events.transact(
            lambda transaction: transaction.execute("DELETE FROM petitioner_key")
        )
        assert desk.registered(by(person(**HOTLINE))).get("may_repeat") is None
        assert len(rows(desk.application, "petitioner_phone")) == 0

    def test_keeps_no_phone_that_can_be_read(self, desk: Desk):
        """A keyed mark, once for each person however often he comes."""
        desk.register(by(person()), by(person(), title="养老金"))
        desk.registered(by(person(), title="公交"))
        ((mark, _),) = rows(desk.application, "petitioner_phone")
        assert len(mark) == 64
        assert "15400001234" not in mark

    def test_a_corrected_phone_is_found_too(self, desk: Desk):
        """The clerk had misheard it."""
        one = desk.registered(by(person(phone="15400009999")))
        corrected = Corrected({}, {}, {"petitioner": [dict(person())]}, "误听")
        desk.application.correct_petition(
            intake_command("correct-1", content="phone"),
            reader(actor(), "office_head"),
            one["number"],
            corrected,
        )
        assert desk.registered(by(person(**HOTLINE)))["may_repeat"] == one["number"]
