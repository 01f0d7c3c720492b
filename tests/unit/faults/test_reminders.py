"""The checks of reminders find what they are there to find."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import CloudEvent
from tests.builders import cloud_event, number, petition_id
from tests.system.faults.checker import may_tell_again
from tests.system.faults.reminders import Reminders, Told

LINE = {"reminder_id": "r", "number": number(1), "recipient": "L01", "reason": "ownership_taken"}


def event(service: str, position: int, kind: str, cause: str = "", **data: Any) -> CloudEvent:
    data = {"petition_id": petition_id(1), "number": number(1), **data}
    return cloud_event(service, position, f"{kind}.v1", data, causationid=cause)


TAKEN = event("responsibility", 1, "ownership.taken", owner="L01")
CLOSED = event("responsibility", 2, "case.closed", owner="L01")
SUCCEEDED = event("responsibility", 3, "ownership.succeeded", owner="L02", previous_owner="L01")
AWAITED = event("responsibility", 4, "ownership.awaited", office="o", awaits="reception")


def planned(cause: CloudEvent, recipient: str = "L01", reason: str = "ownership_taken"):
    return event("notify", 1, "reminder.planned", cause.id,
                 reminder_id="r", recipient=recipient, reason=reason)  # fmt: skip


def delivered(reminder_id: str = "r") -> CloudEvent:
    return event("notify", 2, "reminder.delivered", "round", reminder_id=reminder_id)


def cancelled(cause: CloudEvent, reason: str) -> CloudEvent:
    return event("notify", 2, "reminder.cancelled", cause.id, reminder_id="r", reason=reason)


def wrongs(*events: CloudEvent) -> list[str]:
    reminders = Reminders()
    for each in events:
        reminders.take(each)
    return list(reminders.wrongs())


class TestReasons:
    @pytest.mark.parametrize(
        ("kind", "data", "reason"),
        [
            ("repeat.joined", {"owner": "L01"}, "repeat_joined"),
            ("case.reopened", {"owner": "L01", "ground": "order"}, "reopened"),
            ("reception.recorded", {"standing": "rival"}, "reception_elsewhere"),
            ("ownership.recused", {"owner": "L01", "previous_owner": "L02"}, "ownership_taken"),
        ],
    )
    def test_each_is_owed_for_its_event(self, kind, data, reason):
        cause = event("responsibility", 5, kind, **data)
        first = [TAKEN, planned(TAKEN), delivered()]
        again = event("notify", 3, "reminder.planned", cause.id,
                      reminder_id="s", recipient="L01", reason=reason)  # fmt: skip
        assert wrongs(*first, cause, again, delivered("s")) == []
        assert wrongs(*first, cause) != []

    def test_one_about_nothing_is_found(self):
        assert wrongs(TAKEN, planned(CLOSED), delivered()) != []

    def test_one_that_nobody_asked_for_is_found(self):
        assert wrongs(planned(TAKEN), delivered()) != []

    def test_one_that_was_planned_twice_is_found(self):
        found = wrongs(TAKEN, planned(TAKEN), planned(TAKEN), delivered())
        assert any("planned 2 times" in wrong for wrong in found)

    def test_one_to_somebody_else_is_found(self):
        assert wrongs(TAKEN, planned(TAKEN, recipient="L02"), delivered()) != []


class TestEndings:
    def test_one_that_never_ends_or_ends_twice_is_found(self):
        assert wrongs(TAKEN, planned(TAKEN)) != []
        assert wrongs(TAKEN, planned(TAKEN), delivered(), delivered()) != []

    def test_one_that_waits_for_an_owner_may_still_be_planned(self):
        waiting = planned(AWAITED, "office_head:o", "untaken")
        assert wrongs(AWAITED, waiting) == []
        assert wrongs(AWAITED, waiting, cancelled(TAKEN, "owner_found"), TAKEN) != []


class TestCancellations:
    def test_by_what_led_to_it(self):
        assert wrongs(TAKEN, planned(TAKEN), CLOSED, cancelled(CLOSED, "case_closed")) == []

    @pytest.mark.parametrize(
        ("cause", "reason"),
        [(CLOSED, "owner_changed"), (SUCCEEDED, "case_closed"), (TAKEN, "owner_found")],
    )
    def test_by_anything_else_is_found(self, cause, reason):
        found = wrongs(TAKEN, planned(TAKEN), CLOSED, cancelled(cause, reason))
        assert any("nothing led to" in wrong for wrong in found)


def fell(position: int = 3, reminder_id: str = "t", due_at: str = "2026-11-24T01:00:00Z"):
    about = {"petition_id": petition_id(1), "number": number(1), "term": "handling"}
    told = {**about, "kind": "due", "due_at": due_at, "told": {"L01": reminder_id}}
    return cloud_event("notify", position, "reminders.fell_due.v1", told)


REPLIED = event(
    "responsibility", 6, "reply.delivered", document="D-1", delivered_at="2026-11-24T20:00:00Z"
)


def visit(kind: str, cause: str = "", runs_from: str = "2026-11-25", **data: Any) -> CloudEvent:
    return event("notify", 7, f"reminders.{kind}", cause,
                 term="follow_up_visit", runs_from=runs_from, **data)  # fmt: skip


class TestVisits:
    def test_are_planned_from_the_day_of_the_reply_and_dropped_with_the_matter(self):
        planned = visit("plan_made", REPLIED.id, why="replied")
        assert wrongs(REPLIED, planned) == []
        assert wrongs(REPLIED, planned, CLOSED, visit("plan_dropped", why="case_closed")) == []

    def test_that_nobody_planned_or_dropped_are_found(self):
        planned = visit("plan_made", REPLIED.id, why="replied")
        assert wrongs(REPLIED) != []
        assert wrongs(planned) != []
        assert wrongs(REPLIED, planned, CLOSED) != []
        assert wrongs(REPLIED, planned, visit("plan_dropped", why="case_closed")) != []

    def test_of_another_day_or_another_cause_are_found(self):
        assert wrongs(REPLIED, visit("plan_made", REPLIED.id, "2026-11-24", why="replied")) != []
        assert wrongs(REPLIED, visit("plan_made", TAKEN.id, why="replied")) != []


class TestTerms:
    def test_a_point_is_told_once_and_ends_once(self):
        assert wrongs(fell(), delivered("t")) == []
        assert any("2 times" in wrong for wrong in wrongs(fell(), fell(4)))
        assert any("2 reminders" in wrong for wrong in wrongs(fell(), fell(4, "u")))
        assert any("ended as" in w for w in wrongs(fell(), delivered("t"), delivered("t")))

    def test_what_is_told_is_what_fell_due(self, tmp_path: Path):
        reminders, told = Reminders(), Told(tmp_path / "reminders.jsonl")
        for each in (fell(), delivered("t")):
            reminders.take(each)
        assert len(list(told.wrongs(reminders))) == 1
        line = {"reminder_id": "t", "number": number(1), "recipient": "L01"}
        told.path.write_text(json.dumps({**line, "reason": "term_due"}) + "\n")
        assert [*told.read_on(again=False), *told.wrongs(reminders)] == []
        told.lines["t"]["reason"] = "term_late"
        assert len(list(told.wrongs(reminders))) == 1


class TestTold:
    @pytest.fixture
    def told(self, tmp_path: Path) -> Told:
        return Told(tmp_path / "reminders.jsonl")

    @staticmethod
    def tell(told: Told, *lines: dict[str, Any]) -> None:
        with told.path.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)

    @staticmethod
    def record(events: Sequence[CloudEvent]) -> Reminders:
        reminders = Reminders()
        for each in events:
            reminders.take(each)
        return reminders

    def test_what_was_delivered_has_been_told(self, told):
        record = self.record([TAKEN, planned(TAKEN), delivered()])
        assert len(list(told.wrongs(record))) == 1
        self.tell(told, LINE)
        assert list(told.read_on(again=False)) == []
        assert list(told.wrongs(record)) == []

    def test_what_nobody_planned_is_found(self, told):
        self.tell(told, LINE)
        list(told.read_on(again=False))
        assert len(list(told.wrongs(Reminders()))) == 1

    def test_twice_needs_a_reason(self, told):
        self.tell(told, LINE)
        assert list(told.read_on(again=False)) == []
        self.tell(told, LINE)
        assert len(list(told.read_on(again=False))) == 1
        self.tell(told, LINE)
        assert list(told.read_on(again=True)) == []

    def test_twice_is_the_same(self, told):
        self.tell(told, LINE, {**LINE, "recipient": "L02"})
        assert len(list(told.read_on(again=True))) == 1

    def test_the_reason_is_what_took_notify_or_its_database_away(self):
        assert may_tell_again("kill -9 notify-1", [])
        assert may_tell_again("nothing", ["notify-1"])
        assert not may_tell_again("kill -9 intake-1", ["audit-1"])
