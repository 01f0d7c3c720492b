"""What waits for the commit is sent in the order in which it was asked for."""

from chassis.eventstore.pending import NewRows, Pending


def sent(pending: Pending) -> list[object]:
    """Name each step by its rows' ids, or as a statement."""
    return [
        [row[0] for row in step.rows] if isinstance(step, NewRows) else "statement"
        for step in pending.taken()
    ]


def row(id_: str, ended_on: str = "") -> dict[str, str]:
    return {"id": id_, "ended_on": ended_on}


class TestPending:
    def test_a_row_that_comes_anew_after_its_change_is_sent_after_it(self):
        """A term that was ended and begun again runs; the rows of others do not take it along."""
        pending = Pending()
        pending.put("term", row("p"), "id")
        pending.update("term", "id", "q", {"ended_on": "2026-11-01"})
        pending.put("term", row("q"), "id")
        assert sent(pending) == [["p"], "statement", ["q"]]

    def test_a_change_of_a_row_that_waits_is_made_there(self):
        pending = Pending()
        pending.put("term", row("p"), "id")
        pending.update("term", "id", "p", {"ended_on": "2026-11-01"})
        pending.put("term", row("q"), "id")
        (rows,) = pending.taken()
        assert rows.rows == [["p", "2026-11-01"], ["q", ""]]

    def test_a_change_of_what_such_a_row_leaves_out_is_sent_after_it(self):
        """The table has a default for it."""
        pending = Pending()
        pending.put("term", row("p"), "id")
        pending.update("term", "id", "p", {"late_days": 3})
        assert sent(pending) == [["p"], "statement"]
