"""A repeat petition: the same person with the same matter (同人同事)."""

import pytest

from tests.builders import OTHER_COUNTY, actor, content, number, person, raised
from tests.unit.intake.desk import Desk

NAMELESS = {"phone": "", "id_number": ""}


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
