"""The checks of logs find what they are there to find."""

from collections.abc import Sequence
from typing import Any

from contracts.envelope import CloudEvent
from tests.builders import cloud_event, number, petition_id, registered
from tests.system.faults.logs import DECIDED_BESIDE, Effects, Part, Roster, States, TakenIn


def wrongs(part: Part, events: Sequence[CloudEvent]) -> list[str]:
    for event in events:
        part.take(event)
    return list(part.wrongs())


def told(position: int, kind: str, **data: Any) -> CloudEvent:
    """An event of responsibility about the first petition."""
    changes = data.pop("changes", {})
    data = {"petition_id": petition_id(1), "number": number(1), **data}
    return cloud_event("responsibility", position, f"{kind}.v1", data, **changes)


class TestTakenIn:
    AWAITED = told(1, "ownership.awaited")
    JOINED = told(2, "repeat.joined", repeat_petition_id=petition_id(2))

    def test_each_petition_becomes_one_matter_or_joins_one(self):
        events = [registered(1), registered(2, 2, original=1), self.AWAITED, self.JOINED]
        assert wrongs(TakenIn(), events) == []

    def test_one_that_nobody_took_in_is_found(self):
        assert len(wrongs(TakenIn(), [registered(1)])) == 1
        assert len(wrongs(TakenIn(), [registered(1), registered(2, 2, 1), self.AWAITED])) == 1

    def test_one_that_was_taken_in_twice_is_found(self):
        events = [registered(1), registered(2, 2, 1), self.AWAITED, self.JOINED, self.JOINED]
        assert len(wrongs(TakenIn(), events)) == 1


class TestEffects:
    @staticmethod
    def line(position: int, kind: str, cause: str) -> CloudEvent:
        return told(position, kind, changes={"causationid": cause, "stream": "line"})

    def test_one_of_each_cause(self):
        events = [self.line(1, "roster.line_set", "a"), self.line(2, "roster.line_replaced", "b")]
        assert wrongs(Effects(), events) == []

    def test_the_same_command_that_took_effect_again_is_found(self):
        closed = [told(at, "case.closed", changes={"causationid": "a"}) for at in (1, 2)]
        assert len(wrongs(Effects(), closed)) == 1
        events = [self.line(1, "roster.line_set", "a"), self.line(2, "roster.line_replaced", "b"),
                  self.line(3, "roster.line_replaced", "a")]  # fmt: skip
        assert len(wrongs(Effects(), events)) == 1


class TestStates:
    CLOSED = told(1, "case.closed")
    OPENED = told(2, "case.reopened", ground="repeat")

    @staticmethod
    def states(*events: CloudEvent) -> States:
        states = States()
        for event in events:
            states.take(event)
        return states

    def test_the_last_step_tells(self):
        states = self.states(self.CLOSED)
        assert list(states.otherwise({"1": {"matter": number(1), "state": "closed"}})) == []
        assert len(list(states.otherwise({"1": {"matter": number(1), "state": "owned"}}))) == 1

    def test_a_repeat_opens_until_the_next_closure(self):
        assert self.states(self.CLOSED, self.OPENED).opened_by_repeat == {number(1)}
        assert self.states(self.OPENED, self.CLOSED).opened_by_repeat == set()
        ordered = told(2, "case.reopened", ground="order")
        assert self.states(self.CLOSED, ordered).opened_by_repeat == set()


class TestRoster:
    LATER = DECIDED_BESIDE + 10

    @staticmethod
    def line(position: int, leader: str) -> CloudEvent:
        return told(position, "roster.line_set", office="o", day="2026-11-24", leader=leader)

    @staticmethod
    def taken(position: int, owner: str, version: int, day: str = "2026-11-24") -> CloudEvent:
        return told(position, "ownership.taken", office="o", owner=owner, ground="roster",
                    roster_day=day, roster_version=version)  # fmt: skip

    def test_the_leader_on_duty_owns(self):
        events = [self.line(1, "L01"), self.line(2, "L02"), self.taken(self.LATER, "L02", 2)]
        assert wrongs(Roster(), events) == []

    def test_who_decided_beside_a_replacement_may_not_have_seen_it(self):
        events = [self.line(1, "L01"), self.line(2, "L02"), self.taken(3, "L01", 1)]
        assert wrongs(Roster(), events) == []

    def test_anybody_else_is_found(self):
        lines = [self.line(1, "L01"), self.line(2, "L02")]
        for wrong in (
            self.taken(3, "L03", 2),
            self.taken(3, "L02", 3),
            self.taken(3, "L02", 2, "2026-11-25"),
            self.taken(self.LATER, "L01", 1),
        ):
            assert len(wrongs(Roster(), [*lines, wrong])) == 1
        assert len(wrongs(Roster(), [self.taken(1, "L01", 1)])) == 1
