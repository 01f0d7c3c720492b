"""Nobody is told twice on a day about one term, however often it is planned anew."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from chassis.eventstore.application import Provenance
from chassis.eventstore.instants import text_of
from services.notify.application.ports import Told
from services.notify.domain.planning import SHANGHAI, Hours, instant
from services.notify.domain.reminders import PetitionReminders
from tests.builders import DAY, HOUR, HUANG, SHEN, TODAY, Clock
from tests.unit.notify.desk import Desk
from tests.unit.notify.test_a_year import TimedChannel

BEGUN, ENDED, EXTENDED = "term.begun.v1", "term.ended.v1", "term.extended.v1"
RECOUNTED, REPLIED = "term.recounted.v1", "reply.delivered.v1"
# The last day and lateness may follow what was told before them on the same day.
RANKS = {"term_due": 1, "term_late": 2}


@pytest.fixture
def channel(clock: Clock) -> TimedChannel:
    return TimedChannel(clock)


@pytest.fixture
def owned(desk: Desk) -> Desk:
    desk.tell("ownership.awaited.v1")
    desk.tell("ownership.taken.v1")
    desk.tell(ENDED, term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    desk.deliver()
    return desk


def due(on: date) -> dict[str, Any]:
    return {"due": {"on": on.isoformat()}}


def begin(desk: Desk, on: date, term: str = "handling") -> None:
    desk.tell(BEGUN, term=term, runs_from=TODAY.isoformat(), **due(on))
    desk.look()


def told(channel: TimedChannel) -> list[tuple[date, str]]:
    return [(at.date(), each.reason) for at, each in channel.of_terms()]


def clear(channel: TimedChannel) -> None:
    channel.told.clear()
    channel.told_at.clear()


def late(channel: TimedChannel) -> list[date]:
    """Return the days on which the owner was told of lateness."""
    about = [(at, each.recipient) for at, each in channel.of_terms() if each.reason == "term_late"]
    return [at.date() for at, recipient in about if recipient == HUANG]


class TestATermThatIsPlannedAnew:
    def test_is_told_of_on_the_next_working_day(self, owned: Desk, channel: TimedChannel):
        """It began at noon; its place is taken by another term in the afternoon."""
        begin(owned, date(2027, 1, 23))
        owned.tell(ENDED, term="handling", ended_on=TODAY.isoformat(), late_days=0)
        owned.clock.advance(HOUR)
        begin(owned, date(2027, 1, 30))
        owned.run_until(instant(TODAY + 2 * DAY, time(20)))
        assert told(channel) == [(TODAY, "term_begun"), (TODAY + DAY, "term_begun")]

    def test_gives_way_to_what_is_told_then_anyway(self, owned: Desk, channel: TimedChannel):
        """A week has five working days, and each of its points has one of them."""
        begin(owned, date(2026, 12, 2))
        owned.tell(ENDED, term="handling", ended_on=TODAY.isoformat(), late_days=0)
        owned.clock.advance(HOUR)
        # Five working days before it is tomorrow.
        begin(owned, date(2026, 12, 2))
        owned.run_until(instant(TODAY + DAY, time(20)))
        assert told(channel) == [(TODAY, "term_begun"), (TODAY + DAY, "term_near")]

    def test_is_told_of_at_once_where_nobody_was_today(self, owned: Desk, channel: TimedChannel):
        begin(owned, date(2027, 1, 23))
        owned.clock.advance(DAY)
        owned.tell(ENDED, term="handling", ended_on=TODAY.isoformat(), late_days=0)
        begin(owned, date(2027, 1, 30))
        assert told(channel) == [(TODAY, "term_begun"), (TODAY + DAY, "term_begun")]

    def test_is_told_of_to_whoever_was_not_told(self, owned: Desk, channel: TimedChannel):
        """The new owner knows nothing of it."""
        begin(owned, date(2027, 1, 23))
        owned.tell("ownership.succeeded.v1", previous_owner=HUANG, owner=SHEN)
        owned.tell(ENDED, term="handling", ended_on=TODAY.isoformat(), late_days=0)
        owned.clock.advance(HOUR)
        begin(owned, date(2027, 1, 30))
        assert [each.recipient for _, each in channel.of_terms()] == [HUANG, SHEN]

    def test_is_told_of_on_its_last_day_all_the_same(self, owned: Desk, channel: TimedChannel):
        """That it ends today cannot wait for tomorrow."""
        owned.clock.now = instant(TODAY, time(8, 10))
        begin(owned, date(2027, 1, 23))
        owned.tell(RECOUNTED, term="handling", **due(TODAY + DAY))
        owned.run_until(instant(TODAY, time(20)))
        assert told(channel) == [(TODAY, "term_begun")]
        owned.tell(RECOUNTED, term="handling", **due(TODAY + 10 * DAY))
        owned.clock.now = instant(TODAY + DAY, time(8, 10))
        begin(owned, TODAY + DAY, "acceptance")
        owned.tell(RECOUNTED, term="handling", **due(TODAY + DAY))
        owned.run_until(instant(TODAY + DAY, time(20)))
        assert (TODAY + DAY, "term_due") in told(channel)

    def test_was_told_of_only_where_somebody_was_reached(self, owned: Desk, channel: TimedChannel):
        """What failed is told no more, and what takes its place is told, were it at one instant."""
        channel.outcomes = ["http_500"]
        begin(owned, date(2027, 1, 23))
        owned.tell(ENDED, term="handling", ended_on=TODAY.isoformat(), late_days=0)
        begin(owned, date(2027, 1, 30))
        assert [each.reason for _, each in channel.of_terms()] == ["term_begun"] * 2
        assert owned.reminders()[-1] == (HUANG, "term_begun", "delivered")


def test_after_a_standstill_the_point_of_the_day_is_not_told_as_well(
    owned: Desk, channel: TimedChannel
) -> None:
    """Friday's is told on Monday at eight; at nine he is not told once more."""
    begin(owned, date(2026, 11, 26))
    owned.run_to(instant(date(2026, 11, 27), time(9)))
    owned.clock.now = instant(date(2026, 11, 30), time(8))
    owned.look()
    owned.run_until(instant(date(2026, 12, 1), time(20)))
    assert late(channel) == [date(2026, 11, 30), date(2026, 12, 1)]


@pytest.mark.parametrize("back", [time(21), time(7), time(8), time(8, 30)])
def test_what_ended_during_a_standstill_is_late_when_he_is_told(
    owned: Desk, channel: TimedChannel, back: time
) -> None:
    """On the morning after its last day he is told that it is over, not that it ends."""
    begin(owned, date(2026, 11, 26))
    owned.run_to(instant(date(2026, 11, 26), time(7)))
    clear(channel)
    owned.clock.now = instant(date(2026, 11, 26 if back == time(21) else 27), back)
    owned.look()
    owned.run_to(instant(date(2026, 11, 27), time(23)))
    assert told(channel) == [(date(2026, 11, 27), "term_late")]


def test_lateness_goes_on_where_its_last_point_was_told_after_a_standstill(
    owned: Desk, channel: TimedChannel
) -> None:
    """Ten of them are planned at a time, and each day has one."""
    begin(owned, date(2026, 11, 26))
    owned.run_to(instant(date(2026, 12, 9), time(20)))
    owned.clock.now = instant(date(2026, 12, 9), time(21))
    clear(channel)
    # The ninth was told on the ninth day; the tenth is the tenth's.
    owned.clock.now = instant(date(2026, 12, 10), time(21))
    owned.look()
    owned.run_to(instant(date(2026, 12, 15), time(20)))
    assert late(channel) == [date(2026, 12, 11), date(2026, 12, 14), date(2026, 12, 15)]


def test_after_an_outage_he_is_told_how_it_is_now(owned: Desk, channel: TimedChannel) -> None:
    """Once: not of each day on which he could not be reached."""
    begin(owned, date(2026, 11, 26))
    owned.run_to(instant(date(2026, 11, 26), time(20)))
    clear(channel)
    channel.outcomes = ["http_503"] * 1_000
    owned.run_to(instant(date(2026, 12, 2), time(8)))
    clear(channel)
    channel.outcomes = []
    owned.run_to(instant(date(2026, 12, 2), time(9)))
    late_now = [each for _, each in channel.of_terms() if each.recipient == HUANG]
    assert [each.sentence.count("逾期3个工作日") for each in late_now] == [1]
    states = {state for who, reason, state in owned.reminders() if reason == "term_late"}
    assert "given_up" not in states


def test_whose_hours_are_over_by_then_is_told_of_each_day_on_the_next(
    owned: Desk, channel: TimedChannel
) -> None:
    """Of none too few: what he is told in the morning is of the day before."""
    owned.deliveries.ways.hours[HUANG] = Hours(time(8), time(8, 30))  # type: ignore[attr-defined]
    begin(owned, date(2026, 11, 26))
    owned.clock.now = instant(date(2026, 11, 27), time(8, 45))
    owned.run_to(instant(date(2026, 12, 2), time(20)))
    assert late(channel) == [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)]


def test_who_put_it_off_until_later_today_is_told_then(owned: Desk, channel: TimedChannel) -> None:
    """He has asked for it; of the point of the evening he is told no more."""
    begin(owned, date(2027, 1, 23))
    reminder_id = owned.listed()[0]["reminder_id"]
    id_ = PetitionReminders.create_id(owned.facts()[0].petition_id)
    at = owned.clock()

    def put_off(unit: Any) -> dict[str, Any]:
        unit.find(PetitionReminders, id_).snooze(
            reminder_id, at + HOUR, "下午再看", owned.application.calendar(), at
        )
        return {}

    owned.application.run(Provenance(HUANG, "", ""), put_off)
    owned.run_until(at + 2 * HOUR)
    assert told(channel) == [(TODAY, "term_begun"), (TODAY, "term_near")]


Happening = tuple[str, dict[str, Any]]


class Chance:
    """What happens to a matter, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.owner = HUANG

    def next(self, now: datetime) -> Sequence[Happening]:
        day = now.astimezone(SHANGHAI).date()
        ends = due(day + timedelta(days=self.random.choice([0, 1, 2, 3, 7, 10, 30])))
        term = self.random.choice(["handling", "supervision"])
        begun = (BEGUN, {"term": term, "runs_from": day.isoformat(), **ends})
        other = SHEN if self.owner == HUANG else HUANG
        kinds: list[Sequence[Happening]] = [
            [begun],
            [(ENDED, {"term": term}), begun],
            [(EXTENDED, {"term": term, **ends})],
            [(RECOUNTED, {"term": term, **ends})],
            [("term.paused.v1", {"term": term}), ("term.resumed.v1", {"term": term, **ends})],
            [(REPLIED, {"document": "D", "delivered_at": text_of(now)})],
            [("ownership.succeeded.v1", {"previous_owner": self.owner, "owner": other})],
            [("ownership.merged.v1", {"owner": None}), ("ownership.split.v1", {}), begun],
        ]  # fmt: skip
        chosen = self.random.choice(kinds)
        if chosen[0][0] == "ownership.succeeded.v1":
            self.owner = other
        return chosen

    def pause(self) -> timedelta:
        return self.random.choice([timedelta(minutes=20), HOUR, 3 * HOUR, 9 * HOUR, DAY])


def too_often(channel: TimedChannel) -> Iterator[Any]:
    """Yield who was told of a term on a day after something that was as urgent."""
    days: dict[Any, list[str]] = defaultdict(list)
    for at, each in channel.of_terms():
        days[at.date(), each.recipient, each.term].append(each.reason)
    for about, reasons in days.items():
        ranks = [RANKS.get(reason, 0) for reason in reasons]
        if ranks != sorted(set(ranks)):
            yield about, reasons


@pytest.mark.parametrize("seed", range(24))
def test_holds_for_whatever_happens(
    owned: Desk, channel: TimedChannel, clock: Clock, seed: int
) -> None:
    """And nobody is left out of a point who was not told of its term on that day."""
    chance = Chance(seed)
    for _ in range(60):
        for type_, data in chance.next(clock()):
            owned.tell(type_, **data)
            owned.look()
        owned.run_to(clock() + chance.pause())
        owned.look()
    assert list(too_often(channel)) == []
    assert len(channel.of_terms()) > 5
    on_days = {(at.date(), each.recipient, each.term) for at, each in channel.of_terms()}
    for fell in owned.facts():
        if isinstance(fell, PetitionReminders.FellDue) and not fell.told:
            day = max(fell.timestamp, fell.not_before).astimezone(SHANGHAI).date()
            assert {(day, who, fell.term) for who in (HUANG, SHEN)} & on_days


def test_the_check_finds_what_it_is_there_to_find(channel: TimedChannel) -> None:
    at = datetime(2026, 11, 24, 4, tzinfo=UTC)
    for reason in ("term_near", "term_due", "term_due"):
        channel.tell(Told("r", "n", HUANG, reason, "", at, term="handling"))
    assert list(too_often(channel))
