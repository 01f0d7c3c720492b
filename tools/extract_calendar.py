# noqa: INP001 - a program, not part of a package
"""Writes a calendar of working days from `chinesecalendar`.

    .venv/bin/python tools/extract_calendar.py 2026

Run once when the notice of another year is out and the library has it; what it writes is read by
`statute.workdays` and checked against a second library by the tests.
"""

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

FIRST_YEAR = 2004
FOLDER = Path(__file__).parents[1] / "statute" / "calendars"


def extracted(last_year: int) -> dict[str, object]:
    first, last = date(FIRST_YEAR, 1, 1), date(last_year, 12, 31)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    worked = {day: chinese_calendar.is_workday(day) for day in days}
    weekend = {day: day.weekday() in {5, 6} for day in days}
    return {
        "version": f"cn-{last_year}",
        "first": str(first),
        "last": str(last),
        "holidays": [str(day) for day in days if not worked[day] and not weekend[day]],
        "make_up_days": [str(day) for day in days if worked[day] and weekend[day]],
    }


if __name__ == "__main__":
    year = int(sys.argv[1])
    target = FOLDER / f"cn-{year}.json"
    target.write_text(json.dumps(extracted(year), indent=1) + "\n")
