"""Digests: everything that waits today, the most urgent first, nothing that does not."""

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from services.notify.application.digesting import AGAIN_AFTER, Digests
from services.notify.application.ports import CasesAway
from services.notify.application.preferring import Preferring, Stated
from services.notify.domain.digest import Running, morning, weekly
from services.notify.domain.planning import instant
from services.notify.domain.preferences import Preferences
from services.notify.gateways.cases import ResponsibilityCases
from services.notify.readmodels.reminders import ReminderTable
from statute.parties import mark_of
from statute.workdays import newest_calendar
from tests.builders import CITY, COUNTY, DAY, HUANG, SHEN, TODAY, Clock, number
from tests.unit.notify.desk import Desk, FakeChannel
from tests.unit.notify.test_responses import command

CALENDAR = newest_calendar()


def running(serial: int, days: int, term: str = "handling", owner: str = HUANG) -> Running:
    """A term that ends so many days from today."""
    return Running(number(serial), term, TODAY + timedelta(days=days), owner)


# Eleven open, two late, one due today.
ELEVEN = [
    running(1, -1),
    running(2, -11, "acceptance"),
    running(3, 0),
    running(4, 3),
    running(5, 7),
    *[running(serial, 30) for serial in range(6, 12)],
]


class TestTheMorning:
    def test_says_what_there_is_in_a_sentence(self):
        """Eleven open, two late, one due today."""
        digest = morning(11, ELEVEN, TODAY, CALENDAR)
        assert digest.title == "首问早报 2026年11月24日 星期二"
        assert digest.summary == (
            "您承担首问责任的在办事项11件。期限逾期2项，今日到期1项，5个工作日内到期2项。"
        )

    def test_lists_the_longest_late_first(self):
        """With the working days that have gone since."""
        late, due, soon = morning(11, ELEVEN, TODAY, CALENDAR).sections
        assert late.lines == [
            f"{number(2)} 受理告知11月13日届满，已逾期7个工作日",
            f"{number(1)} 办理11月23日届满，已逾期1个工作日",
        ]
        assert due.lines == [f"{number(3)} 办理11月24日届满"]
        assert [line[:28] for line in soon.lines] == [f"{number(n)} " for n in (4, 5)]

    def test_counts_what_would_make_it_too_long(self):
        """Ten are read, a hundred are not."""
        many = [running(serial, -3) for serial in range(1, 101)]
        (late,) = morning(100, many, TODAY, CALENDAR).sections
        assert (len(late.lines), late.more) == (10, 90)
        assert "另有90项。" in morning(100, many, TODAY, CALENDAR).text()

    def test_of_a_quiet_day_is_three_lines(self):
        """Nothing waits: that is said, and nothing else."""
        text = morning(4, [running(1, 40)], TODAY, CALENDAR).text()
        assert text.splitlines()[-1] == "今天没有到期或逾期的事项。"
        assert len(text.splitlines()) == 4

    @pytest.mark.parametrize("term", ["objection", "review_request", "re_review_request"])
    def test_nobody_is_late_with_a_right_that_lapses(self, term: str):
        """It is somebody else's, and he need not use it."""
        assert not morning(1, [running(1, -2, term)], TODAY, CALENDAR).sections

    def test_a_hearing_that_goes_on_has_no_last_day(self):
        """It is open, and neither late nor due."""
        going_on = Running(number(), "re_review", None, HUANG)
        assert not morning(1, [going_on], TODAY, CALENDAR).sections

    def test_markdown_says_the_same(self):
        """With headings in the place of colons."""
        digest = morning(11, ELEVEN, TODAY, CALENDAR)
        assert digest.markdown().startswith("## 首问早报 2026年11月24日 星期二\n\n您承担")
        assert [line for line in digest.markdown().splitlines() if line.startswith("###")] == [
            "### 已经逾期，请今天督促",
            "### 今日到期",
            "### 5个工作日内到期",
        ]
        said = [digest.text().splitlines(), digest.markdown().splitlines()]
        text, markdown = ([line for line in lines if ". XF" in line] for lines in said)
        assert text == markdown


class TestTheWeek:
    def test_names_who_has_most_that_is_late_and_what_nobody_owns(self):
        """Staff numbers, no names."""
        terms = [running(1, -1), running(2, -2), running(3, -3, owner=SHEN), running(4, 2)]
        digest = weekly([number(9)], terms, TODAY, CALENDAR)
        assert digest.summary == "本单位有期限在办的事项4件。期限逾期3项，本周到期1项，待首接1件。"
        assert {section.heading: list(section.lines) for section in digest.sections[2:]} == {
            "待首接，请安排接访": [number(9)],
            "逾期较多的首问责任领导": [f"{HUANG}:2项", f"{SHEN}:1项"],
        }

    def test_of_a_good_week_is_short(self):
        """Nothing late, nothing open."""
        assert weekly([], [], date(2026, 11, 23), CALENDAR).text().splitlines() == [
            "【首问周报 2026年11月23日 星期一】",
            "本单位有期限在办的事项0件。期限逾期0项，本周到期0项，待首接0件。",
            "",
            "本周没有逾期事项。",
        ]


class TestWhatIsSaid:
    MONDAY = date(2026, 11, 23)

    def test_this_week_ends_on_sunday(self):
        """What is due next Monday is next week's."""
        ends = [self.MONDAY + days * DAY for days in (0, 5, 6, 7)]
        terms = [Running(number(n), "handling", day, HUANG) for n, day in enumerate(ends, start=1)]
        digest = weekly([], terms, self.MONDAY, CALENDAR)
        assert "本周到期3项" in digest.summary
        assert number(4) not in digest.text()

    def test_nobody_is_said_to_have_been_told(self):
        """One day late nobody above has been."""
        late = [Running(number(), "handling", self.MONDAY - 3 * DAY, HUANG)]
        assert weekly([], late, self.MONDAY, CALENDAR).closing == (
            "逾期事项请逐项督促，首问责任领导不变。"
        )

    def test_late_by_no_working_day_is_late(self):
        """Asked for on a Sunday, of what ended on Saturday."""
        ended = [Running(number(), "handling", date(2026, 11, 28), HUANG)]
        (late,) = morning(1, ended, date(2026, 11, 29), CALENDAR).sections
        assert late.lines == [f"{number()} 办理11月28日届满，已逾期"]

    def test_three_terms_of_one_matter_are_no_three_matters(self):
        """Matters and terms are counted apart."""
        terms = ("handling", "supervision", "report_back")
        late = [Running(number(), term, self.MONDAY - 9 * DAY, HUANG) for term in terms]
        assert "在办事项1件。期限逾期3项" in morning(1, late, self.MONDAY, CALENDAR).summary

    def test_what_was_not_counted_is_said_to_be_more(self):
        """An office of five thousand: two thousand are looked at."""

        class Caller:
            def call(self, _service: str, _method: str, *, cursor: str, limit: int, **_asked: Any):
                first = int(cursor or 0)
                item = {"term": "handling", "due_on": "2026-12-30", "owner": HUANG}
                items = [{**item, "number": f"N{first + n}"} for n in range(limit)]
                return {"items": items, "next_cursor": str(first + limit)}

        caller: Any = Caller()
        cases = ResponsibilityCases(caller)
        told = weekly(cases.untaken_in(COUNTY), cases.running_in(COUNTY), self.MONDAY, CALENDAR)
        assert "事项2000件以上" in told.summary
        assert "待首接2000件以上" in told.summary


@dataclass
class FakeCases:
    """Eleven of everybody, none untaken. Attributes: away: responsibility does not answer."""

    away: bool = False

    def open_of(self, _owner: str) -> list[str]:
        if self.away:
            raise CasesAway
        return [number(serial) for serial in range(1, 12)]

    def running_of(self, _owner: str) -> list[Running]:
        return ELEVEN

    def running_in(self, _office: str) -> list[Running]:
        return ELEVEN

    def untaken_in(self, _office: str) -> list[str]:
        return []


class NothingKept:
    def keep(self, *_given: object) -> None:
        """Where people are reached is of no account here."""


MORNING = instant(TODAY + DAY, time(8, 30))


@pytest.fixture
def cases() -> FakeCases:
    return FakeCases()


@pytest.fixture
def digests(desk: Desk, cases: FakeCases) -> Digests:
    """HUANG, who gets a digest each morning."""
    ways, pace = desk.deliveries.ways, desk.deliveries.pace
    preferring = Preferring(desk.application, ways, pace, NothingKept())
    preferring.state(command(), HUANG, Stated([], None, [], "morning"))
    return Digests(desk.application, cases, desk.deliveries, ReminderTable())


class TestSending:
    def test_is_at_half_past_eight_on_each_working_day(
        self, digests: Digests, channel: FakeChannel, clock: Clock
    ):
        """Once a day; not at a weekend."""
        days = []
        while clock() < instant(date(2026, 12, 1), time(9)):
            clock.advance(timedelta(minutes=30))
            sent = len(channel.told)
            digests.send_due()
            days += [f"{clock():%m-%d %H:%M}"] * (len(channel.told) - sent)
        assert days == ["11-25 00:30", "11-26 00:30", "11-27 00:30", "11-30 00:30", "12-01 00:30"]
        assert "在办事项11件" in channel.told[0].sentence

    def test_is_tried_again_until_noon(
        self, desk: Desk, digests: Digests, channel: FakeChannel, clock: Clock, cases: FakeCases
    ):
        """Under one id; what has not arrived by then is left out, and on record as such."""
        clock.now, cases.away = MORNING, True
        assert digests.send_due() == 1
        assert digests.send_due() == 0
        cases.away, channel.outcomes = False, ["http_503"] * 3
        for _ in range(3):
            clock.advance(AGAIN_AFTER)
            digests.send_due()
        assert len({each.reminder_id for each in channel.told}) == 1
        clock.now, channel.outcomes = instant(TODAY + DAY, time(12)), ["http_503"]
        digests.send_due()
        (left_out,) = [f for f in desk.facts() if isinstance(f, Preferences.DigestSent)]
        assert left_out.outcomes == {"file": "http_503"}
        assert left_out.digest_at == MORNING + DAY

    def test_ends_when_he_wants_none(
        self, desk: Desk, digests: Digests, channel: FakeChannel, clock: Clock
    ):
        """From the next day on."""
        ways, pace = desk.deliveries.ways, desk.deliveries.pace
        preferring = Preferring(desk.application, ways, pace, NothingKept())
        preferring.state(command(request="request-2"), HUANG, Stated([], None, []))
        clock.now = MORNING
        assert digests.send_due() == 0
        assert channel.told == []

    def test_of_an_office_is_on_the_first_working_day_of_a_week(
        self, desk: Desk, digests: Digests, channel: FakeChannel, clock: Clock
    ):
        """To whoever is its head."""
        head = f"office_head:{COUNTY}"
        preferring = Preferring(
            desk.application, desk.deliveries.ways, desk.deliveries.pace, NothingKept()
        )
        preferring.state(command(head, "request-3"), head, Stated([], None, [], "weekly"))
        clock.now = instant(date(2026, 11, 30), time(8, 30))
        digests.send_due()
        assert {each.recipient: each.sentence[1:5] for each in channel.told} == {
            HUANG: "首问早报",
            head: "首问周报",
        }


class TestWhatIsSealed:
    @pytest.fixture
    def kept_out(self, desk: Desk, digests: Digests) -> Digests:
        """HUANG and his office are parties to petition 1."""
        marks = [mark_of(number(), code) for code in (HUANG, COUNTY)]
        desk.tell("parties.kept_out.v1", sealed=True, kept_out=marks)
        return digests

    def test_is_in_no_digest_of_a_party(self, kept_out: Digests):
        """Neither counted nor listed."""
        told = kept_out.morning(HUANG)["text"]
        assert "在办事项10件。期限逾期1项" in told
        assert number(1) not in told
        assert number(1) not in kept_out.weekly(COUNTY)["text"]

    def test_is_in_no_digest_sent_to_somebody_of_an_office_that_is_one(
        self, desk: Desk, digests: Digests, channel: FakeChannel, clock: Clock
    ):
        """He is none himself; which office he is of he has said with his preferences."""
        desk.tell("parties.kept_out.v1", sealed=True, kept_out=[mark_of(number(), COUNTY)])
        desk.deliver()
        channel.told.clear()
        clock.now = MORNING
        digests.send_due()
        assert number(1) not in channel.told[0].sentence
        assert "在办事项10件" in channel.told[0].sentence

    def test_is_in_that_of_somebody_of_another(
        self, desk: Desk, digests: Digests, channel: FakeChannel, clock: Clock
    ):
        desk.tell("parties.kept_out.v1", sealed=True, kept_out=[mark_of(number(), CITY)])
        clock.now = MORNING
        digests.send_due()
        assert "在办事项11件" in channel.told[0].sentence

    @pytest.mark.parametrize(("marked", "count"), [(CITY, 10), ("", 11)])
    def test_is_in_none_where_nobody_knows_his_office(
        self, desk: Desk, channel: FakeChannel, clock: Clock, marked: str, count: int
    ):
        """An operator has stated his preferences; what has no parties is in it."""
        ways, pace = desk.deliveries.ways, desk.deliveries.pace
        operator = replace(command(), by="operator", onlooker=("operator", ""), recipients=None)
        preferring = Preferring(desk.application, ways, pace, NothingKept())
        preferring.state(operator, HUANG, Stated([], None, [], "morning"))
        marks = [mark_of(number(), marked)] if marked else []
        desk.tell("parties.kept_out.v1", sealed=True, kept_out=marks)
        clock.now = MORNING
        Digests(desk.application, FakeCases(), desk.deliveries, ReminderTable()).send_due()
        assert f"在办事项{count}件" in channel.told[0].sentence

    def test_stays_out_when_an_operator_changes_his_preferences(
        self, desk: Desk, digests: Digests, channel: FakeChannel, clock: Clock
    ):
        """What he has said himself stands."""
        ways, pace = desk.deliveries.ways, desk.deliveries.pace
        operator = replace(command(request="r-9"), by="operator", onlooker=("operator", ""),
                           recipients=None)  # fmt: skip
        preferring = Preferring(desk.application, ways, pace, NothingKept())
        preferring.state(operator, HUANG, Stated([], None, [], "morning"))
        desk.tell("parties.kept_out.v1", sealed=True, kept_out=[mark_of(number(), CITY)])
        clock.now = MORNING
        digests.send_due()
        assert "在办事项11件" in channel.told[0].sentence

    def test_is_not_shown_to_a_party_who_asks_for_another(self, kept_out: Digests):
        """An auditor, an operator; the other himself has it."""
        assert number(1) not in kept_out.morning(SHEN, HUANG, "")["text"]
        assert number(1) in kept_out.morning(SHEN)["text"]
