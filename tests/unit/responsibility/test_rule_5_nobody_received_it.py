"""Rule 5: nobody received it, so the roster decides, or it waits in the open list."""

from datetime import UTC, date, datetime

import pytest

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import DayTwice, OfficeNotAllowed
from services.responsibility.domain.roster import RosterLine
from services.responsibility.readmodels.caseloads import Caseloads
from tests.builders import (
    CITY,
    COUNTY,
    DAY,
    HUANG,
    NOON,
    OTHER_COUNTY,
    SAME_COUNTY,
    SHEN,
    TAO,
    TODAY,
    actor,
    happened,
    number,
    petition_id,
    registration,
)
from tests.unit.responsibility.casebook import ANYBODY, Casebook, receive, set_roster

LETTER = registration(channel="letter")


class TestTheLeaderOnDutyIsTheFirstContact:
    @pytest.mark.parametrize(
        "channel", ["letter", "call", "online", "qr", "agent", "transfer", "feed"]
    )
    def test_through_every_channel_without_a_reception(self, case: Casebook, channel: str):
        """He owns it from the moment it was registered."""
        case.given_roster(HUANG)
        case.when_registered(registration(channel=channel))
        case.then(
            happened(Ownership.Awaited, awaits="duty_leader", channel=channel),
            happened(Ownership.Taken, owner=HUANG, ground="roster", timestamp=NOON),
        )

    @pytest.mark.parametrize("channel", ["visit", "reception_day"])
    def test_but_not_where_somebody_stands_before_the_petitioner(
        self, case: Casebook, channel: str
    ):
        """The reception decides."""
        case.given_roster(HUANG)
        case.when_registered(registration(channel=channel))
        case.then(happened(Ownership.Awaited, awaits="reception"))

    def test_a_reception_afterwards_finds_the_owner(self, case: Casebook):
        """Whoever receives the letter writer is told that the leader on duty owns it."""
        case.given_roster(HUANG)
        case.when_registered(LETTER)
        case.when(receive(SHEN))
        case.then(happened(Ownership.ReceptionRecorded, standing="rival"))
        assert case.answer["owner"] == HUANG

    def test_a_reception_dated_before_the_letter_is_disputed(self, case: Casebook):
        """The roster's decision can be contested like any other."""
        case.given_roster(HUANG)
        case.when_registered(LETTER)
        case.when(receive(SHEN, NOON - DAY))
        assert case.answer["standing"] == "disputed"

    def test_the_roster_of_another_office_does_not_count(self, case: Casebook):
        """Not even of the same county."""
        case.given_roster(TAO, office=SAME_COUNTY)
        case.when_registered(LETTER)
        case.then(happened(Ownership.Awaited, awaits="first_leader"))

    def test_a_line_replaced_afterwards_does_not_move_the_ownership(self, case: Casebook):
        """Who was on duty when it was recorded is decided once."""
        case.given_roster(HUANG)
        case.when_registered(LETTER)
        case.when(set_roster((TODAY, SHEN)))
        case.then(happened(RosterLine.LineReplaced, leader=SHEN, previous_leader=HUANG))
        case.when_registered(LETTER)
        case.then_nothing()
        assert case.owners() == [HUANG]

    def test_a_line_replaced_before_counts_as_replaced(self, case: Casebook):
        """The leader who is on duty in the end is the first contact."""
        case.given_roster(HUANG)
        case.given_roster(SHEN)
        case.when_registered(LETTER)
        case.then(
            happened(Ownership.Awaited),
            happened(Ownership.Taken, owner=SHEN, roster_version=2),
        )


class TestTheDayIsThatOfShanghai:
    # Eight hours ahead of UTC: the day changes at 16:00 UTC.
    LAST_MINUTE = datetime(2026, 11, 24, 15, 59, 59, 999_999, tzinfo=UTC)
    MIDNIGHT = datetime(2026, 11, 24, 16, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("registered_at", "owner"),
        [
            (datetime(2026, 11, 23, 16, tzinfo=UTC), HUANG),
            (LAST_MINUTE, HUANG),
            (MIDNIGHT, SHEN),
            (datetime(2026, 11, 24, 23, tzinfo=UTC), SHEN),
        ],
    )
    def test_the_line_changes_at_midnight_there(
        self, case: Casebook, registered_at: datetime, owner: str
    ):
        """Whatever day it is in Greenwich."""
        case.given_roster(HUANG, date(2026, 11, 24))
        case.given_roster(SHEN, date(2026, 11, 25))
        case.when_registered(registration(channel="online", registered_at=registered_at))
        assert case.owners() == [owner]

    def test_who_is_on_duty_today_is_asked_for_in_shanghai_too(self, case: Casebook):
        """At five in the afternoon of UTC the next day has begun."""
        case.given_roster(HUANG, date(2026, 11, 24))
        case.given_roster(SHEN, date(2026, 11, 25))
        case.clock.now = self.MIDNIGHT
        case.when(lambda application: application.on_duty(COUNTY, None))
        assert case.answer == {"office": COUNTY, "day": "2026-11-25", "leader": SHEN}

    @pytest.mark.parametrize(
        "day", [date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 15)]
    )
    def test_every_day_of_the_calendar_has_a_line(self, case: Casebook, day: date):
        """The leap day, the turn of the year, and a year whose holidays are not published yet."""
        case.given_roster(HUANG, day)
        noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        case.when_registered(registration(channel="letter", registered_at=noon))
        case.then(
            happened(Ownership.Awaited),
            happened(Ownership.Taken, owner=HUANG, roster_day=day.isoformat()),
        )


class TestWithoutARosterItWaitsInTheOpenList:
    def test_it_is_listed_at_its_office(self, case: Casebook):
        """Nobody on duty: the petition waits for the first leader who takes it."""
        case.when_registered(LETTER)
        case.then(happened(Ownership.Awaited, awaits="first_leader"))
        assert _open_list(case, COUNTY) == [number()]
        assert _open_list(case, SAME_COUNTY) == []

    def test_the_first_leader_who_takes_it_owns_it(self, case: Casebook):
        """And it leaves the list."""
        case.when_registered(LETTER)
        case.when(receive(SHEN))
        case.then(
            happened(Ownership.ReceptionRecorded, leader=SHEN, standing="first"),
            happened(Ownership.Taken, owner=SHEN, ground="open_list"),
        )
        assert _open_list(case, COUNTY) == []

    def test_a_roster_set_later_decides_nothing(self, case: Casebook):
        """The line must have stood when the petition was recorded."""
        case.when_registered(LETTER)
        case.given_roster(HUANG)
        case.when_registered(LETTER)
        case.then_nothing()
        assert case.ownership()["owner"] is None

    def test_a_repeat_on_a_day_with_a_roster_finds_the_leader_on_duty(self, case: Casebook):
        """The matter had no first contact; the repeat's leader on duty is one."""
        case.when_registered(LETTER)
        case.given_roster(TAO, date(2026, 11, 25))
        repeat = registration(2, channel="letter", repeats=petition_id(1), registered_at=NOON + DAY)
        case.when_registered(repeat)
        case.then(
            happened(Ownership.RepeatJoined, owner=None),
            happened(Ownership.Taken, owner=TAO, ground="roster", roster_day="2026-11-25"),
        )

    def test_the_longest_waiting_stands_first(self, case: Casebook):
        """Whatever the order of arrival."""
        case.when_registered(
            registration(2, channel="letter", registered_at=NOON),
            registration(1, channel="letter", registered_at=NOON - DAY),
        )
        assert _open_list(case, COUNTY) == [number(1), number(2)]


class TestTheRoster:
    def test_it_is_set_day_by_day(self, case: Casebook):
        """One fact for each line."""
        case.when(set_roster((date(2026, 11, 24), HUANG), (date(2026, 11, 25), SHEN)))
        case.then(
            happened(RosterLine.LineSet, day="2026-11-24", leader=HUANG),
            happened(RosterLine.LineSet, day="2026-11-25", leader=SHEN),
        )
        assert case.answer == {"office": COUNTY, "lines": 2}

    def test_the_same_leader_again_is_no_news(self, case: Casebook):
        """Sending the month's roster once more records nothing."""
        case.given_roster(HUANG)
        case.when(set_roster((TODAY, HUANG)))
        case.then_nothing()

    def test_two_leaders_for_one_day_are_refused(self, case: Casebook):
        """Which of them is on duty nobody could say."""
        case.when(set_roster((TODAY, HUANG), (TODAY, SHEN)))
        case.then_refused(DayTwice, lines=f"name more than one leader for {TODAY}")

    def test_a_day_without_a_line_has_nobody_on_duty(self, case: Casebook):
        """That is an answer, not a refusal."""
        case.when(lambda application: application.on_duty(COUNTY, date(2027, 1, 1)))
        assert case.answer["leader"] is None

    def test_a_city_sets_the_roster_of_its_county(self, case: Casebook):
        """It acts for the offices below it."""
        case.when(set_roster((TODAY, HUANG), by=actor("D330400001", CITY)))
        case.then(happened(RosterLine.LineSet, office=COUNTY))

    def test_a_county_does_not_set_that_of_another(self, case: Casebook):
        """Duty is the office's own affair."""
        case.when(set_roster((TODAY, HUANG), by=actor("D330726001", OTHER_COUNTY)))
        case.then_refused(OfficeNotAllowed, office=COUNTY)


def _open_list(case: Casebook, office: str) -> list[str]:
    with case.application.log_of_events.reading() as transaction:
        items, _ = Caseloads.open_of(transaction, ANYBODY, office, None, 50, "")
    return [item["number"] for item in items]
