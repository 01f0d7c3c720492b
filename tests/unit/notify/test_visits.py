"""The follow-up visit (回访): reminded of from the reply until it is made or not due any more."""

from datetime import date, datetime, time, timedelta

import pytest

from chassis.eventstore.instants import text_of
from services.notify.application.planning import VISIT, Plans
from services.notify.domain.planning import SHANGHAI, instant
from services.notify.domain.reminders import PetitionReminders
from services.notify.reactions import needs
from statute.parties import mark_of
from tests.builders import COUNTY, DAY, HUANG, SHEN, TODAY, number
from tests.unit.notify.desk import Desk, FakeChannel

REPLIED, STEP = "reply.delivered.v1", "course.step_taken.v1"
HEAD_OF_COUNTY = f"office_head:{COUNTY}"
# Ten working days from 24 November 2026.
DUE_ON = date(2026, 12, 8)
VISITED = {"step": "visit", "previous_state": "evaluated", "state": "visited"}


def reply(desk: Desk, at: datetime | None = None) -> None:
    desk.tell(REPLIED, document="答复〔2026〕1号", delivered_at=text_of(at or desk.clock()))


def plans(desk: Desk) -> list[PetitionReminders.PlanMade]:
    made = [fact for fact in desk.facts() if isinstance(fact, PetitionReminders.PlanMade)]
    return [plan for plan in made if plan.term == VISIT]


def drops(desk: Desk) -> list[str]:
    dropped = [fact for fact in desk.facts() if isinstance(fact, PetitionReminders.PlanDropped)]
    return [fact.why for fact in dropped if fact.term == VISIT]


def told(channel: FakeChannel) -> list[tuple[date, str, str]]:
    about = [each for each in channel.told if each.term == VISIT]
    return [(each.due_at.astimezone(SHANGHAI).date(), each.recipient, each.reason)
            for each in about]  # fmt: skip


@pytest.fixture
def owned(desk: Desk) -> Desk:
    desk.tell("ownership.awaited.v1")
    desk.tell("ownership.taken.v1")
    desk.tell("term.ended.v1", term="first_step", ended_on=TODAY.isoformat(), late_days=0)
    desk.deliver()
    return desk


class TestAReply:
    def test_lets_the_owner_be_reminded_of_the_visit(self, owned: Desk, channel: FakeChannel):
        """Five and two working days and one day before the last of ten, and on it."""
        reply(owned)
        owned.run_until(instant(DUE_ON, time(20)))
        assert told(channel) == [
            (date(2026, 12, 1), HUANG, "term_near"),
            (date(2026, 12, 4), HUANG, "term_near"),
            (date(2026, 12, 7), HUANG, "term_near"),
            (DUE_ON, HUANG, "term_due"),
        ]
        assert "回访期限2026年12月8日届满" in channel.told[-1].sentence

    def test_makes_one_fact(self, owned: Desk):
        """And registration none of it."""
        before = len(owned.facts())
        reply(owned)
        assert len(owned.facts()) == before + 1
        (made,) = plans(owned)
        assert (made.why, made.due_on, made.policy) == ("replied", "2026-12-08", "default-1")

    def test_counts_from_the_day_that_it_was_delivered_on(self, owned: Desk):
        """Not from the day that it was put on record."""
        reply(owned, owned.clock() - timedelta(days=7))
        assert plans(owned)[0].due_on == "2026-12-01"

    def test_that_takes_the_place_of_another_moves_the_visit(self, owned: Desk):
        """What was planned of the one before is no longer."""
        reply(owned)
        owned.clock.advance(DAY)
        reply(owned)
        assert [plan.due_on for plan in plans(owned)] == ["2026-12-08", "2026-12-09"]

    def test_that_is_told_twice_plans_once(self, owned: Desk):
        reply(owned)
        reply(owned)
        assert len(plans(owned)) == 1

    def test_lateness_rises_as_of_any_term(self, owned: Desk, channel: FakeChannel):
        """To the office's head after three working days; the owner stays."""
        reply(owned)
        owned.run_until(instant(date(2026, 12, 11), time(20)))
        assert [(who, why) for day, who, why in told(channel) if day == date(2026, 12, 11)] == [
            (HUANG, "term_late"),
            (HEAD_OF_COUNTY, "term_late"),
        ]

    def test_a_succession_turns_to_the_new_owner(self, owned: Desk, channel: FakeChannel):
        reply(owned)
        owned.tell("ownership.succeeded.v1", previous_owner=HUANG, owner=SHEN)
        owned.run_until(instant(DUE_ON, time(20)))
        assert {who for _, who, _ in told(channel)} == {SHEN}


class TestAVisit:
    def test_that_was_made_is_not_reminded_of(self, owned: Desk, channel: FakeChannel):
        """Nor what of it was still to be delivered."""
        reply(owned)
        owned.tell(STEP, step="evaluate", previous_state="replied", state="evaluated")
        owned.tell(STEP, **VISITED)
        owned.run_until(instant(DUE_ON, time(20)))
        assert told(channel) == []
        assert drops(owned) == ["term_ended"]

    @pytest.mark.parametrize(
        ("step", "before", "state"),
        [
            ("re_examine", "evaluated", "handling"),
            ("ask_review", "replied", "review_asked"),
            ("withdraw", "replied", "withdrawn"),
            # The reply was put on record before the course began.
            ("withdraw", "registered", "withdrawn"),
            ("refuse", "registered", "refused"),
        ],
    )
    def test_that_comes_after_no_reply_any_more_is_not(
        self, owned: Desk, step: str, before: str, state: str
    ):
        """It is handled again, reviewed, or ends without; another reply plans another."""
        reply(owned)
        owned.tell(STEP, step=step, previous_state=before, state=state)
        assert drops(owned) == ["reply_overtaken"]
        owned.clock.advance(DAY)
        reply(owned)
        assert [plan.due_on for plan in plans(owned)] == ["2026-12-08", "2026-12-09"]

    @pytest.mark.parametrize(
        ("step", "before", "state"),
        [
            ("reply", "handling", "replied"),
            ("evaluate", "replied", "evaluated"),
            ("inspect", "evaluated", "evaluated"),
            ("transfer", "registered", "transferred"),
        ],
    )
    def test_is_reminded_of_whatever_else_is_done(
        self, owned: Desk, step: str, before: str, state: str
    ):
        """And such a step asks for nothing."""
        reply(owned)
        event = owned.tell(STEP, step=step, previous_state=before, state=state)
        assert drops(owned) == []
        assert list(needs()[STEP](event)) == []

    def test_closure_ends_it(self, owned: Desk, channel: FakeChannel):
        reply(owned)
        owned.tell("case.closed.v1")
        owned.tell("case.reopened.v1", ground="order")
        owned.run_until(instant(DUE_ON, time(20)))
        assert told(channel) == []
        assert drops(owned) == ["case_closed"]

    def test_is_reminded_of_again_where_the_matter_is_split_off(self, owned: Desk):
        """To the day that it ran to; while it was part of another nobody was."""
        reply(owned)
        owned.tell("ownership.merged.v1")
        owned.tell("ownership.split.v1")
        assert drops(owned) == ["merged"]
        assert [(plan.why, plan.due_on) for plan in plans(owned)] == [
            ("replied", "2026-12-08"),
            ("split", "2026-12-08"),
        ]

    def test_that_was_made_before_the_matter_was_merged_stays_made(self, owned: Desk):
        reply(owned)
        owned.tell(STEP, **VISITED)
        owned.tell("ownership.merged.v1")
        owned.tell("ownership.split.v1")
        assert len(plans(owned)) == 1


class TestWhoIsKeptOut:
    def test_an_accusation_stays_in_its_office(self, desk: Desk):
        desk.tell("ownership.awaited.v1", petition_class="accusation")
        desk.tell("ownership.taken.v1")
        reply(desk)
        assert plans(desk)[0].rises == {HEAD_OF_COUNTY: 3}

    def test_a_party_is_told_of_no_visit(self, desk: Desk, channel: FakeChannel):
        """The head of an accused office; the owner is told, and that one is not is on record."""
        desk.tell("ownership.awaited.v1", petition_class="accusation")
        desk.tell("ownership.taken.v1")
        desk.tell("parties.kept_out.v1", sealed=True, kept_out=[mark_of(number(), COUNTY)])
        reply(desk)
        desk.run_until(instant(date(2026, 12, 11), time(20)))
        assert {who for _, who, _ in told(channel)} == {HUANG}
        assert any(isinstance(fact, PetitionReminders.Withheld) for fact in desk.facts())


def test_a_dry_run_shows_it(desk: Desk) -> None:
    """`shouwen reminders plan follow_up_visit`."""
    told = Plans(desk.application).preview(VISIT, TODAY, COUNTY, None)
    assert told["due_on"] == DUE_ON.isoformat()
    assert [point["kind"] for point in told["points"]][:4] == [
        "workdays_5",
        "workdays_2",
        "day_1",
        "due",
    ]
