"""What was not told yet when the ownership passed on is told to whoever owns it now."""

from datetime import date, datetime, time, timedelta

import pytest

from services.notify.application.preferring import Preferring, Stated
from services.notify.domain.planning import instant
from tests.builders import COUNTY, DAY, HOUR, HUANG, SHEN, TAO, TODAY
from tests.unit.notify.desk import Desk, FakeChannel
from tests.unit.notify.test_responses import command
from tests.unit.notify.test_ways import NothingKept

LAST_DAY = date(2026, 12, 24)
HEAD = f"office_head:{COUNTY}"
SUCCEEDED, VOIDED = "ownership.succeeded.v1", "ownership.voided.v1"
PASSED_ON = {"previous_owner": HUANG, "owner": SHEN}


@pytest.fixture
def owned(desk: Desk) -> Desk:
    """HUANG owns an appeal that is to be handled by the 24th of December."""
    desk.tell("ownership.awaited.v1")
    desk.tell("ownership.taken.v1")
    desk.tell("term.ended.v1", term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    begins = {"runs_from": TODAY.isoformat(), "due": {"on": LAST_DAY.isoformat()}}
    desk.tell("term.begun.v1", term="handling", **begins)
    desk.look()
    return desk


def fails_at(desk: Desk, channel: FakeChannel, at: datetime) -> None:
    """Let a point fall due at an instant, and nobody be reached."""
    desk.run_to(at)
    desk.clock.now = at
    channel.outcomes = ["http_503"] * 9
    desk.fall()
    desk.deliver()
    channel.outcomes = []
    channel.told.clear()


def told(channel: FakeChannel) -> list[tuple[str, str]]:
    return [(each.recipient, each.reason) for each in channel.told if each.term]


def stands_in(desk: Desk, deputy: str) -> None:
    preferring = Preferring(
        desk.application, desk.deliveries.ways, desk.deliveries.pace, NothingKept()
    )
    named = {"recipient": deputy, "first_day": "2026-11-24", "last_day": "2027-12-10"}
    preferring.state(command(), HUANG, Stated([], None, [named]))


class TestAPointThatWasNotTold:
    def test_is_told_to_the_successor(self, owned: Desk, channel: FakeChannel):
        """That the term ends today cannot wait until it is late."""
        fails_at(owned, channel, instant(LAST_DAY, time(9)))
        owned.clock.advance(HOUR)
        owned.tell(SUCCEEDED, **PASSED_ON)
        owned.run_to(instant(LAST_DAY, time(23)))
        assert told(channel) == [(SHEN, "term_due")]

    def test_is_told_to_the_head_where_the_ownership_is_voided(
        self, owned: Desk, channel: FakeChannel
    ):
        fails_at(owned, channel, instant(LAST_DAY, time(9)))
        owned.tell(VOIDED, previous_owner=HUANG)
        owned.run_to(instant(LAST_DAY, time(23)))
        assert told(channel) == [(HEAD, "term_due")]

    def test_waits_for_the_morning(self, owned: Desk, channel: FakeChannel):
        """Who becomes owner at ten in the evening is not told of terms at ten in the evening."""
        fails_at(owned, channel, instant(date(2026, 12, 22), time(9)))
        owned.run_to(instant(date(2026, 12, 22), time(9)) + timedelta(seconds=1))
        channel.outcomes = ["http_503"] * 99
        owned.run_to(instant(date(2026, 12, 22), time(22)))
        channel.outcomes = []
        channel.told.clear()
        owned.tell(SUCCEEDED, **PASSED_ON)
        owned.run_to(instant(date(2026, 12, 23), time(7)))
        assert told(channel) == []
        owned.run_to(instant(date(2026, 12, 23), time(20)))
        # The point of that day, a day before the last, tells him how it stands.
        assert told(channel) == [(SHEN, "term_near")]

    def test_that_he_was_told_as_a_deputy_is_no_news(self, owned: Desk, channel: FakeChannel):
        stands_in(owned, SHEN)
        at = instant(LAST_DAY, time(9))
        owned.run_to(at)
        owned.clock.now = at
        owned.fall()
        # It fails for HUANG, and reaches his deputy.
        channel.outcomes = ["http_503"]
        owned.deliver()
        assert told(channel)[-2:] == [(HUANG, "term_due"), (SHEN, "term_due")]
        owned.tell(SUCCEEDED, **PASSED_ON)
        channel.told.clear()
        owned.run_to(instant(LAST_DAY, time(23)))
        assert told(channel) == []

    def test_was_told_is_not_told_again(self, owned: Desk, channel: FakeChannel):
        """It was delivered; the new owner is told that he owns it, and of what comes next."""
        owned.run_to(instant(LAST_DAY, time(10)))
        channel.told.clear()
        owned.tell(SUCCEEDED, **PASSED_ON)
        owned.run_to(instant(LAST_DAY + DAY, time(20)))
        assert told(channel) == [(SHEN, "term_late")]


class TestTheDeputyOfThePreviousOwner:
    def test_is_told_no_more(self, owned: Desk, channel: FakeChannel):
        """He stood in for one who is nothing to it any more."""
        stands_in(owned, TAO)
        fails_at(owned, channel, instant(LAST_DAY, time(9)))
        owned.tell(SUCCEEDED, **PASSED_ON)
        owned.run_to(instant(LAST_DAY, time(23)))
        assert told(channel) == [(SHEN, "term_due")]

    def test_who_is_told_himself_goes_on_being_told(self, owned: Desk, channel: FakeChannel):
        """The head is told of lateness whoever owns it, also where he stood in for the owner."""
        stands_in(owned, HEAD)
        fails_at(owned, channel, instant(date(2026, 12, 29), time(9)))
        owned.tell(SUCCEEDED, **PASSED_ON)
        owned.run_to(instant(date(2026, 12, 29), time(20)))
        assert sorted(told(channel)) == [(SHEN, "term_late"), (HEAD, "term_late")]
