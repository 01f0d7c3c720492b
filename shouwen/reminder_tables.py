"""Reminders as `shouwen reminders` prints them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Group
from rich.table import Table

from shouwen.deadline_tables import WEEKDAYS
from shouwen.explaining import new_table
from shouwen.histories import SHANGHAI, WORDS
from statute.terms import TERMS

STATES: Final[Mapping[str, str]] = {
    "planned": "planned 待送达",
    "delivered": "delivered 已送达",
    "acknowledged": "acknowledged 已阅",
    "cancelled": "cancelled 已取消",
    "given_up": "given up 未送达",
}


def plan_table(planned: Mapping[str, Any]) -> Group:
    """Return the points that a policy makes of a term, and who is told at each."""
    table = new_table("when", "", "point", "who is told")
    for point in planned["points"]:
        weekday = WEEKDAYS[datetime.fromisoformat(point["at"]).astimezone(SHANGHAI).weekday()]
        who = ", ".join(point["recipients"])
        table.add_row(_local(point["at"]), weekday, point["kind"], who)
    heading = (
        f"{TERMS[planned['term']].chinese} {planned['term']}: last day {planned['due_on']};"
        f" policy {planned['policy']}, calendar {planned['calendar']}"
    )
    return Group(heading, table)


def reminders_table(items: Sequence[Mapping[str, Any]]) -> Table:
    """Return reminders in the order given."""
    table = new_table("due", "number", "to", "reason", "state", "id")
    for item in items:
        state = STATES[item["state"]]
        table.add_row(
            _local(item["due_at"]),
            item["number"],
            item["recipient"],
            item["reason"],
            state,
            item["reminder_id"],
        )
    return table


def reminder_history(told: Mapping[str, Any]) -> Group:
    """Return one reminder and what happened to it, oldest first."""
    reminder = told["reminder"]
    table = new_table("when", "what", "", "by whom")
    for entry in told["entries"]:
        what = WORDS[entry["type"]].partition(":")[0].partition(" {")[0].partition(" by ")[0]
        tried = f"{entry['attempt']}, {entry['channel']}: " if entry["attempt"] else ""
        table.add_row(_local(entry["at"], "%m-%d %H:%M:%S"), what, f"{tried}{entry['outcome']}",
                      entry["by"])  # fmt: skip
    heading = (
        f"{reminder['number']} to {reminder['recipient']}: {reminder['reason']},"
        f" {STATES[reminder['state']]}"
    )
    return Group(heading, table)


def _local(at: str, form: str = "%Y-%m-%d %H:%M") -> str:
    return datetime.fromisoformat(at).astimezone(SHANGHAI).strftime(form)
