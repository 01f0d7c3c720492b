"""How like two petitions of one person are, and what follows from it; measured on real messages."""

from itertools import pairwise, product
from pathlib import Path

import pytest
from rapidfuzz import fuzz

from services.intake.domain.repeats import POLICY, Likeness, likeness
from services.intake.gateways.likeness import LETTERS_MAX, TextLikeness
from tests.builders import CITY, COUNTY, OTHER_COUNTY, SAME_COUNTY, content
from tests.unit.intake.rewordings import REWORDINGS, different, read, reworded, shares

# Beside the project where it was handed over; nothing needs it.
MESSAGES = Path(__file__).parents[4] / "shared/data/messages.csv"
ALIKE = 50
real = pytest.mark.skipif(not MESSAGES.exists(), reason="the messages are not here")


def found(**changes) -> Likeness:
    given = {
        "person": "mark",
        "text": 100,
        "letters": 200,
        "same_category": True,
        "offices": (COUNTY, COUNTY),
    }
    return likeness(**{**given, **changes})


class TestThePolicy:
    def test_the_parts_add_up_to_a_hundred(self):
        """So that a score is what it says."""
        assert POLICY.text + POLICY.category + POLICY.places["office"] == 100

    def test_the_same_words_in_another_category_are_a_question(self):
        """Clerks sort the same words differently when they mean different things."""
        other = found(same_category=False)
        assert (other.links, other.proposes) == (False, True)

    def test_a_short_text_is_a_question_at_most(self):
        """Few words are alike by chance."""
        short = found(letters=POLICY.letters_min - 1)
        assert (short.links, short.proposes) == (False, True)

    def test_place_and_category_alone_say_nothing(self):
        """He may have two troubles in one place."""
        assert not found(text=40).proposes

    @pytest.mark.parametrize(
        ("office", "place"),
        [
            (COUNTY, "office"),
            (SAME_COUNTY, "region"),
            (CITY, "city"),
            (OTHER_COUNTY, "elsewhere"),
        ],
    )
    def test_the_nearer_the_offices_the_more_it_counts(self, office: str, place: str):
        """By the leading digits of the region."""
        assert found(offices=(COUNTY, office)).place == place
        assert found(offices=(COUNTY, office)).score == 85 + POLICY.places[place]


class TestTexts:
    def test_width_case_and_punctuation_do_not_count(self):
        """People write as their keyboards do."""
        one = TextLikeness.letters(content(title="小区ＡＢ栋,漏水!", body="😀修"))
        assert one == TextLikeness.letters(content(title="小区ab栋漏水", body="修"))

    def test_an_addition_takes_nothing_away(self):
        """He tells the same, and what has happened since."""
        told = "小区外墙渗水两年无人修墙面发霉"
        assert TextLikeness.of(told, told + "至今没有答复") == 100

    def test_pairs_are_counted_as_rapidfuzz_counts_them(self):
        """Faster, and the same where it matters; what is unlike has no blanks in common."""
        texts = ["小区外墙渗水两年无人修墙面发霉", "外墙渗水两年了无人修墙面都发霉了", "养老金少发"]
        for one, other in product(texts, texts):
            tokens = [" ".join(sorted(map("".join, pairwise(text)))) for text in (one, other)]
            best = max(fuzz.ratio(one, other), fuzz.token_set_ratio(*tokens))
            found = TextLikeness.of(one, other)
            assert abs(found - best) <= 2 if best >= ALIKE else found <= best

    def test_no_text_is_like_nothing(self):
        """Only signs and pictures: there is nothing to compare."""
        assert TextLikeness.of("", "小区外墙渗水") == 0

    def test_a_long_letter_is_compared_by_its_beginning(self):
        """What is compared under the append lock has a limit."""
        assert len(TextLikeness.letters(content(body="漏" * 90_000))) == LETTERS_MAX


@real
class TestRealMessages:
    def test_those_of_different_people_never_link(self):
        """Even if one person had sent them, to one office, in one category."""
        counted = shares(different(read(MESSAGES), every=5))
        assert counted["linked"] == 0
        assert counted["proposed"] <= 2

    @pytest.mark.parametrize("how", REWORDINGS)
    def test_the_same_told_again_is_not_overlooked(self, how: str):
        """In other words, another order, with additions, with less: linked or asked about."""
        counted = shares(reworded(read(MESSAGES), how))
        assert counted["nothing"] == 0
