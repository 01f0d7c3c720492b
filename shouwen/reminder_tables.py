"""Reminders as `shouwen reminders` prints them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Group
from rich.table import Table

from shouwen.deadline_tables import WEEKDAYS
from shouwen.explaining import new_table
from shouwen.histories import SHANGHAI
from statute.terms import REMINDED_TERMS

STEPS: Final[Mapping[str, str]] = {
    "reminder.planned.v1": "planned 已计划",
    "reminders.fell_due.v1": "fell due 到期",
    "reminder.attempted.v1": "attempt 尝试",
    "reminder.delivered.v1": "delivered 已送达",
    "reminder.acknowledged.v1": "acknowledged 已阅",
    "reminder.snoozed.v1": "put off 暂缓",
    "reminder.cancelled.v1": "cancelled 已取消",
    "reminder.given_up.v1": "given up 未送达",
    "reminder.redriven.v1": "again 重新送达",
}
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
    chinese = REMINDED_TERMS[planned["term"]].chinese
    heading = (
        f"{chinese} {planned['term']}: last day {planned['due_on']};"
        f" policy {planned['policy']}, calendar {planned['calendar']}"
    )
    return Group(heading, table)


def reminders_table(items: Sequence[Mapping[str, Any]]) -> Table:
    """Return reminders in the order given."""
    table = new_table("due", "number", "to", "reason", "state", "id")
    # It is copied into the next command.
    table.columns[-1].no_wrap = True
    for item in items:
        table.add_row(
            _local(item["due_at"]),
            item["number"],
            item["recipient"],
            item["reason"],
            f"{STATES[item['state']]}{_failure(item)}",
            item["reminder_id"],
        )
    return table


def _failure(item: Mapping[str, Any]) -> str:
    """Return what came of the last attempt where that failed, and how many there were."""
    failed = item["last_outcome"] not in {"", "ok"}
    return f", attempt {item['attempts']}: {item['last_outcome']}" if failed else ""


def reminder_history(told: Mapping[str, Any]) -> Group:
    """Return one reminder and what happened to it, oldest first."""
    reminder = told["reminder"]
    table = new_table("when", "what", "", "by whom")
    for entry in told["entries"]:
        what = STEPS.get(entry["type"], entry["type"])
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
