"""Bundles by whoever has the ledger's every part at hand, and chooses what to show of it."""

from typing import Any

import pytest

from services.audit.verifier import Report, Wrong
from tests.builders import number, petition_id
from tests.unit.audit.forging import Forged, taken, told, verified

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
