"""Counts the days of a term, one by one, so that every deadline can say why it is where it is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final, Literal
from zoneinfo import ZoneInfo

from statute.terms import TERMS, Counting, TermRule
from statute.workdays import DAY, DayKind, WorkCalendar

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

Why = Literal["counted", "runs_from", "not_worked", "hearing", "rolled"]


class TermRefusal(ValueError):  # noqa: N818 - it says what is the case
    """A term cannot be changed like that; nothing was changed.

    NotExtensible
    ExtendedBefore
    ExtensionTooLong
    Expired
    HearingCounts
    PauseUnordered
    """


class NotExtensible(TermRefusal):
    """The Regulation knows no extension of this term."""


class ExtendedBefore(TermRefusal):
    """A term is extended once."""


class ExtensionTooLong(TermRefusal):
    """The extension is not between one day and the longest that is allowed."""


class Expired(TermRefusal):
    """The last day is over; an extension has to be approved before."""


class HearingCounts(TermRefusal):
    """The time of a hearing is part of this term."""


class PauseUnordered(TermRefusal):
    """A pause ends before it begins, begins before the term, or meets another one."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count, the last one included; None while the hearing goes on."""

    first: date
    last: date | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a term.

    Attributes:
        number: its place among those that count; None for one that does not.
        known: whether the calendar was published for it.
    """

    day: date
    number: int | None
    why: Why
    kind: DayKind
    known: bool


@dataclass(frozen=True, slots=True)
class Due:
    """When a term ends.

    Attributes:
        on: its last day, in Shanghai.
        until: the instant at which that day is over, UTC.
        workday: the last day itself, or the next one that is worked.
        provisional: it or the workday lies in a year that is not published; to be counted again.
    """

    on: date
    until: datetime
    workday: date
    provisional: bool
    calendar: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term that runs.

    Attributes:
        runs_from: the day in Shanghai of what it is counted from.
        pauses: in order.
    """

    rule: TermRule
    runs_from: date
    counting: Counting
    extension_days: int = 0
    pauses: tuple[Pause, ...] = ()

    @classmethod
    def begin(cls, code: str, runs_from: date, counting: Counting | None = None) -> "Term":
        """Begin a term by its code in `TERMS`, counted as its rule says unless told otherwise."""
        rule = TERMS[code]
        return cls(rule, runs_from, counting or rule.counting)

    @property
    def length_days(self) -> int:
        return self.rule.length_days + self.extension_days

    @property
    def held_up(self) -> Pause | None:
        """The hearing that goes on."""
        return next((pause for pause in self.pauses if pause.last is None), None)

    def days(self, calendar: WorkCalendar) -> Iterator[Day]:
        """Yield each day up to the last; without end while a hearing goes on."""
        number, day = 0, self.runs_from
        if self.counting.first_day == "day_after":
            yield self._day(calendar, day, None, "runs_from")
            day += DAY
        while number < self.length_days:
            why = self._why(calendar, day)
            number += why == "counted"
            yield self._day(calendar, day, number if why == "counted" else None, why)
            day += DAY
        last = day - DAY
        while self.counting.roll_to_workday and not calendar.is_worked(last):
            last += DAY
            yield self._day(calendar, last, None, "rolled")

    def due(self, calendar: WorkCalendar) -> Due | None:
        """Return when the term ends; None while a hearing goes on."""
        if self.held_up is not None:
            return None
        *_, last = self.days(calendar)
        workday = calendar.workday_from(last.day)
        after = datetime.combine(last.day + DAY, time(), SHANGHAI)
        return Due(
            on=last.day,
            until=after.astimezone(ZoneInfo("UTC")),
            workday=workday,
            provisional=not calendar.knows(workday),
            calendar=calendar.version,
        )

    def extend(self, days: int, on: date, calendar: WorkCalendar) -> "Term":
        """Return the term extended; the head of the organ approves that, on a day before it ends.

        Raises:
            NotExtensible, ExtendedBefore, ExtensionTooLong, Expired.

        Source: Art 34.
        """
        most = self.rule.extension_days
        if not most:
            raise NotExtensible(f"{self.rule.code} has no extension")
        if self.extension_days:
            raise ExtendedBefore(f"was extended by {self.extension_days} days")
        if not 1 <= days <= most:
            raise ExtensionTooLong(f"takes 1 to {most} days")
        due = self.due(calendar)
        if due is not None and on > due.on:
            raise Expired(f"ended on {due.on}")
        return replace(self, extension_days=days)

    def pause(self, first: date, last: date | None = None) -> "Term":
        """Return the term without the days of a hearing; without `last` it goes on.

        Raises:
            HearingCounts, PauseUnordered.

        Source: Art 36.
        """
        if self.rule.hearing_counts:
            raise HearingCounts(f"the time of a hearing is part of {self.rule.code}")
        ended = [pause.last or date.max for pause in self.pauses]
        if first < self.runs_from or first <= max(ended, default=date.min):
            raise PauseUnordered("begins before the term or before another pause has ended")
        if last is not None and last < first:
            raise PauseUnordered("ends before it begins")
        return replace(self, pauses=(*self.pauses, Pause(first, last)))

    def resume(self, last: date) -> "Term":
        """Return the term with its open pause ended, `last` being the last day of the hearing.

        Raises:
            PauseUnordered: there is none, or it began later.
        """
        if not self.pauses or self.pauses[-1].last is not None:
            raise PauseUnordered("there is no hearing that goes on")
        open_pause = self.pauses[-1]
        return replace(self, pauses=self.pauses[:-1]).pause(open_pause.first, last)

    def _why(self, calendar: WorkCalendar, day: date) -> Why:
        if any(pause.covers(day) for pause in self.pauses):
            return "hearing"
        if self.counting.unit == "working" and not calendar.is_worked(day):
            return "not_worked"
        return "counted"

    @staticmethod
    def _day(calendar: WorkCalendar, day: date, number: int | None, why: Why) -> Day:
        return Day(day, number, why, calendar.kind_of(day), calendar.knows(day))
