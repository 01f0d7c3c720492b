"""Bundles by whoever has the ledger's every part at hand, and chooses what to show of it."""

from typing import Any

import pytest

from services.audit.verifier import Wrong
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
