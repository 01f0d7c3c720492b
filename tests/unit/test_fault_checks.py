"""The checks of the fault harness can fail: each finds the wrong that it is there for."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import CloudEvent
from tests.builders import cloud_event
from tests.system.faults.checker import refused_wrongly
from tests.system.faults.history import UNKNOWN_CODES, Call
from tests.system.faults.logs import Reminders

TAKEN = ("responsibility", "ownership.taken.v1", "e-taken", {"owner": "L1"})
CLOSED = ("responsibility", "case.closed.v1", "e-closed", {"owner": "L1"})
JOINED = ("responsibility", "repeat.joined.v1", "e-joined", {"owner": "L1"})
PLAN = {"reminder_id": "r-1", "reason": "ownership_taken"}
PLANNED = ("notify", "reminder.planned.v1", "n-1", PLAN, "e-taken")
DELIVERED = ("notify", "reminder.delivered.v1", "n-2", {"reminder_id": "r-1"})
CANCELLED = (
    "notify",
    "reminder.cancelled.v1",
    "n-3",
    {"reminder_id": "r-1", "reason": "case_closed"},
)


def event(service: str, type_: str, id_: str, data: dict[str, Any], cause: str = "x") -> CloudEvent:
    about = {"petition_id": "p-1", **data}
    return cloud_event(service, 1, type_, about, id=id_, causationid=cause)


def wrongs(*happened: tuple[Any, ...]) -> str:
    reminders = Reminders()
    for each in happened:
        reminders.take(event(*each))
    return "\n".join(reminders.wrongs())


class TestReminders:
    def test_that_are_as_they_should_be_are_not_wrong(self):
        assert wrongs(TAKEN, PLANNED, DELIVERED) == ""
        assert wrongs(TAKEN, PLANNED, CLOSED, (*CANCELLED, "e-closed")) == ""

    @pytest.mark.parametrize("asking", [TAKEN, JOINED])
    def test_that_were_never_planned_are_found(self, asking: tuple[Any, ...]):
        assert "missing" in wrongs(asking)

    def test_that_nobody_asked_for_are_found(self):
        assert "nobody asked for" in wrongs(PLANNED, DELIVERED)

    def test_that_were_planned_twice_are_found(self):
        assert "planned 2 times" in wrongs(TAKEN, PLANNED, PLANNED, DELIVERED)

    def test_that_were_delivered_twice_or_never_are_found(self):
        assert "ended as" in wrongs(TAKEN, PLANNED, DELIVERED, DELIVERED)
        assert "ended as []" in wrongs(TAKEN, PLANNED)

    def test_that_were_cancelled_without_a_cause_are_found(self):
        assert "was cancelled" in wrongs(TAKEN, PLANNED, (*CANCELLED, "e-taken"))

    @pytest.mark.parametrize(
        ("told", "wrong"),
        [
            ([], "nobody was told"),
            (["to L1"], ""),
            (["to L1", "to L1"], ""),
            (["to L1", "to L2"], "was told as"),
        ],
    )
    def test_that_were_told_otherwise_than_recorded_are_found(
        self, tmp_path: Path, told: list[str], wrong: str
    ):
        reminders = Reminders()
        for each in (TAKEN, PLANNED, DELIVERED):
            reminders.take(event(*each))
        file = tmp_path / "reminders.jsonl"
        file.write_text("".join(json.dumps({"reminder_id": "r-1", "to": to}) + "\n" for to in told))
        found = "\n".join(reminders.untold(file))
        assert found == "" if not wrong else wrong in found


def test_a_fault_of_ours_is_no_unknown_outcome():
    assert "internal" not in UNKNOWN_CODES
    call = Call(
        1, "intake.register", {}, ("K1", "clerk", ""), 0.0, 1.0, "refused", None, "internal"
    )
    assert list(refused_wrongly([call]))
