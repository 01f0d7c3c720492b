"""Working days as the State Council's yearly notices set them, in versions.

A notice makes weekdays into holidays and weekend days into working days (调休). The notice of a
year comes out late in the year before, so every version ends somewhere; what lies beyond is a
guess.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

DayKind = Literal["workday", "make_up_day", "weekend", "holiday"]

WORKED: Final = frozenset({"workday", "make_up_day"})
FIRST_WEEKEND_DAY: Final = 5
DAY: Final = timedelta(days=1)


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
            calendar = cls(
                version=str(given["version"]),
                first=date.fromisoformat(given["first"]),
                last=date.fromisoformat(given["last"]),
                holidays=frozenset(map(date.fromisoformat, given["holidays"])),
                make_up_days=frozenset(map(date.fromisoformat, given["make_up_days"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CalendarUnreadable(f"not a calendar: {error}") from error
        calendar._check()
        return calendar

    def _check(self) -> None:
        outside = [day for day in self.holidays | self.make_up_days if not self.knows(day)]
        idle = [day for day in self.holidays if _in_weekend(day)]
        idle += [day for day in self.make_up_days if not _in_weekend(day)]
        for days, why in ((outside, "lies outside of first to last"), (idle, "is that anyway")):
            if days:
                raise CalendarUnreadable(f"{min(days)} {why}")

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
