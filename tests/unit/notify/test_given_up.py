"""What was given up is counted for the operator, at a cost that does not grow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chassis.eventstore.instants import text_of
from chassis.eventstore.requests import CommandKey
from chassis.eventstore.transaction import Questions, Row
from services.notify.application.responding import Command, Responses
from services.notify.domain.policy import RETRY_MAX
from services.notify.readmodels.reminders import ReminderTable
from tests.builders import DAY, HUANG
from tests.unit.notify.desk import Desk, FakeChannel
from tests.unit.stores import tables

MOST = 10


@dataclass
class Explained:
    """Asks the database, and how it would go about it."""

    questions: Questions
    steps: list[str] = field(default_factory=list)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        plan = self.questions.query(f"EXPLAIN QUERY PLAN {sql}", params)
        self.steps += [str(step) for *_, step in plan]
        return self.questions.query(sql, params)


def counted(desk: Desk, most: int = MOST) -> dict[str, Any]:
    return ReminderTable.given_up(desk.application.log_of_events, most)


def given_up_of(desk: Desk) -> list[str]:
    with desk.application.log_of_events.reading() as transaction:
        items, _ = ReminderTable().listed(transaction, (), None, None, 200, "", "given_up")
    return [each["reminder_id"] for each in items]


def give_up(desk: Desk, channel: FakeChannel, *events: str) -> str:
    """Have reminders of events given up; return since when they are."""
    before, last = len(given_up_of(desk)), len(events)
    channel.outcomes = ["http_503"] * 1_000
    for type_ in events:
        desk.tell(type_)
    while len(given_up_of(desk)) < before + last:
        desk.deliver_after(RETRY_MAX)
    channel.outcomes = []
    return text_of(desk.clock())


def test_nothing_is_given_up_in_the_beginning(desk: Desk) -> None:
    assert counted(desk) == {"count": 0, "since": None}


class TestWhatWasGivenUp:
    def test_is_known_after_a_rebuild(self, desk: Desk, channel: FakeChannel):
        """And since when."""
        give_up(desk, channel, "ownership.taken.v1")
        before = tables(desk.application)
        desk.application.rebuild()
        assert tables(desk.application) == before

    def test_is_counted_since_the_first_of_it(self, desk: Desk, channel: FakeChannel):
        """However many follow."""
        since = give_up(desk, channel, "ownership.taken.v1")
        desk.clock.advance(DAY)
        give_up(desk, channel, "repeat.joined.v1")
        desk.tell("matter.merged.v1")
        desk.deliver()
        assert counted(desk) == {"count": 2, "since": since}

    @pytest.mark.parametrize("seen_to", ["redrive", "acknowledge", "closed"])
    def test_counts_no_more_once_somebody_has_seen_to_it(
        self, desk: Desk, channel: FakeChannel, seen_to: str
    ):
        """Delivered again, taken note of, or needed no more."""
        give_up(desk, channel, "ownership.taken.v1")
        (reminder_id,) = given_up_of(desk)
        key = CommandKey.of(HUANG, "request-1", "m", b"")
        command = Command(HUANG, (HUANG,), None, "call-1", key)
        if seen_to == "closed":
            desk.tell("case.closed.v1")
        else:
            getattr(Responses(desk.application, ReminderTable()), seen_to)(command, reminder_id)
        assert counted(desk) == {"count": 0, "since": None}

    def test_counts_anew_from_when_it_was_given_up_again(self, desk: Desk, channel: FakeChannel):
        first = give_up(desk, channel, "ownership.taken.v1")
        key = CommandKey.of(HUANG, "request-1", "m", b"")
        command = Command(HUANG, (HUANG,), None, "call-1", key)
        Responses(desk.application, ReminderTable()).redrive(command, *given_up_of(desk))
        again = give_up(desk, channel, "repeat.joined.v1")
        while counted(desk)["count"] < 2:
            channel.outcomes = ["http_503"] * 10
            desk.deliver_after(RETRY_MAX)
        assert first < counted(desk)["since"] <= again

    def test_is_counted_so_far_only(self, desk: Desk, channel: FakeChannel):
        """The question costs no more when nothing at all was delivered for a week."""
        since = give_up(desk, channel, "ownership.taken.v1", "repeat.joined.v1", "matter.merged.v1")
        assert counted(desk, 2)["count"] == 2
        assert counted(desk, 2)["since"] <= since

    def test_is_found_by_an_index_over_nothing_else(self, desk: Desk):
        """Neither to count nor to list it anybody goes through what was delivered."""
        explained = Explained(desk.application.log_of_events)
        ReminderTable.given_up(explained, MOST)
        ReminderTable().listed(explained, (), None, None, 20, "", "given_up")
        of_reminders = [step for step in explained.steps if "reminder" in step or " r " in step]
        assert len(of_reminders) == 2
        assert all("reminder_given_up_" in step for step in of_reminders), explained.steps
        assert not any("TEMP B-TREE" in step for step in explained.steps), explained.steps
