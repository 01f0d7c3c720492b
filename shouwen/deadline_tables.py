"""The statutory terms, and the days of one of them, as `shouwen deadline` prints them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from shouwen.explaining import new_table
from statute.counting import Day, Due, Term, Why
from statute.terms import TERMS, TermRule
from statute.workdays import DayKind, WorkCalendar

WEEKDAYS: Final = "一二三四五六日"
KINDS: Final[Mapping[DayKind, str]] = {
    "workday": "working day 工作日",
    "make_up_day": "make-up day 调休上班",
    "weekend": "weekend 周末",
    "holiday": "holiday 法定假日",
}
REASONS: Final[Mapping[Why, str]] = {
    "runs_from": "not counted: the term runs from this day 起算日",
    "counted": "day {number}",
    "not_worked": "not counted: not worked 非工作日",
    "hearing": "not counted: hearing 听证",
    "rolled": "not counted: the last day gives way to a working day 顺延",
}
MARKS: Final = {"V": "verified", "R": "article from memory", "U": "policy"}


def terms_table() -> Table:
    """Return every term with its length, what it runs from and where that stands."""
    table = new_table("term", "", "days", "runs from", "extension", "source")
    for rule in TERMS.values():
        extension = f"up to {rule.extension_days}" if rule.extension_days else ""
        source = f"{rule.article}, {MARKS[rule.mark]}"
        table.add_row(rule.code, rule.chinese, _length(rule), rule.runs_from, extension, source)
    return table


def explain(term: Term, calendar: WorkCalendar, console: Console) -> None:
    """Print when a term ends, then each of its days."""
    due = term.due(calendar)
    if due is None:
        raise ValueError("a term whose hearing goes on has no end yet")
    for line in _summary(term, due):
        console.print(line, highlight=False)
    table = new_table("day", "", "kind", "")
    for day in term.days(calendar):
        table.add_row(str(day.day), WEEKDAYS[day.day.weekday()], _kind(day), _reason(day))
    console.print(table)


def _summary(term: Term, due: Due) -> Iterator[str]:
    rule = term.rule
    extension = f", extended by {term.extension_days}" if term.extension_days else ""
    yield (
        f"{rule.chinese} {rule.code}: {_length(rule)} days from {rule.runs_from} on"
        f" {term.runs_from}{extension} ({rule.article}, {MARKS[rule.mark]})"
    )
    yield f"Last day {due.on}, by calendar {due.calendar}."
    if due.workday != due.on:
        yield f"That day is not worked; the next that is: {due.workday}."
    if due.provisional:
        yield "PROVISIONAL: the calendar of that year is not published; to be counted again."


def _length(rule: TermRule) -> str:
    if rule.stated:
        return f"stated ({rule.stated_as})"
    return (
        f"{rule.length_days} working" if rule.counting.unit == "working" else f"{rule.length_days}"
    )


def _kind(day: Day) -> str:
    return KINDS[day.kind] if day.known else f"{KINDS[day.kind]} (not published)"


def _reason(day: Day) -> str:
    return REASONS[day.why].format(number=day.number)


def day_in_words(day: Mapping[str, Any]) -> str:
    """Return a day of a term, as `responsibility.explain` answers it, in a line."""
    on = date.fromisoformat(day["day"])
    kind = KINDS[day["kind"]] + ("" if day["known"] else " (not published)")
    reason = REASONS[day["why"]].format(number=day["number"])
    return f"{on} {WEEKDAYS[on.weekday()]}  {kind}: {reason}"
