"""A command that is sent again is answered from the record and does nothing twice."""

import pytest

from chassis.eventstore.requests import RequestIdReused
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.roster import RosterLine
from tests.builders import HEAD, HUANG, NOON, SHEN, TAO, TODAY, actor, happened
from tests.unit.responsibility.casebook import (
    Casebook,
    close,
    receive,
    recuse,
    reopen,
    set_roster,
    succeed,
)

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
CLOSED = happened(Ownership.Closed)


class TestTheSameRequestAgain:
    @pytest.mark.parametrize(
        ("given", "step"),
        [
            ((AWAITED,), lambda: receive(HUANG, NOON, request_id="request-a")),
            ((AWAITED, TAKEN), lambda: succeed(SHEN, request_id="request-a")),
            ((AWAITED, TAKEN), lambda: recuse(SHEN, request_id="request-a")),
            ((AWAITED, TAKEN), lambda: close(by=HUANG, request_id="request-a")),
            ((AWAITED, TAKEN, CLOSED), lambda: reopen(request_id="request-a")),
            ((), lambda: set_roster((TODAY, HUANG), request_id="request-a")),
        ],
        ids=["receive", "succeed", "recuse", "close", "reopen", "set_roster"],
    )
    def test_it_gets_the_same_answer_and_records_nothing(self, case: Casebook, given, step):
        """Also when, asked as a new command, it would be refused by now."""
        case.given(*given)
        case.when(step())
        answer = case.answer
        assert answer is not None
        case.when(step())
        case.then_nothing()
        assert case.answer == answer

    def test_it_gets_the_answer_of_then_whatever_happened_since(self, case: Casebook):
        """The reception was the first; that somebody succeeded since is not its answer."""
        case.given(AWAITED)
        case.when(receive(HUANG, NOON, request_id="request-a"))
        case.when(succeed(SHEN))
        case.when(receive(HUANG, NOON, request_id="request-a"))
        case.then_nothing()
        assert case.answer["standing"] == "first"
        assert case.answer["owner"] == HUANG


class TestTheSameRequestIdForAnotherCommand:
    def test_other_content_is_refused(self, case: Casebook):
        """One id, one command."""
        case.given(AWAITED)
        case.when(receive(HUANG, NOON, request_id="request-a"))
        case.when(receive(HUANG, None, request_id="request-a"))
        case.then_refused(RequestIdReused)

    def test_another_method_is_refused(self, case: Casebook):
        """Even with content that happens to be the same."""
        case.given(AWAITED, TAKEN)
        case.when(succeed(SHEN, request_id="request-a"))
        case.when(recuse(TAO, request_id="request-a"))
        case.then_refused(RequestIdReused)

    def test_another_caller_may_use_the_same_id(self, case: Casebook):
        """Ids are chosen by callers who do not know one another."""
        case.given(AWAITED, TAKEN)
        case.when(succeed(SHEN, request_id="request-a"))
        case.when(succeed(TAO, request_id="request-a", by=actor(f"{HEAD}-deputy")))
        assert case.owners() == [HUANG, SHEN, TAO]

    def test_a_refused_command_keeps_no_answer(self, case: Casebook):
        """Refused at first, the same request is decided anew when things have changed."""
        case.given(AWAITED)
        case.when(close(by=HUANG, request_id="request-a"))
        assert case.refusal is not None
        case.when(receive(HUANG))
        case.when(close(by=HUANG, request_id="request-a"))
        case.then(happened(Ownership.Closed))


class TestALineOfTheRosterSentAgainLater:
    def test_an_old_request_does_not_undo_a_newer_one(self, case: Casebook):
        """The retry of the first setting arrives behind the second."""
        case.when(set_roster((TODAY, HUANG), request_id="request-a"))
        case.when(set_roster((TODAY, SHEN)))
        case.then(happened(RosterLine.LineReplaced, leader=SHEN))
        case.when(set_roster((TODAY, HUANG), request_id="request-a"))
        case.then_nothing()
