"""Two people on one case: who decided on what is not so any more is told, and nothing is lost."""

import pytest

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import NotTheOwner, VersionChanged
from tests.builders import HUANG, SHEN, happened
from tests.unit.responsibility.casebook import (
    Asked,
    Casebook,
    close,
    receive,
    recuse,
    reopen,
    reply,
    rule,
    succeed,
)

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
REPLIED = happened(Ownership.ReplyDelivered)
CLOSED = happened(Ownership.Closed)
DISPUTED = (
    happened(Ownership.ReceptionRecorded, leader=SHEN, standing="disputed"),
    happened(Ownership.DisputeOpened, claimant=SHEN),
)
STEPS = {
    "receive": ((AWAITED, TAKEN), lambda sees: receive(SHEN, sees=sees)),
    "succeed": ((AWAITED, TAKEN), lambda sees: succeed(sees=sees)),
    "recuse": ((AWAITED, TAKEN), lambda sees: recuse(sees=sees)),
    "rule": (
        (AWAITED, TAKEN, *DISPUTED),
        lambda sees: rule("rejected", "D-reception-0", sees=sees),
    ),
    "reply": ((AWAITED, TAKEN), lambda sees: reply(sees=sees)),
    "close": ((AWAITED, TAKEN, REPLIED), lambda sees: close(sees=sees)),
    "reopen": ((AWAITED, TAKEN, REPLIED, CLOSED), lambda sees: reopen(sees=sees)),
}


@pytest.mark.parametrize("name", STEPS)
class TestEachStepOfAMatter:
    def test_is_taken_on_the_state_that_the_caller_saw(self, case: Casebook, name: str):
        given, step = STEPS[name]
        case.given(*given)
        case.when(step(case.ownership()["version"]))
        assert case.refusal is None
        assert case.answer["version"] == case.ownership()["version"] > len(given)

    def test_is_refused_on_an_older_one(self, case: Casebook, name: str):
        given, step = STEPS[name]
        case.given(*given)
        case.when(step(len(given) - 1))
        told = f"the matter is at version {len(given)} now"
        case.then_refused(VersionChanged, expected_version=told)

    def test_is_taken_on_whatever_is_on_record_when_he_does_not_say(
        self, case: Casebook, name: str
    ):
        given, step = STEPS[name]
        case.given(*given)
        case.when(step(None))
        assert case.refusal is None


class TestTwoClerksOnOneCase:
    def test_the_second_is_told_instead_of_undoing_what_the_first_did(self, case: Casebook):
        case.given(AWAITED, TAKEN)
        seen_by_both = case.ownership()["version"]
        case.when(reply("海信复〔2026〕7号", sees=seen_by_both))
        case.when(reply("海信复〔2026〕8号", sees=seen_by_both))
        case.then_refused(VersionChanged)
        assert case.ownership()["reply"]["document"] == "海信复〔2026〕7号"

    def test_a_command_sent_again_is_answered_as_it_was(self, case: Casebook):
        """By then the matter has changed: by the command itself."""
        case.given(AWAITED, TAKEN)
        again: Asked = reply(sees=2, request_id="request-of-clerk")
        case.when(again)
        first = case.answer
        case.when(again)
        assert case.answer == first

    def test_who_may_not_take_the_step_is_told_that_and_not_the_version(self, case: Casebook):
        case.given(AWAITED, TAKEN)
        case.when(close(by=SHEN, sees=2))
        case.then_refused(NotTheOwner, owner=HUANG)
