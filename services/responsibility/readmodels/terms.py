"""Statutory terms as they are listed: by matter, owner, unit, office; what runs, what is late."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import Key, key_of, page_of
from chassis.eventstore.transaction import Questions, Row, Writing
from services.responsibility.application.calendars import NewerCalendar
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.policy import (
    PASSED_ON_AT_MOST,
    PASSING_ON,
    SEALED,
    day_of,
)
from services.responsibility.domain.under_way import CARRYING_OUT
from services.responsibility.readmodels.caseloads import BEGINNING, Onlooker, shown_to
from statute.counting import Term
from statute.terms import TERMS
from statute.workdays import newest_calendar

# A hearing goes on: the term has no last day, and sorts behind all that have one.
OPEN_ENDED: Final = date.max
RUNNING: Final = ""
BEFORE_ALL_TERMS: Final = (0, "")
# Rights that lapse unused: nobody is late with them.
_LAPSING: Final = ", ".join(f"'{code}'" for code, rule in TERMS.items() if rule.lapses)

_OUTLASTING: Final = ", ".join(f"'{code}'" for code, rule in TERMS.items() if rule.outlasts)

# What the record itself shows to be a reason for supervision, one row a matter and reason. A delay
# that is over by now stays until it is answered, and like buck-passing until the closure.
_TO_SUPERVISE: Final = (
    "SELECT f.number, f.shows, f.since_day, c.office, c.owner, COALESCE(k.unit, ''),"  # noqa: S608 - our own codes
    " c.petition_class, c.kept_out FROM ("
    "SELECT number, shows, min(since_day) AS since_day FROM ("
    f"SELECT number, CASE term WHEN '{CARRYING_OUT}' THEN 'opinion_not_carried_out'"
    " ELSE 'delay' END AS shows, due_day AS since_day FROM term"
    f" WHERE ended_on = '{RUNNING}' AND due_day < ? AND term NOT IN ({_LAPSING})"
    f" UNION ALL SELECT t.number, 'delay', CASE t.due_day WHEN {OPEN_ENDED.toordinal()}"
    " THEN t.over_day ELSE t.due_day END FROM term t JOIN caseload m ON m.number = t.number"
    f" WHERE t.late_days > 0 AND t.answered = 0 AND t.term <> '{CARRYING_OUT}'"
    " AND m.state NOT IN ('closed', 'merged')"
    " UNION ALL SELECT number, shows, since_day FROM supervision_reason WHERE settled = 0"
    " UNION ALL SELECT number, 'buck_passing', passed_on_day FROM course"
    " WHERE passed_on > ? AND state NOT IN ('closed', 'merged')"
    ") shown GROUP BY number, shows"
    ") f JOIN caseload c ON c.number = f.number LEFT JOIN course k ON k.number = f.number"
    f" WHERE c.office LIKE ? AND (c.petition_class <> '{SEALED}' OR 1 = ? OR c.office = ?"
    " OR c.kept_out <> '')"
    " AND c.state <> 'merged'"
    " AND (f.number, f.shows) > (?, ?) ORDER BY f.number, f.shows LIMIT ?"
)

# What a course has not begun to count is in calendar days, and names no calendar.
_OUTDATED: Final = (
    "SELECT DISTINCT t.number, m.petition_id FROM term t JOIN matter m"  # noqa: S608 - our own codes
    f" ON m.number = t.number WHERE t.ended_on = '{RUNNING}'"
    " AND ((t.provisional = 1 AND t.due_day <= ?) OR t.due_day BETWEEN ? AND ?)"
    " AND t.calendar NOT IN ('', ?) ORDER BY t.number LIMIT ?"
)

# The matter that a number leads to, under whichever number its terms began.
_OF_THE_MATTER: Final = (
    "t.number IN (SELECT s.number FROM matter m JOIN matter s ON s.petition_id = m.petition_id"
    " WHERE m.number = ?)"
)

_NOT_SEALED_FOR: Final = (
    f"(c.petition_class <> '{SEALED}' OR c.owner = ? OR t.office = ? OR k.unit = ?"
    " OR c.kept_out <> '')"
)
_SELECT: Final = (
    "SELECT t.number, t.term, COALESCE(c.owner, '') AS owner, t.office,"
    " COALESCE(k.unit, '') AS unit, t.due_day, t.ended_on, t.provisional, t.late_days, t.id,"
    " COALESCE(c.petition_class, '') AS petition_class, COALESCE(c.kept_out, '') AS kept_out"
    " FROM term t"
    " LEFT JOIN caseload c ON c.number = t.number LEFT JOIN course k ON k.number = t.number"
)


@dataclass(frozen=True, slots=True)
class TermsAsked:
    """Which terms are asked for; None asks nothing.

    Attributes:
        reach: leading digits of the regions of the matters that are shown; empty for all.
        sealed_of: who asks and his office, whose accusations are shown; None for all.
    """

    number: str | None = None
    owner: str | None = None
    unit: str | None = None
    office: str | None = None
    running: bool | None = None
    late: bool | None = None
    due_until: date | None = None
    reach: str = ""
    sealed_of: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller may see.

    Attributes:
        reach: leading digits of the regions of the matters; empty for all.
        sealed_of: whose accusations are shown: of this office; None for all.
    """

    reach: str
    sealed_of: str | None


class TermTables:
    """The tables `term`, all that ever began, and `course`, with the handling unit.

    And `supervision_reason`, what was found, and whether it was answered since.
    """

    tables: ClassVar = ("term", "course", "supervision_reason")

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        del recorded
        change = _CHANGES.get(type(event))
        if change is not None:
            change(transaction, event)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, Ownership.Awaited):
            yield Made("term", {"id": _id(event.number, "first_step")})
        elif isinstance(event, Course.Begun):
            yield Made("course", {"number": event.number})
        elif isinstance(event, Course.SupervisionFound):
            yield Made("supervision_reason", {"id": _id(event.number, event.trigger)})

    @staticmethod
    def listed(  # noqa: PLR0913, PLR0917 - what is asked, for whom, which page
        transaction: Questions,
        onlooker: Onlooker,
        asked: TermsAsked,
        today: date,
        limit: int,
        cursor: str,
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page, the earliest last day first, and the cursor of the next."""
        clauses, params = _conditions(asked, today)
        clauses.append("(t.due_day, t.id) > (?, ?)")

        def rows_behind(behind: Key | None, count: int) -> list[Row]:
            after = [*params, *(behind or BEFORE_ALL_TERMS)]
            parts = [(clauses, after)]
            if asked.late:
                parts = [([*clauses, late], [*after, *of]) for late, of in _late_by_now(today)]
            return transaction.query(*_page(parts, count))

        rows, next_cursor = page_of(
            rows_behind,
            lambda row: onlooker.is_shown(row[-2], row[-1], row[3], knows=_knows(asked, row)),
            lambda row: (row[5], row[9]),
            key_of(cursor, (int, str)),
            limit,
        )
        return [_item(row[:9], today) for row in rows], next_cursor

    @staticmethod
    def to_supervise(  # noqa: PLR0913, PLR0917 - as above
        transaction: Questions,
        onlooker: Onlooker,
        seen: Seen,
        today: date,
        limit: int,
        cursor: str,
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of matters that the record shows a reason for supervision of."""

        def rows_behind(behind: Key | None, count: int) -> list[Row]:
            return transaction.query(
                _TO_SUPERVISE,
                (
                    today.toordinal(),
                    PASSED_ON_AT_MOST,
                    f"{seen.reach}%",
                    *shown_to(seen.sealed_of),
                    *(behind or BEGINNING),
                    count,
                ),
            )

        rows, next_cursor = page_of(
            rows_behind,
            lambda row: onlooker.is_shown(
                row[-2], row[-1], row[3], knows=seen.sealed_of in {None, row[3]}
            ),
            lambda row: (row[0], row[1]),
            key_of(cursor, (str, str)),
            limit,
        )
        items = [
            {
                "number": number,
                "trigger": shows,
                "since": date.fromordinal(since_day).isoformat(),
                "office": office,
                "owner": owner,
                "unit": unit,
            }
            for number, shows, since_day, office, owner, unit, *_ in rows
        ]
        return items, next_cursor

    @staticmethod
    def outdated(questions: Questions, newer: NewerCalendar, limit: int) -> list[tuple[str, str]]:
        """Return number and petition_id of matters with a term that is to be counted again."""
        rows = questions.query(
            _OUTDATED,
            (
                newer.knows_until.toordinal(),
                newer.changed_from.toordinal(),
                newer.changed_until.toordinal(),
                newer.version,
                limit,
            ),
        )
        return [(number, petition_id) for number, petition_id in rows]


def _knows(asked: TermsAsked, row: Row) -> bool:
    """Tell whether who asks owns the matter, is of its office or handles it."""
    if asked.sealed_of is None:
        return True
    _, _, owner, office, unit, *_ = row
    return bool(set(asked.sealed_of) & {owner, office, unit} - {""})


def _conditions(asked: TermsAsked, today: date) -> tuple[list[str], list[Any]]:
    clauses, params = ["t.office LIKE ?"], [f"{asked.reach}%"]
    if asked.sealed_of is not None:
        subject, office = asked.sealed_of
        clauses.append(_NOT_SEALED_FOR)
        params += [subject, office, office]
    for field in fields(asked):
        value = getattr(asked, field.name)
        if field.name in _FILTERS and value is not None:
            clause, wanted = _FILTERS[field.name](value, today)
            clauses.append(clause)
            params.extend(wanted)
    return clauses, params


def _page(parts: Sequence[tuple[list[str], list[Any]]], rows: int) -> tuple[str, list[Any]]:
    """Return the statement for the first rows of disjoint parts, and its parameters.

    Each part is read along an index of its own, which no condition with OR would be.
    """
    pages, params = [], []
    for clauses, of in parts:
        page = f"{_SELECT} WHERE {' AND '.join(clauses)} ORDER BY t.due_day, t.id LIMIT ?"
        pages.append(f"SELECT * FROM ({page}) AS part")  # noqa: S608 - our own clauses
        params += [*of, rows]
    return f"{' UNION ALL '.join(pages)} ORDER BY due_day, id LIMIT ?", [*params, rows]


def _late_by_now(today: date) -> list[tuple[str, list[Any]]]:
    return [
        (f"t.ended_on = '{RUNNING}' AND t.due_day < ?", [today.toordinal()]),
        # What runs has late days of its own only while a hearing goes on.
        ("t.late_days > 0", []),
    ]


def _late(late: bool, today: date) -> tuple[str, list[Any]]:  # noqa: FBT001 - the value asked for
    if late:
        return f"t.term NOT IN ({_LAPSING})", []
    either = " OR ".join(f"({clause})" for clause, _ in _late_by_now(today))
    params = [value for _, of in _late_by_now(today) for value in of]
    return f"NOT (t.term NOT IN ({_LAPSING}) AND ({either}))", params


def _running(running: bool, _today: date) -> tuple[str, list[Any]]:  # noqa: FBT001 - as above
    return f"t.ended_on {'=' if running else '<>'} '{RUNNING}'", []


_FILTERS: Final[Mapping[str, Any]] = {
    "number": lambda value, _: (_OF_THE_MATTER, [value]),
    "owner": lambda value, _: ("c.owner = ?", [value]),
    "unit": lambda value, _: ("k.unit = ?", [value]),
    "office": lambda value, _: ("t.office = ?", [value]),
    "running": _running,
    "late": _late,
    "due_until": lambda value, _: ("t.due_day <= ?", [value.toordinal()]),
}


def _item(row: tuple[Any, ...], today: date) -> dict[str, Any]:
    number, term, owner, office, unit, due_day, ended_on, provisional, late_days = row
    due_on = date.fromordinal(due_day)
    goes_on = ended_on == RUNNING and not TERMS[term].lapses
    late_by_now = (today - due_on).days if goes_on else 0
    return {
        "number": number,
        "term": term,
        "owner": owner,
        "office": office,
        "unit": unit,
        "due_on": None if due_on == OPEN_ENDED else due_on.isoformat(),
        "ended_on": ended_on or None,
        "provisional": bool(provisional),
        "late_days": max(late_days, late_by_now),
    }


def _id(number: str, term: str) -> str:
    return f"{number}/{term}"


@dataclass(frozen=True, slots=True)
class _Begun:
    number: str
    term: str
    office: str
    due_on: date
    known: bool = True
    calendar: str = ""


def _await(transaction: Writing, event: Ownership.Awaited) -> None:
    """Let the term for the first step run from the receipt."""
    due_on = _first_step_due(event.received_at or event.timestamp)
    _put(transaction, _Begun(event.number, "first_step", event.office, due_on))


def _first_step_due(received_at: datetime) -> date:
    """Return its last day; in calendar days, no calendar that is published later moves it."""
    *_, last = Term.begin("first_step", day_of(received_at)).days(newest_calendar())
    return last.day


def _begin(transaction: Writing, event: Course.TermBegun) -> None:
    due_on, known = date.fromisoformat(event.due["on"]), not event.due["provisional"]
    calendar = event.due["calendar"]
    # What ended keeps its row, named after the version in which another took its place.
    current = _id(event.number, event.term)
    transaction.write(
        "UPDATE term SET id = ? WHERE id = ? AND ended_on <> ?",
        (f"{current}/{event.originator_version}", current, RUNNING),
    )
    _put(transaction, _Begun(event.number, event.term, event.office, due_on, known, calendar))


def _put(transaction: Writing, begun: _Begun) -> None:
    row = {
        "id": _id(begun.number, begun.term),
        "number": begun.number,
        "term": begun.term,
        "office": begun.office,
        "due_day": begun.due_on.toordinal(),
        "ended_on": RUNNING,
        "provisional": int(not begun.known),
        "late_days": 0,
        "calendar": begun.calendar,
        "over_day": 0,
        "answered": 0,
    }
    transaction.put("term", row, key="id")


def _move(transaction: Writing, event: Any) -> None:
    """Let a term end on another day; one that goes on after a hearing has that day before it."""
    due = event.due
    due_day = date.fromisoformat(due["on"]).toordinal()
    provisional = int(due["provisional"])
    counted = {"due_day": due_day, "provisional": provisional, "calendar": due["calendar"]}
    changes = counted | {"late_days": 0}
    if isinstance(event, Course.TermResumed):
        changes |= {"over_day": 0, "answered": 0}
    transaction.update("term", "id", _id(event.number, event.term), changes)


def _move_first_step(transaction: Writing, event: Ownership.ReceiptCorrected) -> None:
    """Let the first step be due by another receipt, where no course says when it is."""
    if event.due is not None:
        due_day = date.fromisoformat(event.due["on"]).toordinal()
        transaction.update("term", "id", _id(event.number, event.term), {"due_day": due_day})


def _pause(transaction: Writing, event: Course.TermPaused) -> None:
    """Late before the hearing is late while it goes on."""
    day = date.fromisoformat(event.first_day).toordinal()
    transaction.write(
        "UPDATE term SET late_days = CASE WHEN due_day < ? THEN ? - due_day ELSE 0 END,"
        " over_day = due_day, due_day = ?, provisional = 0 WHERE id = ?",
        (day, day, OPEN_ENDED.toordinal(), _id(event.number, event.term)),
    )


def _end(transaction: Writing, event: Course.TermEnded) -> None:
    changes = {"ended_on": event.ended_on, "late_days": event.late_days}
    transaction.update("term", "id", _id(event.number, event.term), changes)


def _close(transaction: Writing, event: Ownership.Closed) -> None:
    """What its course did not end ends with the matter."""
    closed = day_of(event.timestamp)
    transaction.write(
        "UPDATE term SET ended_on = ?, late_days ="  # noqa: S608 - our own codes
        f" CASE WHEN due_day < ? AND term NOT IN ({_LAPSING}) THEN ? - due_day ELSE 0 END"
        f" WHERE number = ? AND ended_on = ? AND term NOT IN ({_OUTLASTING})",
        (closed.isoformat(), closed.toordinal(), closed.toordinal(), event.number, RUNNING),
    )


def _reopen(transaction: Writing, event: Ownership.Reopened) -> None:
    """Let the first step be due anew; where there is a course, its own steps say what is."""
    due_on = _first_step_due(event.timestamp)
    transaction.write(
        "UPDATE term SET ended_on = ?, late_days = 0, due_day = ? WHERE id = ?"
        " AND NOT EXISTS (SELECT 1 FROM course WHERE number = ?)",
        (RUNNING, due_on.toordinal(), _id(event.number, "first_step"), event.number),
    )


def _close_again(transaction: Writing, event: Ownership.ReopeningVoided) -> None:
    """Let the first step be what it was at the closure; its course never followed the opening."""
    due_day, closed = _first_step_due(event.received_at).toordinal(), day_of(event.closed_at)
    transaction.write(
        "UPDATE term SET ended_on = ?, late_days = ?, due_day = ? WHERE id = ?"
        " AND NOT EXISTS (SELECT 1 FROM course WHERE number = ?)",
        (
            closed.isoformat(),
            max(0, closed.toordinal() - due_day),
            due_day,
            _id(event.number, "first_step"),
            event.number,
        ),
    )


def _begin_course(transaction: Writing, event: Course.Begun) -> None:
    row = {
        "number": event.number,
        "state": "registered",
        "unit": "",
        "passed_on": 0,
        "passed_on_day": 0,
    }
    transaction.insert("course", row, key="number")


def _take_step(transaction: Writing, event: Course.StepTaken) -> None:
    changes = {"state": event.state, **_unit_after(event)}
    transaction.update("course", "number", event.number, changes)
    if event.step == "replace_unit":
        # It may be one that assists.
        transaction.write(
            "UPDATE course SET unit = ? WHERE number = ? AND unit = ?",
            (event.given["unit"], event.number, event.given["instead_of"]),
        )
    if event.given.get("carried_out"):
        _settle(transaction, event.number, "opinion_not_carried_out")
    if event.step == "order_supervision":
        _settle(transaction, event.number, event.given["trigger"])
        if event.given["trigger"] == "delay":
            _answer(transaction, event.number, day_of(event.timestamp))
    if event.step in PASSING_ON:
        transaction.write(
            "UPDATE course SET passed_on = passed_on + 1, passed_on_day = ? WHERE number = ?",
            (day_of(event.timestamp).toordinal(), event.number),
        )


def _unit_after(event: Course.StepTaken) -> dict[str, str]:
    """Return the handling unit where the step names another, or none any more."""
    if event.step == "take_back":
        return {"unit": ""}
    names_it = "unit" in event.given and event.step not in {"ask_assistance", "replace_unit"}
    return {"unit": event.given["unit"]} if names_it else {}


def _find_reason(transaction: Writing, event: Course.SupervisionFound) -> None:
    row = {
        "id": _id(event.number, event.trigger),
        "number": event.number,
        "shows": event.trigger,
        "since_day": day_of(event.timestamp).toordinal(),
        "settled": 0,
    }
    transaction.put("supervision_reason", row, key="id")


def _settle(transaction: Writing, number: str, trigger: str) -> None:
    transaction.update("supervision_reason", "id", _id(number, trigger), {"settled": 1})


def _answer(transaction: Writing, number: str, on: date) -> None:
    """Take what is late by now as answered, so that it is no reason any more when it has ended."""
    transaction.write(
        "UPDATE term SET answered = 1 WHERE number = ?"  # noqa: S608 - our own codes
        f" AND (late_days > 0 OR (ended_on = '{RUNNING}' AND due_day < ?))",
        (number, on.toordinal()),
    )


def _merge(transaction: Writing, event: Course.Merged) -> None:
    transaction.update("course", "number", event.number, {"state": "merged"})
    for term, late_days in event.late_days.items():
        changes = {"ended_on": event.ended_on, "late_days": late_days}
        transaction.update("term", "id", _id(event.number, term), changes)


def _split(transaction: Writing, event: Course.Split) -> None:
    transaction.update("course", "number", event.number, {"state": event.state})
    for term in event.terms:
        transaction.write(
            "UPDATE term SET ended_on = ?,"
            " late_days = CASE WHEN due_day = ? THEN late_days ELSE 0 END WHERE id = ?",
            (RUNNING, OPEN_ENDED.toordinal(), _id(event.number, term)),
        )


_CHANGES: Final[Mapping[type, Any]] = {
    Ownership.Awaited: _await,
    Ownership.ReceiptCorrected: _move_first_step,
    Ownership.Closed: _close,
    Ownership.Reopened: _reopen,
    Ownership.ReopeningVoided: _close_again,
    Course.Begun: _begin_course,
    Course.StepTaken: _take_step,
    Course.SupervisionFound: _find_reason,
    Course.Merged: _merge,
    Course.Split: _split,
    Course.TermBegun: _begin,
    Course.TermExtended: _move,
    Course.TermPaused: _pause,
    Course.TermResumed: _move,
    Course.TermRecounted: _move,
    Course.TermEnded: _end,
}
