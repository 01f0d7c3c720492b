"""The calendars of working days that the terms of a case were counted by, to count them again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chassis.eventstore.transaction import Questions
from services.audit.verifier import calendars_in
from statute.workdays import CALENDAR_FIELDS, WorkCalendar, shipped_calendars

Calendar = Mapping[str, Any]

# The one stream of them in responsibility; in the contracts it is the subject of their events.
PUBLISHED: Final = "5d1d6c3a-0f5e-5b1b-9a44-6a1f8b7c2e90"
_IMPORTED: Final = (
    "SELECT data FROM timeline WHERE petition_id = ?"
    " AND type IN ('calendar.imported.v1', 'calendar.replaced.v1') ORDER BY source, position"
)


def calendars_of(questions: Questions, events: Iterable[bytes]) -> Sequence[Calendar]:
    """Return the calendars that events name: those that are shipped, and those that were imported.

    What is not known here yet is left out; the verifier says so.
    """
    named = {name for event in events for name in calendars_in(json.loads(event)["data"])}
    known = {calendar.version: _told(calendar) for calendar in shipped_calendars()}
    if named - known.keys():
        known |= {each["version"]: each for each in _imported(questions)}
    return [known[version] for version in sorted(named & known.keys())]


def _imported(questions: Questions) -> Iterable[Calendar]:
    for (data,) in questions.query(_IMPORTED, (PUBLISHED,)):
        told = json.loads(data)
        yield {name: told[name] for name in CALENDAR_FIELDS}


def _told(calendar: WorkCalendar) -> Calendar:
    return {
        "version": calendar.version,
        "first": calendar.first.isoformat(),
        "last": calendar.last.isoformat(),
        "holidays": [day.isoformat() for day in sorted(calendar.holidays)],
        "make_up_days": [day.isoformat() for day in sorted(calendar.make_up_days)],
    }
