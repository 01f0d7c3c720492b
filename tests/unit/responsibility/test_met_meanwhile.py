"""What two processes do at once ends as if one had been behind the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from chassis.eventstore.instants import text_of
from chassis.messaging.inbox import Inbox, provenance_of
from contracts.events import MESSAGES
from services.responsibility.bootstrap import READING
from services.responsibility.reactions import reactions
from services.responsibility.readmodels.caseloads import Caseloads
from services.responsibility.readmodels.matters import Matters
from services.responsibility.readmodels.terms import TermTables
from tests.builders import (
    DAY,
    FOLLOWER,
    HUANG,
    NOON,
    SHEN,
    TODAY,
    Clock,
    cloud_event,
    number,
    petition_id,
    registered,
)
from tests.unit.responsibility.casebook import (
    Contended,
    FakeArrivals,
    close,
    receive,
    reopen,
    set_roster,
    succeed,
    take,
)
from tests.unit.stores import SourceLog, Stores, rows

LETTER = registered(1, channel="letter")


@dataclass
class Pair:
    """Two processes on one store; `slow` is overtaken by what is done `meanwhile`."""

    slow: Contended
    fast: Contended
    log: SourceLog

    def deliver(self) -> None:
        """Let the event of the petition arrive at the fast one."""
        self.inbox_of(self.fast).receive(self.log.events)

    def inbox_of(self, application: Contended) -> Inbox:
        return Inbox(
            application=application,
            service="responsibility",
            reactions=reactions(application, READING),
            known=frozenset(MESSAGES),
            sources=("intake",),
            reader=self.log,
        )

    def meanwhile(self, *steps: Callable[[Contended], Any]) -> None:
        def others() -> None:
            for step in steps:
                step(self.fast)

        self.slow.meanwhile = others

    def owners(self) -> list[str]:
        return [link["owner"] for link in self.fast.owner_of(number(), FOLLOWER)["chain"]]


@pytest.fixture
def pair(stores: Stores, clock: Clock) -> Iterator[Pair]:
    arrivals = FakeArrivals()
    told = READING.registration_of(LETTER), provenance_of(LETTER, "responsibility")
    arrivals.on_record[number()] = [told]

    def process(environment: dict[str, str]) -> Contended:
        matters = Matters()
        return Contended(
            environment, clock, [matters, Caseloads(), TermTables()], matters, arrivals
        )

    with stores.opened("responsibility", process) as slow:
        fast = process(dict(slow.env))
        yield Pair(slow, fast, SourceLog([LETTER]))
        fast.close()


class TestTwoLeadersAtOnce:
    def test_the_one_who_is_recorded_first_owns_it(self, pair: Pair):
        """Both found it without an owner; the slower one is told who was first."""
        pair.deliver()
        pair.meanwhile(receive(SHEN))
        answer = receive(HUANG)(pair.slow)
        assert (answer["standing"], answer["owner"]) == ("rival", SHEN)
        assert pair.owners() == [SHEN]


class TestClosingWhileTheOwnershipPassesOn:
    def test_the_previous_owner_does_not_close_it(self, pair: Pair):
        """He was the owner when he asked, and is none when it would be written."""
        pair.deliver()
        receive(HUANG)(pair.fast)
        pair.meanwhile(succeed(SHEN))
        with pytest.raises(Exception, match="not_the_owner"):
            close(by=HUANG)(pair.slow)
        assert pair.fast.owner_of(number(), FOLLOWER)["state"] == "owned"


class TestClosingWhileTheCourseBegins:
    def test_the_matter_can_be_opened_again_and_goes_on(self, pair: Pair):
        """Two streams, so both are written; what was closed beside its course is not stuck."""
        pair.deliver()
        receive(HUANG)(pair.fast)
        pair.meanwhile(take("transfer"))
        assert close(by=HUANG)(pair.slow)["state"] == "closed"
        with pytest.raises(Exception, match="case_closed"):
            take("accept")(pair.fast)
        assert reopen()(pair.fast)["state"] == "owned"
        assert take("accept")(pair.fast)["state"] == "accepted"


class TestCorrectingTheClassWhileTheCourseBegins:
    def test_the_course_goes_on_as_that_of_the_new_class(self, pair: Pair):
        """Two streams, so both are written; the appeal has its sixty days all the same."""
        letter = registered(1, channel="letter")
        letter.data["petition_class"] = "suggestion"
        pair.log = SourceLog([letter])
        pair.deliver()
        receive(HUANG)(pair.fast)
        about = {"petition_id": petition_id(), "matter_id": petition_id(), "number": number()}
        corrected = {**about, "matter_number": number(), "after": {"petition_class": "appeal"}}
        pair.log.events.append(cloud_event("intake", 2, "petition.corrected.v1", corrected))
        pair.meanwhile(lambda _: pair.deliver())
        assert take("accept")(pair.slow)["petition_class"] == "suggestion"
        take("handle")(pair.fast)
        answer = take("ask_extension", days=3)(pair.fast)
        assert (answer["petition_class"], answer["previous_class"]) == ("appeal", "suggestion")
        assert [term["term"] for term in answer["terms"]] == ["first_step", "handling"]


class TestCorrectingTheReceiptWhileTheCourseBegins:
    def test_the_first_step_is_due_by_what_is_right(self, pair: Pair):
        """Two streams, so both are written; the next step lets the course follow."""
        pair.deliver()
        receive(HUANG)(pair.fast)
        about = {"petition_id": petition_id(), "matter_id": petition_id(), "number": number()}
        after = {"occurred_at": text_of(NOON - 4 * DAY)}
        corrected = {**about, "matter_number": number(), "after": after}
        pair.log.events.append(cloud_event("intake", 2, "petition.corrected.v1", corrected))
        pair.meanwhile(lambda _: pair.deliver())
        begun = take("order_supervision")(pair.slow)
        assert begun["terms"][0]["runs_from"] == TODAY.isoformat()
        answer = take("answer_supervision")(pair.fast)
        assert answer["terms"][0]["runs_from"] == "2026-11-20"
        assert [row[4] for row in rows(pair.fast, "term") if row[2] == "first_step"] == [
            date(2026, 12, 5).toordinal()
        ]


class TestFetchingWhatIsJustArriving:
    def test_is_no_conflict_when_the_roster_changes_in_between(self, pair: Pair):
        """The event decided by the old line; the fetch, deciding by the new one, gives way."""
        set_roster((TODAY, HUANG))(pair.fast)
        pair.meanwhile(lambda _: pair.deliver(), set_roster((TODAY, SHEN)))
        assert pair.slow.owner_of(number(), FOLLOWER)["owner"] == HUANG
        assert pair.owners() == [HUANG]

    def test_nor_the_other_way_round(self, pair: Pair):
        """It was fetched while its event was being applied: nothing is parked."""
        set_roster((TODAY, HUANG))(pair.fast)
        pair.meanwhile(lambda fast: fast.owner_of(number(), FOLLOWER), set_roster((TODAY, SHEN)))
        inbox = pair.inbox_of(pair.slow)
        inbox.receive(pair.log.events)
        assert inbox.parked() == 0
        assert inbox.applied("intake") == 1
        assert pair.owners() == [HUANG]
