"""A leader's morning digest 早报, an office's weekly one 周报: what to do first, on one page.

Numbers, terms and days only: no personal data. The most urgent comes first, and what is not urgent
is counted, not listed: who reads to the end has seen everything that waits for him today.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from services.notify.domain.planning import Hours, instant
from statute.terms import TERMS
from statute.workdays import DAY, WorkCalendar

WEEKDAYS: Final = "一二三四五六日"
SOON_WORKDAYS: Final = 5
AT: Final = time(8, 30)
# What has not arrived by noon is left out: the minute of noon is the last one.
NOON, OVER = time(12), time(12, 1)
LISTED_MAX: Final = 10
# So many of a kind are looked at: who has more has other means than a digest.
COUNTED_MAX: Final = 2_000
OWNERS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Running:
    """A term that runs.

    Attributes:
        due_on: its last day; None while a hearing goes on.
        owner: staff number; empty while nobody owns the matter.
    """

    number: str
    term: str
    due_on: date | None
    owner: str

    @property
    def owed(self) -> bool:
        """Whether somebody owes a step within it; a right only lapses."""
        return not TERMS[self.term].lapses

    @property
    def words(self) -> str:
        """The term in the words of the Regulation."""
        return TERMS[self.term].chinese


@dataclass(frozen=True, slots=True)
class Section:
    """Attributes: more: how many there are beside the lines."""

    heading: str
    lines: Sequence[str]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """One page.

    Attributes:
        summary: what there is, in a sentence.
        closing: what is left to say.
    """

    title: str
    summary: str
    sections: Sequence[Section]
    closing: str

    def text(self) -> str:
        """Return it as plain text."""
        lines = [f"【{self.title}】", self.summary]
        for section in self.sections:
            lines += ["", f"{section.heading}:", *_numbered(section)]
        return "\n".join([*lines, "", self.closing])

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [f"## {self.title}", "", self.summary]
        for section in self.sections:
            lines += ["", f"### {section.heading}", "", *_numbered(section)]
        return "\n".join([*lines, "", f"> {self.closing}"])


@dataclass(frozen=True)
class Sorted:
    """Terms that run, sorted by how they stand to a day."""

    running: Sequence[Running]
    today: date
    calendar: WorkCalendar

    @property
    def late(self) -> list[Running]:
        return [each for each in self._owed() if _due(each) < self.today]

    @property
    def due_today(self) -> list[Running]:
        return [each for each in self._owed() if _due(each) == self.today]

    @property
    def due_this_week(self) -> list[Running]:
        """What is due from today to Sunday."""
        sunday = self.today + (6 - self.today.weekday()) * DAY
        return [each for each in self._owed() if self.today <= _due(each) <= sunday]

    def due_within(self, workdays: int) -> list[Running]:
        """Return what is due after today, within so many working days."""
        last = self.today
        for _ in range(workdays):
            last = self.calendar.workday_from(last + DAY)
        return [each for each in self._owed() if self.today < _due(each) <= last]

    def workdays_late(self, each: Running) -> int:
        """Return how many working days have gone since a last day."""
        day, count = _due(each), 0
        while day < self.today:
            day += DAY
            count += self.calendar.is_worked(day)
        return count

    def _owed(self) -> Iterator[Running]:
        owed = [each for each in self.running if each.owed and each.due_on is not None]
        return iter(sorted(owed, key=lambda each: (_due(each), each.number, each.term)))


def morning(open_count: int, running: Sequence[Running], today: date, by: WorkCalendar) -> Digest:
    """Return a leader's digest of a day.

    Args:
        open_count: how many open matters he owns.
    """
    terms = Sorted(running, today, by)
    late, due, soon = terms.late, terms.due_today, terms.due_within(SOON_WORKDAYS)
    summary = (
        f"您承担首问责任的在办事项{counted(open_count, '件')}。"
        f"期限逾期{counted(len(late), '项')}，今日到期{len(due)}项，"
        f"{SOON_WORKDAYS}个工作日内到期{len(soon)}项。"
    )
    sections = [
        _section("已经逾期，请今天督促", late, terms),
        _section("今日到期", due, terms),
        _section(f"{SOON_WORKDAYS}个工作日内到期", soon, terms),
    ]
    calm = "今天没有到期或逾期的事项。" if not (late or due) else "请逐项过问，办结前首问责任不变。"
    return Digest(f"首问早报 {_day(today)}", summary, [each for each in sections if each], calm)


def weekly(
    untaken: Sequence[str], running: Sequence[Running], today: date, by: WorkCalendar
) -> Digest:
    """Return an office's digest of a week.

    Args:
        untaken: numbers of the petitions that nobody owns yet, the oldest first.
    """
    terms = Sorted(running, today, by)
    late, soon = terms.late, terms.due_this_week
    matters = len({each.number for each in running})
    summary = (
        f"本单位有期限在办的事项{counted(matters, '件', of=len(running))}。"
        f"期限逾期{counted(len(late), '项')}，本周到期{len(soon)}项，"
        f"待首接{counted(len(untaken), '件')}。"
    )
    owners = Counter(each.owner for each in late if each.owner).most_common(OWNERS_MAX)
    sections = [
        _section("逾期最久", late, terms),
        _section("本周到期", soon, terms),
        Section("待首接，请安排接访", untaken[:LISTED_MAX], max(0, len(untaken) - LISTED_MAX)),
        Section("逾期较多的首问责任领导", [f"{owner}:{count}项" for owner, count in owners]),
    ]
    calm = "本周没有逾期事项。" if not late else "逾期事项请逐项督促，首问责任领导不变。"
    return Digest(
        f"首问周报 {_day(today)}", summary, [each for each in sections if each and each.lines], calm
    )


def hours_for(own: Hours | None) -> Hours:
    """Return when a digest is sent: on working days, in the morning, and in his own hours.

    Whose hours begin later has it then.
    """
    begins = max(AT, own.begins) if own else AT
    ends = own.ends if own else OVER
    return Hours(begins, min(OVER, ends) if begins < NOON else ends)


def next_after(digest: str, day: date, by: WorkCalendar) -> datetime | None:
    """Return when the next digest after a day is due: each working day, or the first of a week."""
    if digest == "none":
        return None
    step = DAY if digest == "morning" else timedelta(days=7 - day.weekday())
    return instant(by.workday_from(day + step), AT)


def counted(count: int, measure: str, *, of: int = 0) -> str:
    """Return a number as it is told: that there are more than were looked at is said.

    Args:
        of: how many were looked at to count these; the count itself unless given.
    """
    more = "以上" if max(count, of) >= COUNTED_MAX else ""
    return f"{count}{measure}{more}"


def _section(heading: str, terms: Sequence[Running], sorted_: Sorted) -> Section | None:
    if not terms:
        return None
    lines = [_line(each, sorted_) for each in terms[:LISTED_MAX]]
    return Section(heading, lines, len(terms) - len(lines))


def _line(each: Running, terms: Sorted) -> str:
    due_on = _due(each)
    late = terms.workdays_late(each)
    # Since a Friday no working day has gone on a Sunday.
    by = f"{late}个工作日" if late else ""
    tail = f"，已逾期{by}" if due_on < terms.today else ""
    return f"{each.number} {each.words}{due_on.month}月{due_on.day}日届满{tail}"


def _numbered(section: Section) -> list[str]:
    lines = [f"{place}. {line}" for place, line in enumerate(section.lines, start=1)]
    return [*lines, f"另有{section.more}项。"] if section.more else lines


def _due(each: Running) -> date:
    return each.due_on or date.max


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日 星期{WEEKDAYS[day.weekday()]}"
