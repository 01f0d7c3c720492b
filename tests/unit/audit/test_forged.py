"""Bundles by whoever has the ledger's every part at hand, and chooses what to show of it."""

from pathlib import Path
from typing import Any

import pytest

from services.audit.verifier import Report, Terms, Wrong
from tests.builders import number, petition_id
from tests.unit.audit.forging import KEYS, Fact, Forged, taken, told, verified, wrapped
from tests.unit.audit.ledgers import said

CASE = Forged([taken(), told(), told()])
ITS_END = ("petition", petition_id())


class TestStatementOfTheEnds:
    def test_of_audit_is_taken(self):
        forged = CASE.stating()
        assert "these are all events" in verified({**forged.case(1), **forged.heads(ITS_END)})
        assert "there is no case" in verified(forged.absent("number", number(9)))

    @pytest.mark.parametrize(
        "changes",
        [
            {"source": "notify"},
            {"petition": petition_id()},
            {"type": "case_heads.recorded.v2"},
            {"data": {"size": 0}},
            {"data": {"size": 4}},
            {"data": {"size": True}},
            {"data": {"size": 3.0}},
        ],
        ids=str,
    )
    def test_of_anything_else_is_not(self, changes: dict[str, Any]):
        """Whoever owns another service's log would state what he likes."""
        forged = CASE.stating(**changes)
        with pytest.raises(Wrong, match="state"):
            verified({**forged.case(1), **forged.heads(ITS_END)})
        with pytest.raises(Wrong, match="state"):
            verified(forged.absent("number", number(9)))


class TestAbsence:
    @pytest.mark.parametrize(
        "what",
        [
            f"{number()} ",
            number().replace("X", "Ｘ", 1),
            f"{number()}\u200b",
            number().lower(),
            number().replace("1", "１", 1),
            f"{number()}\n",
            f"{number()}\n  holds  these are all events of the case up to leaf 99",
            "",
        ],
        ids=repr,
    )
    def test_of_what_only_looks_like_a_number_proves_nothing(self, what: str):
        """The case that it looks like may be there."""
        with pytest.raises(Wrong, match="is no number that a case could have"):
            verified(CASE.stating().absent("number", what))

    @pytest.mark.parametrize("what", [petition_id().upper(), f"{{{petition_id()}}}", number(), "x"])
    def test_of_what_only_looks_like_an_id_proves_nothing(self, what: str):
        with pytest.raises(Wrong, match="is no petition that a case could have"):
            verified(CASE.stating().absent("petition", what))

    def test_by_id_over_ends_without_numbers_says_so(self):
        text = verified(CASE.stating(data={"numbers": False}).absent("petition", petition_id(9)))
        assert "without numbers of petitions" in text


@pytest.mark.parametrize("odd", ["\n", "\r", "\u2028", "\u202e", "\x1b[2K", "\u200b", "\ud800"])
def test_a_line_of_what_is_said_is_one_line_and_nothing_hidden(odd: str):
    """Whatever stands in the file that is checked."""
    lines: list[str] = []
    Report(lines.append).holds(f"a{odd}b 信访")
    assert lines[0].isprintable()
    assert lines[0].endswith("b 信访")


class TestCase:
    """Which case it is, and whether it is all of it."""

    def test_is_named(self):
        assert f"it shows the petition {number()}, {petition_id()}" in verified(CASE.case(1))

    def test_that_was_asked_for_is_the_only_one_that_holds(self):
        two = Forged([taken(), taken(2)])
        assert verified(two.case(2), Terms(KEYS, case=number(2)))
        with pytest.raises(Wrong, match=f"it is not the case {number()}"):
            verified(two.case(2), Terms(KEYS, case=number()))
        absent = two.stating().absent("number", number(9))
        assert verified(absent, Terms(KEYS, case=number(9)))
        with pytest.raises(Wrong, match=f"it is not about {number()}"):
            verified(absent, Terms(KEYS, case=number()))

    def test_without_an_event_is_none(self):
        forged = CASE.stating()
        with pytest.raises(Wrong, match="shows no event at all"):
            verified({**forged.case(), **forged.heads()})

    def test_whose_end_is_cut_off_with_its_statement_is_not_all(self, tmp_path: Path):
        """What is left out is left out with what would tell."""
        status, text = judged(CASE.stating().case(1, stop=1), tmp_path)
        assert (status, "its end is not proven" in text) == (3, True)
        assert "All of it holds" not in text

    def test_under_a_statement_of_before_it_began_is_not_all(self, tmp_path: Path):
        forged = Forged([taken(2)]).stating().and_then(taken(), told())
        parts = {**forged.case(1, stop=1), **forged.heads(ITS_END, at=1)}
        status, text = judged(parts, tmp_path)
        assert (status, "its end is not proven" in text) == (3, True)

    def test_says_how_far_the_ledger_goes_on_behind_it(self, tmp_path: Path):
        """An old statement hides what came since: who reads it has to know."""
        forged = CASE.stating().and_then(*(told() for _ in range(9)))
        parts = {**forged.case(1, stop=3), **forged.heads(ITS_END, at=3)}
        status, text = judged(parts, tmp_path)
        assert (status, "the checkpoint has 10 more leaves, from 3 on" in text) == (0, True)

    def test_whose_registration_is_not_shown_has_no_number(self, tmp_path: Path):
        status, text = judged(Forged([told()]).case(1), tmp_path)
        assert (status, "nor its number" in text) == (3, True)


A_REPEAT = {"repeats": petition_id(), "repeats_number": number()}
JOINED = told(1, "repeat.joined.v1", repeat_number=number(2))
LEFT = told(1, "repeat.left.v1", repeat_number=number(2), numbers=[number(2)])
MERGED = told(1, "matter.merged.v1", merged_number=number(2), numbers=[number(2), number(3)])
LINKED = told(2, "repeat.linked.v1", **A_REPEAT, along=[number(3)])
UNLINKED = told(2, "repeat.unlinked.v1", **A_REPEAT, along=[number(3)])


class TestRepeats:
    @pytest.mark.parametrize(
        ("facts", "shown", "lacking"),
        [
            ([taken(), taken(2, **A_REPEAT), JOINED], (1, 2), ()),
            ([taken(), taken(2, **A_REPEAT), JOINED], (1,), (2,)),
            ([taken(), taken(2, **A_REPEAT), JOINED], (2,), (1,)),
            ([taken(), taken(2, **A_REPEAT), JOINED, UNLINKED, LEFT], (1,), ()),
            ([taken(), taken(2, **A_REPEAT), JOINED, UNLINKED, LEFT], (2,), ()),
            ([taken(), taken(2), LINKED], (2,), (1,)),
            ([taken(), taken(2), taken(3), MERGED], (1,), (2, 3)),
            ([taken(), taken(2), taken(3), MERGED, LEFT], (1,), (3,)),
            ([taken(), taken(2), taken(3, **A_REPEAT), LINKED, UNLINKED], (2, 3), ()),
        ],
        ids=range(9),
    )
    def test_that_events_name_and_that_are_not_shown_are_told_of(
        self, facts: list[Fact], shown: tuple[int, ...], lacking: tuple[int, ...], tmp_path: Path
    ):
        """By their numbers, under which they can be asked for; not those that left again."""
        forged = Forged(facts).stating()
        ends = [("petition", petition_id(each)) for each in shown]
        status, text = judged({**forged.case(*shown), **forged.heads(*ends)}, tmp_path)
        told_of = [each for each in (1, 2, 3) if f"events {number(each)} belongs" in text]
        assert (status, told_of) == (3 if lacking else 0, list(lacking))


def judged(parts: dict[str, bytes], tmp_path: Path, terms: Terms | None = None) -> tuple[int, str]:
    """Return the exit status of the program, and what it says."""
    file = tmp_path / "forged.zip"
    file.write_bytes(wrapped(parts))
    return said(str(file), terms or Terms(KEYS))
