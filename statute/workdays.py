"""Working days as the State Council's yearly notices set them, in versions.

A notice makes weekdays into holidays and weekend days into working days (调休). The notice of a
year comes out late in the year before, so every version ends somewhere; what lies beyond is a
guess.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

DayKind = Literal["workday", "make_up_day", "weekend", "holiday"]

WORKED: Final = frozenset({"workday", "make_up_day"})
FIRST_WEEKEND_DAY: Final = 5
DAY: Final = timedelta(days=1)
# What a calendar is written as, in files and in facts.
CALENDAR_FIELDS: Final = ("version", "first", "last", "holidays", "make_up_days")


class CalendarUnreadable(ValueError):  # noqa: N818 - it says what is the case
    """A calendar is not in the form that `WorkCalendar.from_json` describes."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked.

    Attributes:
        version: name under which a term says by what it was counted.
        first: first day that is known.
        last: last day that is known; later ones are taken as a plain week.
        holidays: weekdays that are not worked.
        make_up_days: days of a weekend that are worked.
    """

    version: str
    first: date
    last: date
    holidays: frozenset[date]
    make_up_days: frozenset[date]

    @classmethod
    def from_json(cls, text: str) -> "WorkCalendar":
        """Read an object of version, first, last, holidays and make_up_days, days as YYYY-MM-DD.

        Raises:
            CalendarUnreadable: something is missing, no day, or marks a day as what it is anyway.
        """
        try:
            given: Mapping[str, Any] = json.loads(text)
            calendar = cls.from_texts(**{name: given[name] for name in CALENDAR_FIELDS})
        except (KeyError, TypeError, ValueError) as error:
            raise CalendarUnreadable(f"not a calendar: {error}") from error
        _check(calendar)
        return calendar

    @classmethod
    def from_texts(
        cls,
        version: str,
        first: str,
        last: str,
        holidays: Iterable[str],
        make_up_days: Iterable[str],
    ) -> "WorkCalendar":
        """Read a calendar as facts have it, days as YYYY-MM-DD."""
        return cls(
            version=str(version),
            first=date.fromisoformat(first),
            last=date.fromisoformat(last),
            holidays=frozenset(map(date.fromisoformat, holidays)),
            make_up_days=frozenset(map(date.fromisoformat, make_up_days)),
        )

    def knows(self, day: date) -> bool:
        """Tell whether the day was published when this version was made."""
        return self.first <= day <= self.last

    def kind_of(self, day: date) -> DayKind:
        if day in self.holidays:
            return "holiday"
        if day in self.make_up_days:
            return "make_up_day"
        return "weekend" if _in_weekend(day) else "workday"

    def is_worked(self, day: date) -> bool:
        return self.kind_of(day) in WORKED

    def contradictions(self, other: "WorkCalendar") -> list[date]:
        """Return the days, in order, that both know and of which they say different things.

        The notice of a year changes days of the December before it as well: that of 2019 did.
        """
        said = (self.holidays ^ other.holidays) | (self.make_up_days ^ other.make_up_days)
        return sorted(day for day in said if self.knows(day) and other.knows(day))

    def workday_from(self, day: date) -> date:
        """Return the day itself when it is worked, else the next that is."""
        while not self.is_worked(day):
            day += DAY
        return day


@cache
def shipped_calendars() -> tuple[WorkCalendar, ...]:
    """Return the calendars that come with the project, the one that knows the most days last."""
    texts = (each.read_text() for each in files("statute.calendars").iterdir() if _is_data(each))
    return tuple(sorted(map(WorkCalendar.from_json, texts), key=lambda calendar: calendar.last))


def newest_calendar() -> WorkCalendar:
    """Return the newest calendar that comes with the project."""
    return shipped_calendars()[-1]


def _is_data(file: Any) -> bool:
    return str(file.name).endswith(".json")


def _in_weekend(day: date) -> bool:
    return day.weekday() >= FIRST_WEEKEND_DAY


def _check(calendar: WorkCalendar) -> None:
    marked = calendar.holidays | calendar.make_up_days
    outside = [day for day in marked if not calendar.knows(day)]
    idle = [day for day in calendar.holidays if _in_weekend(day)]
    idle += [day for day in calendar.make_up_days if not _in_weekend(day)]
    for days, why in ((outside, "lies outside of first to last"), (idle, "is that anyway")):
        if days:
            raise CalendarUnreadable(f"{min(days)} {why}")
